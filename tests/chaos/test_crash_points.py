"""`kill -9` of a worker at each point of an action: it is done once, or not at all, and says which.

Real gunicorn with two workers and their sweepers. A lease of 30 s is made to run out by making it older;
the slow form also waits for one.
"""

import contextlib
import http.client
import itertools
import logging
import os
import signal
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from gateway.storage.tables import confirmations, outbox
from tests.kit import forms, promises
from tests.kit.aged import let_time_pass
from tests.kit.apps import running_app
from tests.kit.courier import ACTING, serving
from tests.kit.people import Person
from tests.kit.server import ROOT, running

log = logging.getLogger(__name__)

CRASHING = ROOT / "tests" / "kit" / "crashing"
# Seconds within which everything is as it should be again (the promise: 60, a lease among them).
RECOVERY, LEASE = 60, 30

ASKED = ["1 while it is recorded", "2 recorded, reply lost"]
LEDGER = [*ASKED, "3 while it is approved", "4 approved, reply lost"]
ELSEWHERE = [
    *LEDGER,
    "5 approved, not begun",
    "6 claimed, provider not asked",
    "7 provider did it, reply lost",
    "8 provider replied, not settled",
    "9 settled, reply lost",
]
# Where nobody can look up what became of it, a person has to.
IN_DOUBT = {each for each in ELSEWHERE if each[0] in "5678"}
MADE_IN_DOUBT = {each for each in ELSEWHERE if each[0] in "78"}


class Distant:
    """Somebody whose assistant and whose browser reach a real server, and are answered or not."""

    def __init__(self, server, app) -> None:
        self.server, self.app = server, app
        person = Person(app, "ada@example.com", "courier")
        self.headers = person.headers
        self.session = person.browser().get_cookie("session").value

    def ask(self, method, path, body=b"", **headers):
        """The reply; None where the worker was killed before it came."""
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            return self.server.ask(method, path, body, **headers)
        return None

    def call(self, method, path, body=b""):
        headers = {**self.headers, "Content_Type": "application/json"}
        return self.ask(method, f"/courier{path}", body, **headers)

    def browse(self, method, path, **fields):
        cookie = {"Cookie": f"session={self.session}", "Origin": self.server.address}
        kind = {"Content_Type": "application/x-www-form-urlencoded"} if fields else {}
        return self.ask(method, path, urlencode(fields).encode(), **cookie, **kind)


class Office:
    """A gateway that crashes where it is told, and whoever uses it."""

    def __init__(self, server, app, courier, armed) -> None:
        self.app, self.courier, self.armed = app, courier, armed
        self.ada = Distant(server, app)
        self.numbers = itertools.count()
        self.slowest = 0.0

    def arm(self, point):
        self.armed.write_text(point)

    def crashed(self):
        return not self.armed.exists()

    def ask(self, path):
        """Ask until there is an answer, as an assistant does that gets none."""
        number = next(self.numbers)
        body = {"/stamps": f'{{"amount": {number + 1}}}'}.get(path, f'{{"to": "Charles {number}"}}')
        before = self._count()
        asked = self.again(lambda: self.ada.call("POST", path, body.encode()))
        assert asked.status == 202, asked.body
        assert self._count() == before + 1  # however often it was asked
        return asked.json["confirmation_id"]

    def approve(self, name):
        """Press the button until the page says that it was pressed, as a person does."""
        path = f"/confirm/{name}"
        while True:
            page = self.again(lambda: self.ada.browse("GET", path))
            inside = [
                inside
                for tag, inside in forms.FORM.findall(page.body.decode())
                if 'action="' not in tag
            ]
            if not inside:
                return
            fields = {
                forms.attribute(tag, "name"): forms.attribute(tag, "value")
                for tag in forms.FIELD.findall(inside[0])
            }
            self.ada.browse("POST", path, **fields, decision="approve")

    def again(self, ask):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            reply = ask()
            if reply is not None and reply.status < 500:
                return reply
            time.sleep(0.05)
        raise AssertionError("nobody answers any more")

    def status(self, name):
        told = self.again(lambda: self.ada.call("GET", f"/confirmations/{name}"))
        return told.json["status"]

    def settled(self, name):
        """How it ends."""
        begun = time.monotonic()
        while (status := self.status(name)) in ("executing", "outcome_unknown"):
            assert time.monotonic() - begun < RECOVERY
            time.sleep(0.05)
        return status

    def effects(self, name):
        table = self.app.extensions["gateway"].plugins["courier"].metadata.tables["courier_stamps"]
        with self.app.extensions["gateway"].ledger.read() as connection:
            mine = select(func.count()).select_from(table).where(table.c.id == name)
            return connection.execute(mine).scalar_one() + self.courier.times(name)

    def _count(self):
        return len(promises.rows(self.app, confirmations))

    def crash(self, path, point, *, waits=False):
        """One action, and a crash on its way. How it ends."""
        self.arm(point)
        name = self.ask(path)
        self.approve(name)
        assert self.crashed(), f"nothing came to: {point}"
        begun = time.monotonic()
        if not waits and promises.rows(self.app, outbox):
            let_time_pass(self.app, timedelta(seconds=LEASE), outbox)
        status = self.settled(name)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        return status, self.effects(name)


