"""The plain records that every provider answers with, whatever its own shapes are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True)
class Side:
    """One team in one game. `score` is None until the game has begun; `aliases` are other names."""

    name: str
    abbr: str
    score: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Game:
    """One game. `regions` are the ISO 3166-2 codes of the places it is local to.

    `status` is scheduled, in_progress, final, postponed, cancelled or unknown. `zone` is the IANA
    time zone to tell the start in when the reader's own is not known.
    """

    id: str
    league: str
    status: str
    status_text: str
    start: datetime | None
    home: Side
    away: Side
    zone: str
    period: int | None = None
    clock: str | None = None
    venue: str | None = None
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Quote:
    """One price. `as_of` is the moment of the price itself, None where the source does not say.

    `market_state` is open, closed, pre, post or unknown; `delay` is real-time, 15 min, end of day
    or unknown.
    """

    symbol: str
    name: str
    price: float
    source: str
    currency: str | None = None
    previous_close: float | None = None
    as_of: datetime | None = None
    market_state: str = "unknown"
    delay: str = "unknown"
    stale: bool = False


@dataclass(frozen=True)
class Close:
    """The price at which a day ended; of the day that goes on, the latest."""

    day: date
    price: float


@dataclass(frozen=True)
class History:
    """The closes of the last month, one for each day with trade, the oldest first."""

    symbol: str
    name: str
    currency: str | None
    closes: tuple[Close, ...]


@dataclass(frozen=True)
class Article:
    """One piece of news; the summary is plain text."""

    title: str
    summary: str
    url: str | None
    published: datetime | None
    source: str


@dataclass(frozen=True)
class Reading(Generic[Record]):
    """What one look at a source gave: records, who said so, when, and whether it is stale."""

    records: tuple[Record, ...]
    source: str
    as_of: datetime
    stale: bool = False

    def only(self, wanted: Callable[[Record], bool]) -> "Reading[Record]":
        """The same look, with only the wanted records."""
        return replace(self, records=tuple(filter(wanted, self.records)))

    def with_records(self, records: Iterable[Record]) -> "Reading[Record]":
        """The same look, with these records."""
        return replace(self, records=tuple(records))


def together(readings: Iterable[Reading[Record]]) -> Reading[Record]:
    """Several looks (at least one) as one: every source named, as old as the oldest of them."""
    parts = list(readings)
    return Reading(
        records=tuple(record for part in parts for record in part.records),
        source=", ".join(dict.fromkeys(part.source for part in parts)),
        as_of=min(part.as_of for part in parts),
        stale=any(part.stale for part in parts),
    )
