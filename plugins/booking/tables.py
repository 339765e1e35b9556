"""The tables of the diary. The migrations make the same ones."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as seconds since 1970: SQLite would lose the zone, PostgreSQL not."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


def bookings_and_places(table: Callable[..., Table]) -> tuple[Table, Table]:
    """The two tables, made by `table(name, *parts)`.

    `bookings` has a row for each booking ever made. `places` has a row for each place that is booked
    or held, and its primary key is what keeps a place from being taken twice. A hold names the
    person it is for, and is as good as gone from `held_until` on.
    """
    bookings = table(
        "bookings",
        Column("id", String(32), primary_key=True),
        Column("owner", String(64), nullable=False),
        Column("status", String(16), nullable=False),
        Column("service", String(32), nullable=False),
        Column("start", Instant, nullable=False),
        Column("end", Instant, nullable=False),
        Column("time_zone", String(64), nullable=False),
        Column("name", String(80), nullable=False),
        Column("email", String(254)),
        Column("party_size", Integer, nullable=False),
        Column("price", BigInteger, nullable=False),
        Column("due", BigInteger, nullable=False),
        Column("currency", String(3), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("created", Instant, nullable=False),
        Column("updated", Instant, nullable=False),
        Column("calendar_key", String(32)),
        Index(None, "owner", "start", "id"),
    )
    places = table(
        "places",
        Column("service", String(32), primary_key=True),
        Column("start", Instant, primary_key=True, autoincrement=False),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("booking_id", ForeignKey(bookings.c.id), index=True),
        Column("held_by", String(64)),
        Column("held_until", Instant),
        CheckConstraint("(booking_id IS NULL) = (held_until IS NOT NULL)", "booked_or_held"),
    )
    return bookings, places
