"""The ledger is gone: every reply is a 503 within three seconds, and nothing is half done."""

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from sqlalchemy import text

from gateway.auth import sessions
from gateway.errors import Problem
from gateway.storage import patience
from gateway.storage.engines import CONNECTIONS_MOST, journal_mode
from gateway.storage.migration import LOCK, LedgerError
from tests.kit.apps import TEST_PLUGINS
from tests.kit.failing_postgres import cable_to, failing_postgres, through
from tests.kit.people import Person
from tests.kit.server import running

log = logging.getLogger(__name__)

# Seconds. Assistants wait for 45, people for less.
PROMISED = 3.0
AT_ONCE = 64  # as many as a worker has threads
COMES_BACK = 5.0


@pytest.fixture(scope="module")
def postgres():
    with failing_postgres() as postgres:
        yield postgres


def on_postgres(url):
    return {"DATABASE_URL": url, "SECRET_KEY": "a secret for the tests"}


def ledger_of(app):
    return app.extensions["gateway"].ledger


def assert_unavailable(reply, code="store_unavailable"):
    assert reply.status == 503, reply.body
    assert reply.content_type == "application/problem+json"
    assert (reply.json["code"], reply.json["retryable"]) == (code, True)
    assert int(reply.headers["Retry-After"]) > 0


class Asker:
    """Asks a running gateway as one person does: calls, pages, whatever needs the ledger."""

    def __init__(self, server, app):
        self.server = server
        self.ada = Person(app, "ada@example.com", "counter")
        with ledger_of(app).write() as connection:
            link = sessions.new_link(connection, self.ada.account)
            self.session = sessions.use_link(connection, link)
        asked = self.ada.post("/counts", {"amount": 3}).json
        self.confirming = f"/counter/confirmations/{asked['confirmation_id']}/confirm"
        self.hash = f'{{"hash": "{asked["hash"]}"}}'.encode()

    def total(self):
        return self._call("GET", "/counter/total")

    def count(self):
        return self._call("POST", "/counter/counts", b'{"amount": 4}')

    def confirm(self):
        return self._call("POST", self.confirming, self.hash)

    def page_of_plugin(self):
        return self._call("GET", self.confirming.removesuffix("/confirm"))

    def readiness(self):
        return self.server.ask("GET", "/readyz")

    def account(self):
        return self.server.ask("GET", "/account", cookie=f"session={self.session}")

    def everything(self):
        return [
            self.total,
            self.count,
            self.confirm,
            self.page_of_plugin,
            self.readiness,
            self.account,
        ]

    def _call(self, method, path, body=b""):
        return self.server.ask(
            method, path, body, content_type="application/json", **self.ada.headers
        )

    def assert_all_is_well(self):
        """Soon it is ready; then what waited is done once, and nothing else was done."""
        until = time.monotonic() + COMES_BACK
        while self.readiness().status != 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        replies = [reply for _, reply in all_at_once([self.total] * AT_ONCE)]
        assert {(reply.status, reply.json["rows"]) for reply in replies} == {(200, 0)}


def timed(ask):
    began = time.monotonic()
    reply = ask()
    return time.monotonic() - began, reply


def all_at_once(asking):
    with ThreadPoolExecutor(len(asking)) as threads:
        return list(threads.map(timed, asking))


def assert_all_refused_in_time(asking):
    """`pytest --log-cli-level=INFO` tells the figures."""
    replies = all_at_once(asking)
    for _, reply in replies:
        assert_unavailable(reply)
    took = sorted(seconds for seconds, _ in replies)
    log.info("%d replies, %.2f to %.2f seconds", len(took), took[0], took[-1])
    assert took[-1] <= PROMISED


def many(asking, number=AT_ONCE):
    return [asking[each % len(asking)] for each in range(number)]


def connections(postgres, url):
    """What each connection to this database does."""
    name = url.partition("?")[0].rpartition("/")[2]
    query = "SELECT state FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(postgres.server.get_uri("postgres")) as other:
        return [state for (state,) in other.execute(query, [name]).fetchall()]


