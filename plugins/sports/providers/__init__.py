"""Where live data come from. To add a source, write a class with one of these shapes.

A provider raises nothing of its own: what cannot be read is for `Upstream` to report, and what does
not exist is a reading without records.
"""

import datetime
from typing import Protocol

from ..leagues import League
from ..records import Article, Game, History, Quote, Reading


class GamesProvider(Protocol):
    """Knows the games of a league."""

    def games(self, league: League, day: datetime.date) -> Reading[Game]:
        """The games listed under a day, which begins at midnight in the league's own zone."""


class QuoteProvider(Protocol):
    """Knows prices."""

    def quote(self, symbol: str) -> Reading[Quote]:
        """The quote of one symbol (in capitals), or no record when there is no such symbol."""

    def history(self, symbol: str) -> Reading[History]:
        """The last month of one symbol, or no record when there is no such symbol."""


class NewsProvider(Protocol):
    """Knows what is new."""

    def articles(self) -> Reading[Article]:
        """The latest articles, in any order."""
