"""What time it is. The store decides, so that a worker whose clock is wrong changes nothing."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, func, literal, select

from .types import Instant


def now(connection: Connection) -> datetime:
    """The moment, in UTC, by the clock that all workers share.

    PostgreSQL has one of its own. SQLite has none: its workers are on one machine, and share that.
    """
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def moment(connection: Connection) -> ColumnElement[datetime]:
    """The same moment for use inside a statement, which saves asking for it.

    PostgreSQL uses no index for what is compared with it, as it may differ from row to row.
    """
    if connection.dialect.name == "sqlite":
        return literal(datetime.now(UTC), Instant)
    return func.clock_timestamp(type_=Instant)