def test_postgresql_freezes_and_is_killed_and_comes_back(start, postgres, tmp_path):
    """Frozen with connections in the pool, then with none, then killed."""
    url = postgres.new_database()
    app = start(PLUGINS="counter", **on_postgres(url))
    with running(tmp_path, PLUGINS="counter", **on_postgres(url)) as server:
        asker = Asker(server, app)
        ledger_of(app).close()
        volley = many(asker.everything())
        all_at_once([asker.total] * AT_ONCE)
        with postgres.frozen():
            assert_all_refused_in_time(volley)
            assert_all_refused_in_time(volley)
        asker.assert_all_is_well()
        with postgres.killed():
            assert_all_refused_in_time(volley)
        asker.assert_all_is_well()
        assert asker.confirm().json["status"] == "executed"
        assert asker.total().json == {"total": 3, "rows": 1}
        assert {"idle"} == set(connections(postgres, url))


class FromTestClient:
    """A reply of Flask's test client as those of real servers are."""

    def __init__(self, reply):
        self.status, self.body, self.headers = reply.status_code, reply.data, reply.headers
        self.content_type, self.json = reply.mimetype, reply.json


SLOW = """
CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';
CREATE {kind} TRIGGER slow AFTER INSERT ON counter_counts {when} FOR EACH ROW
    EXECUTE FUNCTION wait_long();
"""


def wait_until_it_sleeps(postgres):
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    until = time.monotonic() + 5
    with psycopg.connect(postgres.server.get_uri("postgres"), autocommit=True) as other:
        while not other.execute(query).fetchone():
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("kind", "when", "code", "rows"),
    [
        ("", "", "store_unavailable", 0),
        ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED", "outcome_unknown", 1),
    ],
    ids=["while it writes", "while it commits"],
)
def test_the_cable_is_cut_in_the_middle(start, postgres, kind, when, code, rows):
    """What had been sent arrives when it is mended: a commit counts, and what came before does not."""
    with cable_to(postgres) as cable:
        url = through(cable, postgres.new_database())
        app = start(PLUGINS="counter", **on_postgres(url))
        ada = Person(app, "ada@example.com", "counter")
        asked = ada.post("/counts", {"amount": 3})
        with ledger_of(app).write() as connection:
            connection.execute(text(SLOW.format(kind=kind, when=when)))
        with ThreadPoolExecutor(2) as threads:
            confirming = threads.submit(timed, lambda: FromTestClient(ada.confirm(asked)))
            wait_until_it_sleeps(postgres)
            cable.cut()
            reading = threads.submit(timed, lambda: FromTestClient(ada.get("/total")))
            for asking, expected in ((confirming, code), (reading, "store_unavailable")):
                seconds, refused = asking.result()
                log.info("cut: %s after %.2f seconds", expected, seconds)
                assert_unavailable(refused, expected)
                assert seconds <= PROMISED
            cable.mend()
        assert_every_place_is_free(app)
        assert ada.get("/total").json["rows"] == rows
        assert ada.confirm(asked).json["status"] == "executed"
        assert ada.get("/total").json == {"total": 3, "rows": 1}


def assert_every_place_is_free(app):
    """As many transactions at once as there may be, which fails where one was never given back."""
    ledger = ledger_of(app)
    assert ledger.engine.pool.checkedout() == 0
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MOST):
            stack.enter_context(ledger.read()).execute(text("SELECT 1"))


@pytest.mark.slow
def test_more_wait_than_there_are_connections(start, postgres):
    """Who gets none waits no longer than who gets one that does not answer."""
    app = start(PLUGINS="counter", **on_postgres(postgres.new_database()))
    ada = Person(app, "ada@example.com", "counter")
    with postgres.frozen():
        asking = [lambda: FromTestClient(ada.get("/total"))] * (CONNECTIONS_MOST + 20)
        assert_all_refused_in_time(asking)
    assert_every_place_is_free(app)
    assert ada.get("/total").json == {"total": 0, "rows": 0}


