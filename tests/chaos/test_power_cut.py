"""What the gateway has told somebody is on the disk: it outlives a power cut.

For PostgreSQL only the settings are looked at: its sessions ask for each commit to be on the disk, and
the server does as they ask. Its own log is not put to the test here: that is PostgreSQL's promise and
not ours, its files are synced by processes of its own, and it recovers from what a copy of some of
them would not be enough for.
"""

import logging
import sqlite3
import threading
import time
from itertools import groupby
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, text

from gateway.audit.verify import verify
from gateway.envelope import Status
from gateway.storage.tables import confirmations
from tests.chaos.power import (
    Counting,
    Disk,
    compiled,
    compiler,
    count_until_the_power_is_cut,
    recorded,
)
from tests.kit.apps import running_app
from tests.kit.people import Person
from tests.kit.wire import Wire

CONFIRMS, AT_ONCE = 100, 4
LOGS = ("-wal", "-journal")

log = logging.getLogger(__name__)
needs_compiler = pytest.mark.skipif(compiler() is None, reason="There is no C compiler `cc`.")


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """What records each sync."""
    return compiled(tmp_path_factory.mktemp("library"))


def somebody(folder: Path) -> Person:
    """A person with a token. The ledger is made for it, and closed again."""
    with running_app(folder, PLUGINS="counter") as app:
        return Person(app, "ada@example.com", "counter")


def lost(folder: Path, told: list[str]) -> int:
    """How much of what was told is not in the ledger as it came out of the power cut."""
    with running_app(folder, PLUGINS="counter") as app:
        ledger = app.extensions["gateway"].ledger
        with ledger.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            counts = set(connection.execute(text("SELECT id FROM counter_counts")).scalars())
            done = confirmations.c.status == Status.EXECUTED
            executed = set(connection.execute(select(confirmations.c.id).where(done)).scalars())
        verify(ledger)
    assert counts == executed, "half of something was kept"
    return len(set(told) - counts)


def cut_often(folder: Path, library: Path, cuts: int) -> None:
    begun, person, chance = time.monotonic(), somebody(folder), Random(8)
    told: list[str] = []
    gone = 0
    for _ in range(cuts):
        new = count_until_the_power_is_cut(folder, library, person, chance)
        assert new, "nobody was told of anything before the power was cut"
        told += new
        gone += lost(folder, told)
    took = time.monotonic() - begun
    log.info("%d power cuts, %d acknowledged, %d lost, %.1f s", cuts, len(told), gone, took)
    assert gone == 0


@needs_compiler
def test_what_was_acknowledged_outlives_power_cuts(tmp_path, library):
    cut_often(tmp_path, library, cuts=2)


@needs_compiler
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_acknowledged_outlives_eight_power_cuts(tmp_path, library):
    cut_often(tmp_path, library, cuts=8)


@needs_compiler
def test_a_disk_that_lies_is_noticed(tmp_path, library):
    """The same with a disk that keeps only one sync in many: here the test has to find a loss."""
    person = somebody(tmp_path)
    told = count_until_the_power_is_cut(tmp_path, library, person, Random(8), SYNCED_EVERY="1000")
    with sqlite3.connect(Disk(tmp_path / "data").ledger) as ledger:
        kept = {each for [each] in ledger.execute("SELECT id FROM counter_counts")}
    ledger.close()
    log.info("a disk that lies: %d acknowledged, %d lost", len(told), len(set(told) - kept))
    assert set(told) - kept


@needs_compiler
def test_each_reply_is_sent_after_its_commit_is_on_the_disk(tmp_path, library):
    """By what each thread of the gateway did, in order: write, sync, and only then send."""
    events, person = tmp_path / "events.log", somebody(tmp_path)
    with recorded(tmp_path, library, SYNCED_LOG=str(events)) as server:
        counting = [Counting(Wire(server.port), person) for _ in range(AT_ONCE)]
        threads = [threading.Thread(target=count_some, args=(each,)) for each in counting]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sum(len(each.acknowledged) for each in counting) == CONFIRMS
    in_order = [before for before in before_replies(events, "200 OK") if before]
    log.info("%d of %d replies sent after the sync", len(in_order), CONFIRMS)
    assert len(in_order) == CONFIRMS
    for before in in_order:
        assert "write" in before
        assert before[-1] == "sync"


def count_some(counting: Counting) -> None:
    for _ in range(CONFIRMS // AT_ONCE):
        counting.count()


def before_replies(events: Path, status: str) -> list[list[str]]:
    """For each reply with this status, what its thread did to the log since the reply before it.

    The log of SQLite is what makes a commit: the file itself is synced before its log is used anew.
    """
    found = []
    told = [line.split(" ", 2) for line in events.read_text().splitlines()]
    for _, of_thread in groupby(sorted(told, key=lambda each: int(each[0])), lambda each: each[0]):
        done: list[str] = []
        for _, what, which in of_thread:
            if what == "send":
                found += [done] if which.endswith(status) else []
                done = []
            elif which.endswith(LOGS):
                done.append(what)
    return found


def test_postgresql_keeps_what_it_says_is_kept(tmp_path, postgres_url):
    environ = {"DATABASE_URL": postgres_url, "SECRET_KEY": "a secret for the tests"}
    with running_app(tmp_path, PLUGINS="counter", **environ) as app:
        ledger = app.extensions["gateway"].ledger
        with ledger.write() as connection:
            told = {
                name: connection.execute(text(f"SHOW {name}")).scalar_one()
                for name in ("synchronous_commit", "fsync", "full_page_writes")
            }
    assert set(told.values()) == {"on"}, told
