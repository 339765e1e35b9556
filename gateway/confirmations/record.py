"""A confirmation as the ledger keeps it, and the few statements that touch its row."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ..envelope import Status
from ..storage.tables import confirmations

LIFETIME = timedelta(minutes=10)
KEY_LIFETIME = timedelta(hours=24)
DUPLICATE_WINDOW = timedelta(minutes=10)
# How long an effect elsewhere may take before its claim can be taken over. Assistants give up after 45
# seconds, and a worker that is silent for 60 is ended.
LEASE = timedelta(seconds=90)

ANIMALS = tuple(
    "ant bat bear bee crab crow deer dove duck elk fox goat hare hawk lynx mole owl".split()
)


@dataclass(frozen=True)
class Confirmation:
    """One action that somebody asked for: frozen arguments, the question about them, what came of it.

    `principal` is who asked and alone may confirm; `question` is in each language; `hash` stands
    for caller, operation, arguments and quote together. `subject` is what it acts on: the arguments
    that are in the operation's path, such as the booking that is cancelled.
    """

    id: str
    plugin: str
    operation: str
    principal: str
    client: str | None
    status: str
    arguments: Mapping[str, Any]
    quote: Mapping[str, Any]
    hash: str
    question: Mapping[str, str]
    match_code: str
    natural_key: str
    subject: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    executed_at: datetime | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    def at(self, now: datetime) -> "Confirmation":
        """The confirmation as it stands at `now`: one that waited too long has expired."""
        if self.status == Status.WAITING and self.expires_at <= now:
            return replace(self, status=Status.EXPIRED)
        return self

    def can_run(self, now: datetime) -> bool:
        """Whether it may be run now: it waits, or whoever was running it has left it."""
        if self.status == Status.EXECUTING:
            return self.executed_at is not None and self.executed_at + LEASE <= now
        return self.status in (Status.WAITING, Status.OUTCOME_UNKNOWN)


COLUMNS = tuple(confirmations.c[name] for name in Confirmation.__dataclass_fields__)


def new_id() -> str:
    """128 random bits: a name, which opens nothing to anybody but its owner."""
    return f"cnf_{secrets.token_hex(16)}"


def new_match_code() -> str:
    """A word and a number that a person can compare at a glance. Not a secret."""
    return f"{secrets.choice(ANIMALS)}-{secrets.randbelow(90) + 10}"


def find(
    connection: Connection, confirmation_id: str, *, lock: bool = False
) -> Confirmation | None:
    """A confirmation by its id; with `lock`, held against others until the transaction ends."""
    query = select(*COLUMNS).where(confirmations.c.id == confirmation_id)
    return _one(connection.execute(query.with_for_update() if lock else query).one_or_none())


def find_by_request(connection: Connection, request_key: str, now: datetime) -> Confirmation | None:
    """What was asked for under the caller's own key in the last 24 hours."""
    row = connection.execute(
        select(*COLUMNS)
        .where(confirmations.c.request_key == request_key)
        .where(confirmations.c.created_at > now - KEY_LIFETIME)
    ).one_or_none()
    return _one(row)


def find_waiting(connection: Connection, natural_key: str, now: datetime) -> Confirmation | None:
    """The latest confirmation of the same call that is still open: asked about, or being done."""
    waits = (confirmations.c.status == Status.WAITING) & (confirmations.c.expires_at > now)
    runs = confirmations.c.status.in_((Status.EXECUTING, Status.OUTCOME_UNKNOWN))
    row = connection.execute(
        select(*COLUMNS)
        .where(confirmations.c.natural_key == natural_key)
        .where(waits | runs)
        .order_by(confirmations.c.created_at.desc())
        .limit(1)
    ).one_or_none()
    return _one(row)


def find_executed(connection: Connection, natural_key: str, now: datetime) -> Confirmation | None:
    """The latest execution of the same call, if it was a moment ago."""
    row = connection.execute(
        select(*COLUMNS)
        .where(confirmations.c.natural_key == natural_key)
        .where(confirmations.c.status == Status.EXECUTED)
        .where(confirmations.c.executed_at > now - DUPLICATE_WINDOW)
        .order_by(confirmations.c.executed_at.desc())
        .limit(1)
    ).one_or_none()
    return _one(row)


def executed_since(connection: Connection, earlier: Confirmation) -> list[Confirmation]:
    """What the same person did with the same plugin after `earlier` was done."""
    rows = connection.execute(
        select(*COLUMNS)
        .where(confirmations.c.principal == earlier.principal)
        .where(confirmations.c.plugin == earlier.plugin, confirmations.c.status == Status.EXECUTED)
        .where(confirmations.c.executed_at >= earlier.executed_at)
        .where(confirmations.c.id != earlier.id)
    )
    return [Confirmation(**row._asdict()) for row in rows]


def add(
    connection: Connection,
    confirmation: Confirmation,
    waiting_key: str | None,
    request_key: str | None,
) -> None:
    """Record a new confirmation. IntegrityError when another worker was first with the same key."""
    _free_keys(connection, confirmation, waiting_key, request_key)
    row = {name: getattr(confirmation, name) for name in Confirmation.__dataclass_fields__}
    with connection.begin_nested():
        connection.execute(
            insert(confirmations).values(**row, waiting_key=waiting_key, request_key=request_key)
        )


def adopt(
    connection: Connection, natural_key: str, request_key: str, now: datetime
) -> Confirmation | None:
    """Give a key to the same call that was made without one and still waits; that one, if any."""
    row = connection.execute(
        update(confirmations)
        .where(confirmations.c.waiting_key == natural_key, confirmations.c.expires_at > now)
        .where(confirmations.c.request_key.is_(None))
        .values(request_key=request_key)
        .returning(*COLUMNS)
    ).one_or_none()
    return _one(row)


def claim(connection: Connection, confirmation: Confirmation) -> Confirmation:
    """Mark a confirmation as being run from now on, until it is finished or its lease is over."""
    claimed = replace(confirmation, status=Status.EXECUTING, executed_at=datetime.now(UTC))
    _change(connection, confirmation.id, (confirmation.status,), claimed)
    return claimed


def finish(connection: Connection, done: Confirmation) -> None:
    """Record the outcome of a confirmation that waited or was being run."""
    _change(connection, done.id, (Status.WAITING, Status.EXECUTING), done)


def _change(
    connection: Connection, confirmation_id: str, before: Sequence[str], after: Confirmation
) -> None:
    """Move a confirmation on, once (compare and swap)."""
    changed = connection.execute(
        update(confirmations)
        .where(confirmations.c.id == confirmation_id, confirmations.c.status.in_(before))
        .values(
            status=after.status,
            executed_at=after.executed_at,
            result=after.result,
            error=after.error,
            waiting_key=None,
        )
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"{confirmation_id} was moved on by somebody else")


def _free_keys(
    connection: Connection, new: Confirmation, waiting_key: str | None, request_key: str | None
) -> None:
    """Take the keys from confirmations that have outlived them."""
    if waiting_key:
        connection.execute(
            update(confirmations)
            .where(confirmations.c.waiting_key == waiting_key)
            .where(confirmations.c.expires_at <= new.created_at)
            .values(status=Status.EXPIRED, waiting_key=None)
        )
    if request_key:
        connection.execute(
            update(confirmations)
            .where(confirmations.c.request_key == request_key)
            .where(confirmations.c.created_at <= new.created_at - KEY_LIFETIME)
            .values(request_key=None)
        )


def _one(row: Row[Any] | None) -> Confirmation | None:
    return Confirmation(**row._asdict()) if row is not None else None