EXCLUSIVE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=9)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
"""


@contextmanager
def held_elsewhere(path):
    """Another process has the ledger for itself."""
    command = [sys.executable, "-c", EXCLUSIVE, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        assert other.stdout.readline() == "locked\n"
        yield
        other.stdin.close()


@pytest.mark.parametrize(
    "is_older",
    [
        pytest.param(False, id="with WAL"),
        pytest.param(True, id="of Python", marks=pytest.mark.slow),
    ],
)
def test_sqlite_is_held_by_somebody_else(start, tmp_path, monkeypatch, is_older):
    """With SQLite's older way of keeping a journal, which Python's own has, nobody can read either."""
    environ = {"PLUGINS": "counter"}
    if is_older:
        (tmp_path / "hidden").mkdir()
        (tmp_path / "hidden" / "pysqlite3.py").write_text("raise ImportError\n")
        environ["PYTHONPATH"] = f"{tmp_path / 'hidden'}:{TEST_PLUGINS.parents[2]}"
        monkeypatch.setitem(sys.modules, "pysqlite3", None)
        assert journal_mode(sqlite3.sqlite_version_info) == "TRUNCATE"
    with running(tmp_path, **environ) as server:
        app = start(PLUGINS="counter")
        asker = Asker(server, app)
        ledger_of(app).close()
        writing = [asker.count, asker.confirm]
        asking = asker.everything() if is_older else writing
        with held_elsewhere(tmp_path / "data" / "ledger.sqlite3"):
            assert_all_refused_in_time(many(asking, AT_ONCE // 2))
            if not is_older:
                assert asker.total().json == {"total": 0, "rows": 0}
        asker.assert_all_is_well()
        assert asker.confirm().json["status"] == "executed"


def test_all_waits_of_a_request_are_one(start, tmp_path):
    """Who has waited in vain, or nearly, does not wait as long again in the next transaction."""
    app = start(PLUGINS="counter")
    ledger = ledger_of(app)
    with held_elsewhere(tmp_path / "data" / "ledger.sqlite3"), patience.lasting(0.5):
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(Problem) as refused, ledger.write():
                pass
            assert refused.value.code == "store_unavailable"
        assert 0.4 < time.monotonic() - began < 0.8


def test_what_takes_long_beside_the_ledger_is_no_wait_for_it(start):
    ledger = ledger_of(start(PLUGINS="counter"))
    with patience.lasting(0.2):
        with ledger.read():
            time.sleep(0.3)
        with ledger.write() as connection:
            connection.execute(text("DELETE FROM gateway_accounts"))


def test_a_connection_keeps_on_the_disk_what_it_confirms(start, postgres):
    ledger = ledger_of(start(PLUGINS="counter", **on_postgres(postgres.new_database())))
    with ledger.read() as connection:
        for name, value in (("synchronous_commit", "on"), ("statement_timeout", "2400ms")):
            assert connection.execute(text(f"SHOW {name}")).scalar_one() == value


def test_a_server_that_keeps_nothing_on_the_disk_is_refused(start, postgres):
    url = postgres.new_database()
    with setting(postgres, "fsync", "off"), pytest.raises(LedgerError, match="fsync = off"):
        start(PLUGINS="counter", **on_postgres(url))
    start(PLUGINS="counter", **on_postgres(url))


@contextmanager
def setting(postgres, name, value):
    """The server with another setting."""
    change(postgres, f"ALTER SYSTEM SET {name} = {value}", name, value)
    try:
        yield
    finally:
        change(postgres, f"ALTER SYSTEM RESET {name}", name, "on")


def change(postgres, statement, name, expected):
    with psycopg.connect(postgres.server.get_uri("postgres"), autocommit=True) as other:
        other.execute(statement)
        other.execute("SELECT pg_reload_conf()")
    until = time.monotonic() + 5
    while True:
        with psycopg.connect(postgres.server.get_uri("postgres")) as other:
            if other.execute(f"SHOW {name}").fetchone() == (expected,):
                return
        assert time.monotonic() < until
        time.sleep(0.02)


def test_to_bring_the_ledger_up_to_date_may_take_as_long_as_it_takes(start, postgres):
    """As on a large table, or where another machine does it first."""
    url = postgres.new_database()
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        let_go = threading.Timer(2.7, other.rollback)
        let_go.start()
        began = time.monotonic()
        start(PLUGINS="counter", **on_postgres(url))
        assert time.monotonic() - began > 2.5
        let_go.join()
