"""Reading the trail, a page at a time: it has no end, and what reads it has to have one."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ..storage.ledger import Ledger
from ..storage.tables import audit
from .trail import Entry, spelled

ROWS = 500


@dataclass(frozen=True, kw_only=True)
class Row(Entry):
    """An entry as it stands in the trail, at its moment, sealed by `hash` after `previous`."""

    seq: int
    at: datetime
    previous: str
    hash: str

    def told(self) -> dict[str, Any]:
        """Every column as JSON, spelled as it is sealed."""
        return {name: spelled(value) for name, value in asdict(self).items()}


def latest(
    connection: Connection, principal: str, most: int, before: int | None = None
) -> list[Row]:
    """One person's rows, newest first; with `before`, only those with lower numbers."""
    own = audit.c.principal == principal
    query = select(audit).where(own if before is None else own & (audit.c.seq < before))
    found = connection.execute(query.order_by(audit.c.seq.desc()).limit(most))
    return [Row(**row._asdict()) for row in found]


def count(connection: Connection, confirmation_id: str, principal: str, edge: str) -> int:
    """How many rows tell that an action took an edge."""
    # By the principal first, which has an index.
    same = (audit.c.principal == principal) & (audit.c.confirmation_id == confirmation_id)
    query = select(func.count()).select_from(audit).where(same, audit.c.edge == edge)
    return connection.execute(query).scalar_one()


def rows(
    ledger: Ledger, *, principal: str | None = None, confirmation_id: str | None = None
) -> Iterator[Row]:
    """All rows, or those of one person or one action, oldest first.

    No transaction is held while somebody takes them.
    """
    wanted = {audit.c.principal: principal, audit.c.confirmation_id: confirmation_id}
    which = [column == value for column, value in wanted.items() if value is not None]
    last = 0
    while page := _page(ledger, last, which):
        yield from page
        last = page[-1].seq


def _page(ledger: Ledger, last: int, which: Sequence[ColumnElement[bool]]) -> list[Row]:
    query = select(audit).where(audit.c.seq > last, *which).order_by(audit.c.seq).limit(ROWS)
    with ledger.read() as connection:
        return [Row(**row._asdict()) for row in connection.execute(query)]
