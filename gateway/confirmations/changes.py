"""Moving confirmations from state to state: each edge one compare-and-swap, each with its audit row.

Fails closed: when the ledger is gone, nothing moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, update

from ..audit import trail
from ..envelope import Status
from ..storage import clock
from ..storage.ledger import Ledger
from ..storage.tables import confirmations
from . import record
from .canonical import digest
from .record import Confirmation


@dataclass(frozen=True)
class Actor:
    """Who moves a confirmation, for the audit trail.

    `kind` is "caller" (the assistant), "person" (on the page) or "gateway". `account` is who is
    signed in on the page, `session` a hash of that browser's, `network` the prefix of the address.
    """

    kind: str
    account: str | None = None
    session: str | None = None
    network: str | None = None


GATEWAY = Actor("gateway")
Mark = tuple[str, Actor]  # an edge by its name, and who took it


class MovedOn(RuntimeError):
    """Somebody else has moved the confirmation since it was read."""


class Change:
    """One transaction on confirmations.

    `now` is the store's clock, read when the transaction has what it waited for.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now: datetime = clock.now(connection)
        self.entries: list[trail.Entry] = []

    def lock(self, confirmation_id: str) -> Confirmation | None:
        """A confirmation as it stands now, held until the transaction ends."""
        found = record.find(self.connection, confirmation_id, lock=True)
        self.now = clock.now(self.connection)
        return found and found.at(self.now)

    def add(self, new: Confirmation, actor: Actor, request_key: str | None = None) -> None:
        """Record a new question.

        Raises IntegrityError when another worker was first with the same key: whoever wants to go on
        after that calls it in a savepoint.
        """
        self._free_request_key(request_key)
        row = {name: getattr(new, name) for name in Confirmation.__dataclass_fields__}
        self.connection.execute(insert(confirmations).values(**row, request_key=request_key))
        self._mark(new, ("asked", actor))

    def move(self, before: Confirmation, after: Confirmation, *marks: Mark) -> Confirmation:
        """Take `before` to `after`; `marks` are the edges on the way. Raises `MovedOn`."""
        moved = replace(after, version=before.version + 1, waiting_key=None)
        changed = self.connection.execute(
            update(confirmations)
            .where(confirmations.c.id == before.id, confirmations.c.version == before.version)
            .values(
                status=moved.status,
                version=moved.version,
                executed_at=moved.executed_at,
                result=moved.result,
                error=moved.error,
                superseded_by=moved.superseded_by,
                waiting_key=None,
            )
        )
        if changed.rowcount != 1:
            raise MovedOn(before.id)
        for mark in marks:
            self._mark(moved, mark)
        return moved

    def end(self, before: Confirmation, status: Status, actor: Actor) -> Confirmation:
        """End a question that nobody acted on: declined, cancelled, expired."""
        return self.move(before, replace(before, status=status), (status.value, actor))

    def supersede(self, before: Confirmation, by: str, actor: Actor) -> Confirmation:
        """End a question in whose place another is asked, of the id `by`."""
        after = replace(before, status=Status.SUPERSEDED, superseded_by=by)
        return self.move(before, after, (Status.SUPERSEDED.value, actor))

    def expire(self, confirmation_id: str) -> None:
        """Write down that a question has expired, where it has and nobody did."""
        kept = record.find(self.connection, confirmation_id, lock=True)
        if kept and kept.status == Status.WAITING and kept.expires_at <= self.now:
            self.end(kept, Status.EXPIRED, GATEWAY)

    def free_waiting_key(self, natural_key: str) -> None:
        """Take the key of a call from a question about it that has expired."""
        holder = record.find_holder(self.connection, natural_key)
        if holder:
            self.expire(holder)

    def adopt(self, natural_key: str, request_key: str) -> Confirmation | None:
        """Give a key to the same call that was made without one and still waits; that one, if any."""
        self._free_request_key(request_key)
        adopted = self.connection.execute(
            update(confirmations)
            .where(confirmations.c.waiting_key == natural_key)
            .where(confirmations.c.expires_at > self.now, confirmations.c.request_key.is_(None))
            .values(request_key=request_key)
            .returning(*record.COLUMNS)
        ).one_or_none()
        return Confirmation(**adopted._asdict()) if adopted else None

    def note(self, confirmation: Confirmation, edge: str, actor: Actor) -> None:
        """Write into the trail what moved nothing, such as another person who tried."""
        self._mark(confirmation, (edge, actor))

    def _free_request_key(self, request_key: str | None) -> None:
        """A caller's own key lives for 24 hours."""
        if request_key:
            self.connection.execute(
                update(confirmations)
                .where(confirmations.c.request_key == request_key)
                .where(confirmations.c.created_at <= self.now - record.KEY_LIFETIME)
                .values(request_key=None)
            )

    def _mark(self, moved: Confirmation, mark: Mark) -> None:
        edge, actor = mark
        self.entries.append(
            trail.Entry(
                confirmation_id=moved.id,
                plugin=moved.plugin,
                operation=moved.operation,
                edge=edge,
                actor=actor.kind,
                principal=moved.principal,
                client=moved.client,
                approve=moved.approve,
                action_hash=moved.hash,
                question_hash=f"sha256:{digest(moved.question)}",
                account=actor.account,
                session=actor.session,
                network=actor.network,
            )
        )


@contextmanager
def changing(ledger: Ledger) -> Iterator[Change]:
    """A transaction that moves confirmations. Its audit rows are appended last, when it holds all its
    other locks: the trail is one turn for everybody.
    """
    with ledger.write() as connection:
        change = Change(connection)
        yield change
        trail.append(connection, change.entries)
