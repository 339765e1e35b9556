"""The outbox: effects elsewhere that were approved and are not settled. Its rows are leases with fences.

A row is written in the transaction that approves, and is gone in the one that records the outcome. Who
takes it gets the next fence; whatever an earlier one still brings is not counted (Kleppmann, "How to do
distributed locking").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from ..storage.tables import outbox

# How long nothing is heard of whoever is at an effect before somebody else takes it over.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Claim:
    """The right to bring about one effect: under the highest fence, until its lease is over.

    `was_left` says that an earlier one ended without a word, so that the effect may have been made.
    """

    confirmation_id: str
    fence: int
    begun_at: datetime
    was_left: bool


def put(connection: Connection, confirmation_id: str, now: datetime) -> None:
    """Put an approved effect into the outbox. Nobody is at it yet, so a crash leaves no doubt."""
    row = {"fence": 0, "begun_at": now, "due_at": now, "lease_until": None}
    connection.execute(insert(outbox).values(confirmation_id=confirmation_id, **row))


def due(connection: Connection, now: datetime, most: int) -> list[str]:
    """Ids of effects that wait to be brought about, or whose lease is over."""
    waiting = select(outbox.c.confirmation_id).where(_is_free(now))
    return list(connection.execute(waiting.order_by(outbox.c.due_at).limit(most)).scalars())


def claim(connection: Connection, confirmation_id: str, now: datetime) -> Claim | None:
    """Take an effect under the next fence; None where somebody was faster, or it is settled."""
    mine = outbox.c.confirmation_id == confirmation_id
    before = connection.execute(select(outbox).where(mine, _is_free(now))).one_or_none()
    if before is None:
        return None
    taken = connection.execute(
        update(outbox)
        .where(mine, outbox.c.fence == before.fence)
        .values(fence=before.fence + 1, lease_until=now + LEASE)
    )
    if taken.rowcount != 1:
        return None
    was_left = before.lease_until is not None
    return Claim(confirmation_id, before.fence + 1, before.begun_at, was_left)


def renew(connection: Connection, claim: Claim, now: datetime) -> bool:
    """Hold an effect for another lease; False where somebody else has it, or it is settled."""
    held = update(outbox).where(*_under(claim)).values(lease_until=now + LEASE)
    return connection.execute(held).rowcount == 1


def settle(connection: Connection, claim: Claim) -> bool:
    """Take an effect out of the outbox; False where somebody has taken it over since."""
    return connection.execute(delete(outbox).where(*_under(claim))).rowcount == 1


def put_back(connection: Connection, claim: Claim, due_at: datetime) -> bool:
    """Leave an effect to be taken again from `due_at` on; False where somebody has it already."""
    left = update(outbox).where(*_under(claim)).values(lease_until=None, due_at=due_at)
    return connection.execute(left).rowcount == 1


def _under(claim: Claim) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (outbox.c.confirmation_id == claim.confirmation_id, outbox.c.fence == claim.fence)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return (outbox.c.due_at <= now) & or_(
        outbox.c.lease_until.is_(None), outbox.c.lease_until <= now
    )
