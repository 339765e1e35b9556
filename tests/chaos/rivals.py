"""Many who want the same few appointments at once, of a gateway that keeps dying under them."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from gateway.auth import sessions
from tests.kit.attacked import Attacked
from tests.kit.people import Person
from tests.kit.server import Reply
from tests.kit.wire import Request, Wire, get, post_form, post_json

SERVICE = "massage"
PERSONS, ASSISTANTS = 8, 2  # and so sixteen rivals
TWICE = 0.3  # the share of attempts that make each call twice at once
# Seconds until somebody must have answered, and between two tries, growing from the one to the other.
PATIENCE, PAUSE, LONGEST_PAUSE = 60.0, 0.05, 0.4

FORM_TOKEN = re.compile(rb'class="choice".*?name="form_token" value="([0-9a-f]+)"', re.DOTALL)


@dataclass(frozen=True)
class Rival:
    """One assistant of a person, and the browser in which that person is signed in."""

    wire: Wire
    person: Person
    name: str
    session: str

    def ask(self, path: str) -> Request:
        return get(f"{self.wire.base('booking')}{path}", authorization=self._bearer)

    def call(self, path: str, body: dict[str, Any]) -> Request:
        return post_json(f"{self.wire.base('booking')}{path}", body, authorization=self._bearer)

    def open(self, path: str) -> Request:
        return get(f"{self.wire.root}{path}", cookie=f"session={self.session}")

    def press(self, path: str, fields: dict[str, str]) -> Request:
        url = f"{self.wire.root}{path}"
        return post_form(url, fields, cookie=f"session={self.session}", origin=self.wire.root)

    @property
    def _bearer(self) -> str:
        return f"Bearer {self.person.token}"


def rivals(gateway: Attacked, run: str) -> list[Rival]:
    """Sixteen of them, two for each person. They are new, or those of an earlier `run`."""
    found = []
    for number in range(PERSONS):
        for assistant in range(ASSISTANTS):
            name = f"assistant {assistant}"
            person = Person(
                gateway.app, f"{run}{number}@example.com", "booking", client=f"{name} of {run}"
            )
            found.append(Rival(gateway.wire(), person, name, signed_in(person)))
    return found


def signed_in(person: Person) -> str:
    """The cookie of a browser in which this person is signed in."""
    with person.gateway.ledger.write() as connection:
        return sessions.begin(connection, person.account.id)


def form_token_in(page: Reply) -> str | None:
    """What proves that the form was made by the gateway; None where nothing can be approved any more."""
    found = FORM_TOKEN.search(page.body)
    return found[1].decode() if found else None


def whole(reply: Reply | None) -> bool:
    """Whether a reply came, and to its end: one cut within the headers looks like an empty one."""
    return reply is not None and reply.headers["Content-Length"] == str(len(reply.body))


def free_starts(rival: Rival) -> Iterator[str]:
    """The starts that can still be booked, from the day after tomorrow on, as they are told."""
    day: date = datetime.now(UTC).date() + timedelta(days=2)
    while True:
        told = rival.wire.send(rival.ask(f"/slots?service={SERVICE}&day={day}"))
        yield from (each["start"] for each in told.json["slots"])
        day += timedelta(days=1)


@dataclass
class Attempt:
    """One person's wish for one time, and all that came back to them about it."""

    key: str
    rival: Rival
    start: str
    twice: bool
    # The confirmations it was told of, which have to be one; and whether it was told there is no room.
    asked: set[str] = field(default_factory=set)
    is_refused: bool = False
    is_acknowledged: bool = False
    # How it stood at the end, and the result each time it was told that it is done.
    status: str | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    # Promises that were seen to be broken on the way, and what nobody should ever be answered.
    lost: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def make(self) -> None:
        """Ask for the time, approve on the page, and ask what came of it."""
        self.propose()
        if len(self.asked) == 1:
            [confirmation_id] = self.asked
            self._approve(confirmation_id)
            self._see(confirmation_id)

    def propose(self) -> list[Reply]:
        """Call the action under this attempt's key; a repeat has to be answered like the first."""
        body = {"service": SERVICE, "start": self.start, "name": self.rival.person.account.email}
        call = self.rival.call("/bookings", {**body, "party_size": 1, "request_id": self.key})
        replies = self._send(call, twice=self.twice)
        for reply in replies:
            if reply.status in (200, 202):
                self._remember(reply.json)
            elif reply.status == 409 and reply.json["code"] == "slot_taken":
                self.is_refused = True
            else:
                self.odd.append(f"proposed: {reply.status} {reply.body[:300]!r}")
        if self.is_refused and self.asked:
            self.odd.append("one copy was asked about and the other was told that there is no room")
        return replies

    def _approve(self, confirmation_id: str) -> None:
        """Open the page and press the button, until the page has no button any more."""
        path = f"/confirm/{confirmation_id}"
        [page] = self._send(self.rival.open(path))
        if page.status == 404:
            self.lost.append("what the person was asked to approve is not there")
            return
        token = form_token_in(page)
        if token is None:
            self.odd.append(f"opened: {page.status} {page.body[:3000]!r}")
            return
        press = self.rival.press(path, {"form_token": token, "decision": "approve"})
        replies = self._send(press, twice=self.twice)
        self.is_acknowledged = True
        odd = [each for each in replies if each.status not in (303, 409)]
        self.odd += [f"approved: {each.status} {each.body[:3000]!r}" for each in odd]

    def _see(self, confirmation_id: str) -> None:
        """Ask how it stands, as the assistant does when the person says it is done."""
        [reply] = self._send(self.rival.ask(f"/confirmations/{confirmation_id}"))
        if reply.status == 404:
            self.lost.append("what was asked about is not there")
            return
        self._remember(reply.json)
        if self.is_acknowledged and self.status == "confirmation_required":
            self.lost.append("an approval was acknowledged and is not there")

    def _remember(self, told: dict[str, Any]) -> None:
        self.asked.add(told["confirmation_id"])
        self.status, self.error = told["status"], told["error"]
        if self.status == "executed":
            self.results.append(told["result"])

    def _send(self, request: Request, *, twice: bool = False) -> list[Reply]:
        """The replies to a call, or to two at once. Repeated, as a client does, until there is one."""
        until, pause = time.monotonic() + PATIENCE, PAUSE
        while time.monotonic() < until:
            replies = self.rival.wire.send_at_once([request] * (2 if twice else 1))
            came = [each for each in replies if each is not None and whole(each)]
            settled = [each for each in came if each.status != 503]
            self.seen["sent"] += len(replies)
            self.seen["lost"] += len(replies) - len(came)
            self.seen["503"] += len(came) - len(settled)
            if settled:
                return settled
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError(f"{request.method} {request.url} has no answer")


def attempts(those: Sequence[Rival], starts: Sequence[str], number: int, run: str) -> list[Attempt]:
    """So many attempts, about the same number for each start, one start after the other.

    All rivals are at one start at the same time, and then at the next.
    """
    chance = Random(1)
    return [
        Attempt(
            key=f"{run}-{each}",
            rival=those[each % len(those)],
            start=starts[each * len(starts) // number],
            twice=chance.random() < TWICE,
        )
        for each in range(number)
    ]


def make_all(wanted: Sequence[Attempt]) -> None:
    """Make all attempts, as many at a time as there are rivals."""
    with ThreadPoolExecutor(PERSONS * ASSISTANTS) as together:
        list(together.map(Attempt.make, wanted))


def first_starts(rival: Rival, number: int) -> list[str]:
    return list(islice(free_starts(rival), number))