@contextmanager
def an_office(folder, **environ):
    armed = folder / "armed"
    with serving() as courier:
        told = {
            "PLUGINS": "courier",
            "PLUGINS_DIR": str(ACTING),
            "COURIER_PROVIDER": courier.url,
            **environ,
        }
        with (
            running(
                folder, application=CRASHING, WEB_CONCURRENCY="2", CRASH=str(armed), **told
            ) as server,
            running_app(folder, folders=(ACTING,), **told) as app,
        ):
            office = Office(server, app, courier, armed)
            yield office
            promises.check(app, settled=True)


def matrix(office, times):
    """Every point of every kind of action, each as often."""
    crashes = 0
    for _ in range(times):
        for path, points in (
            ("/stamps", LEDGER),
            ("/parcels", ELSEWHERE),
            ("/telegrams", ELSEWHERE),
        ):
            for point in points:
                ends = office.crash(path, point)
                in_doubt = path == "/telegrams" and point in IN_DOUBT
                made = int(point in MADE_IN_DOUBT) if in_doubt else 1
                assert ends == ("needs_review" if in_doubt else "executed", made), (path, point)
                crashes += 1
    log.info(
        "A7: %d crashes at %d points: each done once, or for a person to look at; slowest recovery"
        " after the lease %.1f s",
        crashes,
        len(ELSEWHERE),
        office.slowest,
    )


@pytest.fixture
def office(tmp_path, store):
    with an_office(tmp_path, **store) as office:
        yield office


def test_a_crash_at_each_point(office):
    matrix(office, 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_crash_at_each_point_many_times(office):
    matrix(office, 20)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_recovery_when_nobody_makes_the_lease_older(office):
    begun = time.monotonic()
    ends = office.crash("/parcels", "7 provider did it, reply lost", waits=True)
    seconds = time.monotonic() - begun
    assert ends == ("executed", 1)
    assert LEASE - 2 < seconds < RECOVERY
    log.info("A7: recovered by itself after %.1f s", seconds)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_machine_that_loses_all_its_workers_at_once(office):
    """Not one worker, but all of them, while effects are under way."""
    names = [office.ask("/parcels") for _ in range(5)]
    office.arm("7 provider did it, reply lost")
    for name in names:
        office.approve(name)
        process = office.ada.server.process.pid
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
        for child in children.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
    let_time_pass(office.app, timedelta(seconds=LEASE), outbox)
    assert {office.settled(name) for name in names} == {"executed"}
    assert [office.effects(name) for name in names] == [1] * 5
