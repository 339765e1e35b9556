"""Who plays whom when: twelve games a day, one after the other, every team once."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from .teams import HOSTS, Team

BETWEEN_STARTS = datetime.timedelta(days=1) / len(HOSTS)


@dataclass(frozen=True)
class Fixture:
    """A game that is to be played; `number` counts the games of its day from 1."""

    number: int
    start: datetime.datetime
    home: Team
    away: Team


def fixtures(day: datetime.date) -> Iterator[Fixture]:
    """The games that begin on a day (UTC). Hosts alternate, opponents change every other day."""
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    host, rotation = day.toordinal() % 2, 1 + day.toordinal() // 2 % (len(HOSTS) - 1)
    for slot, pair in enumerate(HOSTS):
        visitor = HOSTS[(slot + rotation) % len(HOSTS)][1 - host]
        yield Fixture(slot + 1, midnight + slot * BETWEEN_STARTS, pair[host], visitor)
