"""Holds what everybody was told against what is in the ledger: what was promised, and is it so?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text

from gateway.audit.verify import verify
from gateway.envelope import Status
from gateway.storage.tables import audit, confirmations
from tests.chaos.rivals import Attempt
from tests.kit.attacked import Attacked

BOOKED = text(
    "SELECT b.id, b.owner, b.start, count(p.place)"
    " FROM booking_bookings b LEFT JOIN booking_places p ON p.booking_id = b.id"
    " WHERE b.status = 'booked' GROUP BY b.id, b.owner, b.start"
)


@dataclass
class Verdict:
    """What is wrong, one sentence for each, by kind; nothing where all was kept."""

    attempts: int
    booked: int  # times with at least one booking
    double: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.double, *self.lost, *self.mismatched, *self.left_over, *self.odd]

    def __str__(self) -> str:
        return (
            f"{self.attempts} attempts, {self.booked} booked, {len(self.double)} double,"
            f" {len(self.lost)} lost, {len(self.mismatched)} mismatched,"
            f" {len(self.left_over)} left over"
        )


def judge(gateway: Attacked, made: Sequence[Attempt]) -> Verdict:
    """The verdict on a history."""
    bookings = gateway.rows(BOOKED)
    verdict = Verdict(len(made), len({each.start for each in bookings}))
    verdict.odd = [f"{each.key}: {fault}" for each in made for fault in each.odd]
    verdict.lost = [f"{each.key}: {fault}" for each in made for fault in each.lost]
    look_for_doubles(verdict, bookings)
    hold_against_bookings(verdict, made, bookings)
    hold_against_confirmations(verdict, gateway, made)
    return verdict


def repeat(made: Iterable[Attempt]) -> None:
    """Call again what was done, under the same key: the reply joins those that came before."""
    for each in made:
        if each.results:
            each.propose()


def look_for_doubles(verdict: Verdict, bookings: Sequence[Any]) -> None:
    at = Counter(each.start for each in bookings)
    verdict.double = [f"{number} bookings at {start}" for start, number in at.items() if number > 1]


def hold_against_bookings(
    verdict: Verdict, made: Iterable[Attempt], bookings: Sequence[Any]
) -> None:
    """Each that was told it has a booking has one, with its place, and nobody has another."""
    places = {each[0]: (each.owner, each[3]) for each in bookings}
    promised = set()
    for attempt in made:
        for result in attempt.results:
            promised.add(result["booking_id"])
            if places.get(result["booking_id"]) != (attempt.rival.person.account.id, 1):
                verdict.lost.append(f"{attempt.key}: {result['booking_id']} is not in the diary")
    verdict.left_over += [f"nobody was told of {each}" for each in set(places) - promised]


def hold_against_confirmations(
    verdict: Verdict, gateway: Attacked, made: Sequence[Attempt]
) -> None:
    columns = (confirmations.c.id, confirmations.c.status, confirmations.c.result)
    kept = {each.id: each for each in gateway.rows(select(*columns))}
    for attempt in made:
        if attempt.status is None:
            continue
        row = kept.get(next(iter(attempt.asked)))
        told = [*attempt.results, *([row.result] if row and row.result else [])]
        if len(attempt.asked) != 1 or any(each != told[0] for each in told):
            verdict.mismatched.append(f"{attempt.key}: {attempt.asked} {told}")
        if row is None or row.status != attempt.status:
            verdict.lost.append(f"{attempt.key}: told {attempt.status}, kept {row}")
        if attempt.status not in (Status.EXECUTED, Status.FAILED):
            verdict.odd.append(f"{attempt.key} ended as {attempt.status}")
        if attempt.error and attempt.error["code"] != "slot_taken":
            verdict.odd.append(f"{attempt.key} failed with {attempt.error}")
    known = {each for attempt in made for each in attempt.asked}
    verdict.left_over += [f"nobody was told of {each}" for each in set(kept) - known]
    open_states = (Status.WAITING, Status.EXECUTING, Status.OUTCOME_UNKNOWN, Status.NEEDS_REVIEW)
    verdict.left_over += [
        f"{each.id} is still {each.status}" for each in kept.values() if each.status in open_states
    ]


def assert_trail_is_whole(gateway: Attacked) -> int:
    """The trail is sealed and complete, and whatever was done has exactly one yes, to exactly that, of
    its own person and in time (invariants I1 and I5). Returns how many actions were done.
    """
    verify(gateway.ledger)
    edges: dict[str, list[Any]] = {}
    for row in gateway.rows(select(audit).order_by(audit.c.seq)):
        edges.setdefault(row.confirmation_id, []).append(row)
    kept = {each.id: each for each in gateway.rows(select(confirmations))}
    assert set(edges) == set(kept)
    done = [each for each in kept.values() if each.status == Status.EXECUTED]
    for each in kept.values():
        told = [row.edge for row in edges[each.id]]
        yes = ["approved"] if each.status in (Status.EXECUTED, Status.FAILED) else []
        assert told == ["asked", *yes, each.status]
        assert {(row.principal, row.action_hash) for row in edges[each.id]} == {
            (each.principal, each.hash)
        }
        if yes:
            asked, approved, _ = edges[each.id]
            assert (asked.actor, approved.actor) == ("caller", "person")
            assert approved.session
            assert approved.at < each.expires_at
    return len(done)
