"""A hundred appointments, thousands who want them, and a gateway that keeps dying under them.

Each is booked once, by one who was told so; nobody is told of a booking that is not there; and
whoever asks twice is answered the same. Then the same again with a ledger that is broken on purpose,
where the very same judge has to find fault: a test that cannot fail proves nothing.
"""

import logging
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.app import SAMPLES
from tests.chaos.conftest import Store, postgres_store
from tests.chaos.judge import assert_trail_is_whole, judge, repeat
from tests.chaos.killer import Killer
from tests.chaos.rivals import Attempt, attempts, first_starts, make_all, rivals
from tests.kit.apps import running_app
from tests.kit.attacked import WORKERS, Attacked, attacked
from tests.kit.server import running

SLOTS, FAST, ALL = 100, 3_000, 10_000
# How long a time is held for whoever is asked about it, in minutes, and how many times are wanted.
RUNS = {"approving": ("0", 30), "asking": ("5", 70)}
FEW_SLOTS, FEW = 12, 240
# A gateway with a ledger that loses what it was given, in place of the real one.
FORGETFUL = Path(__file__).parent / "forgetful"

log = logging.getLogger(__name__)


def play(
    gateway: Attacked, run: str, killer: Killer, slots: int, number: int
) -> tuple[list[Attempt], str]:
    """One run of attempts while `killer` is at work, and its figures."""
    those = rivals(gateway, run)
    wanted = attempts(those, first_starts(those[0], slots), number, run)
    begun = time.monotonic()
    with killer:
        make_all(wanted)
    took = time.monotonic() - begun
    repeat(wanted)
    seen = sum((each.seen for each in wanted), Counter())
    told = (
        f"{run}: {number} attempts on {slots} slots in {took:.1f} s, {killer.killed} workers killed,"
        f" {killer.stopped} stopped, {killer.store_killed} of the store killed;"
        f" {seen['sent']} calls, {seen['lost']} without a reply, {seen['503']} refused for a moment;"
        f" {dict(Counter(each.status or 'taken' for each in wanted))}"
    )
    return wanted, told


def chaos(folder: Path, store: Store, number: int) -> None:
    """A part of it without holds, so that people race to approve; the rest with holds: then their
    assistants race to be asked. The verdict is on both, from one ledger.
    """
    made: list[Attempt] = []
    for run, (minutes, slots) in RUNS.items():
        environ = {"PLUGINS": "booking", "BOOKING_HOLD_MINUTES": minutes, **store.environ}
        with attacked(folder, **environ) as gateway:
            killer = Killer(gateway, number // 100, store.process, store.database)
            wanted, told = play(gateway, run, killer, slots, number * slots // SLOTS)
            log.info("%s, %s", store.kind, told)
            made += wanted
            assert killer.killed > 3
            assert killer.store_killed > 0 or store.process is None
            verdict = judge(gateway, made)
            done = assert_trail_is_whole(gateway)
    log.info("%s: %s", store.kind, verdict)
    assert verdict.faults == []
    assert (verdict.booked, done) == (SLOTS, SLOTS)


@pytest.mark.timeout(400)
def test_a_hundred_slots_are_booked_once_each(tmp_path, chaos_store):
    chaos(tmp_path, chaos_store, FAST)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_of_ten_thousand_attempts_a_hundred_are_booked(tmp_path, chaos_store):
    chaos(tmp_path, chaos_store, ALL)


def test_the_judge_sees_that_a_slot_is_booked_twice(tmp_path, mortal_postgres):
    """As the plugin would do it if it only looked, and the ledger did not keep a place from being
    taken twice.
    """
    store = postgres_store(mortal_postgres, "double")
    environ = {"PLUGINS": "booking", "BOOKING_HOLD_MINUTES": "0", **store.environ}
    with attacked(tmp_path, **environ) as gateway:
        with gateway.ledger.write() as connection:
            connection.execute(text("ALTER TABLE booking_places DROP CONSTRAINT pk_booking_places"))
        wanted, told = play(gateway, "double", Killer(gateway, most=0), FEW_SLOTS, FEW)
        verdict = judge(gateway, wanted)
    log.info("%s; %s", told, verdict)
    assert len(verdict.double) > 0


def test_the_judge_sees_what_a_forgetful_ledger_lost(tmp_path):
    environ = {"PLUGINS": "booking", "BOOKING_HOLD_MINUTES": "0", "WEB_CONCURRENCY": str(WORKERS)}
    with (
        running(tmp_path, application=FORGETFUL, **environ) as server,
        running_app(tmp_path, folders=[SAMPLES], PLUGINS="booking") as app,
    ):
        gateway = Attacked(server, app, environ, WORKERS)
        wanted, told = play(gateway, "forgetful", Killer(gateway, most=0), FEW_SLOTS, FEW)
        verdict = judge(gateway, wanted)
    log.info("%s; %s", told, verdict)
    assert len(verdict.lost) > 0
