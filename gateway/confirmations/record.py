"""A confirmation as the ledger keeps it, and the queries that find it. What moves it is in `changes`."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from ..declaration import Approval
from ..envelope import Status
from ..storage.tables import confirmations

LIFETIME = timedelta(minutes=10)
KEY_LIFETIME = timedelta(hours=24)
DUPLICATE_WINDOW = timedelta(minutes=10)

ANIMALS = tuple(
    "ant bat bear bee crab crow deer dove duck elk fox goat hare hawk lynx mole owl".split()
)


@dataclass(frozen=True)
class Confirmation:
    """One action that somebody asked for: frozen arguments, the question about them, what came of it.

    `principal` is who asked and alone may approve; `question` is in each language; `hash` stands
    for caller, operation, arguments and quote together. `subject` is what it acts on: the arguments
    that are in the operation's path, such as the booking that is cancelled. `origin` is how it was
    asked for (`origin.py`). `executed_at` is when it was done or refused; until then, when an effect
    elsewhere was approved. `waiting_key` is set while it waits for a call without a key. `version`
    grows with every edge.
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
    approve: Approval
    executed_at: datetime | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    superseded_by: str | None = None
    waiting_key: str | None = None
    version: int = 0

    def at(self, now: datetime) -> "Confirmation":
        """The confirmation as it stands at `now`: one that waited too long has expired."""
        if self.status == Status.WAITING and self.expires_at <= now:
            return replace(self, status=Status.EXPIRED)
        return self


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
    query = _where(confirmations.c.id == confirmation_id)
    return _one(connection.execute(query.with_for_update() if lock else query).one_or_none())


def find_by_request(connection: Connection, request_key: str, now: datetime) -> Confirmation | None:
    """What was asked for under the caller's own key in the last 24 hours."""
    asked = _where(
        confirmations.c.request_key == request_key, confirmations.c.created_at > now - KEY_LIFETIME
    )
    return _one(connection.execute(asked).one_or_none())


def find_open(connection: Connection, natural_key: str, now: datetime) -> Confirmation | None:
    """The latest confirmation of the same call that is still open: asked about, or being done."""
    runs = confirmations.c.status.in_((Status.EXECUTING, Status.OUTCOME_UNKNOWN))
    asked = _where(confirmations.c.natural_key == natural_key, _waits(now) | runs)
    latest = asked.order_by(confirmations.c.created_at.desc()).limit(1)
    return _one(connection.execute(latest).one_or_none())


def find_executed(connection: Connection, natural_key: str, now: datetime) -> Confirmation | None:
    """The latest execution of the same call, if it was a moment ago."""
    return _latest(connection, natural_key, Status.EXECUTED, now - DUPLICATE_WINDOW)


def executed_since(connection: Connection, earlier: Confirmation) -> list[Confirmation]:
    """What the same person did with the same plugin after `earlier` was done."""
    done = _where(
        confirmations.c.principal == earlier.principal,
        confirmations.c.plugin == earlier.plugin,
        confirmations.c.status == Status.EXECUTED,
        confirmations.c.executed_at >= earlier.executed_at,
        confirmations.c.id != earlier.id,
    )
    return [Confirmation(**row._asdict()) for row in connection.execute(done)]


def find_waiting_on_subject(
    connection: Connection, new: Confirmation, now: datetime
) -> list[Confirmation]:
    """What the same person is being asked about the same thing by the same client: the same operation
    on one subject.
    """
    if not new.subject:
        return []
    asked = _where(
        confirmations.c.principal == new.principal,
        confirmations.c.client.is_not_distinct_from(new.client),
        confirmations.c.plugin == new.plugin,
        confirmations.c.operation == new.operation,
        confirmations.c.subject == new.subject,
        _waits(now),
    )
    rows = connection.execute(asked.order_by(confirmations.c.id).with_for_update())
    return [Confirmation(**row._asdict()) for row in rows]


def find_holder(connection: Connection, natural_key: str) -> str | None:
    """The id of the confirmation that waits, or waited, for a call without a key."""
    held = select(confirmations.c.id).where(confirmations.c.waiting_key == natural_key)
    return connection.execute(held).scalar_one_or_none()


def find_own(connection: Connection, principal: str, ids: Iterable[str]) -> dict[str, Confirmation]:
    """Those of a person's confirmations that are still in the ledger, by id."""
    own = _where(confirmations.c.principal == principal, confirmations.c.id.in_(ids))
    return {row.id: Confirmation(**row._asdict()) for row in connection.execute(own)}


def find_doubtful(connection: Connection, natural_key: str, now: datetime) -> Confirmation | None:
    """The latest of the same calls of today of which nobody knows whether it was made."""
    return _latest(connection, natural_key, Status.NEEDS_REVIEW, now - KEY_LIFETIME)


def find_unsettled(connection: Connection, principal: str) -> list[Confirmation]:
    """What a person is being asked, and what is being done for them."""
    open_ones = (Status.WAITING, Status.EXECUTING, Status.OUTCOME_UNKNOWN)
    theirs = _where(confirmations.c.principal == principal, confirmations.c.status.in_(open_ones))
    return [Confirmation(**row._asdict()) for row in connection.execute(theirs)]


def lapsed(connection: Connection, now: datetime, most: int) -> list[str]:
    """Ids of questions that nobody answered in time and that are still written down as waiting."""
    over = (confirmations.c.status == Status.WAITING) & (confirmations.c.expires_at <= now)
    return list(connection.execute(select(confirmations.c.id).where(over).limit(most)).scalars())


def count(connection: Connection, which: ColumnElement[bool]) -> int:
    """How many confirmations there are of that kind."""
    query = select(func.count()).select_from(confirmations).where(which)
    return connection.execute(query).scalar_one()


def _latest(
    connection: Connection, natural_key: str, status: Status, since: datetime
) -> Confirmation | None:
    """The latest confirmation of a call that came to this after `since`."""
    ended = _where(
        confirmations.c.natural_key == natural_key,
        confirmations.c.status == status,
        confirmations.c.executed_at > since,
    )
    latest = ended.order_by(confirmations.c.executed_at.desc()).limit(1)
    return _one(connection.execute(latest).one_or_none())


def _waits(now: datetime) -> ColumnElement[bool]:
    return (confirmations.c.status == Status.WAITING) & (confirmations.c.expires_at > now)


def _where(*which: ColumnElement[bool]) -> Select[Any]:
    return select(*COLUMNS).where(*which)


def _one(row: Row[Any] | None) -> Confirmation | None:
    return Confirmation(**row._asdict()) if row is not None else None
