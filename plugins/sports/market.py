"""Prices of any symbols: which provider knows each, and what to say of those nobody knows."""

import re
from collections.abc import Sequence

from flask import abort

from gateway import Upstream

from .providers import QuoteProvider
from .records import History, Quote, Reading, together
from .side_by_side import side_by_side

DEMO_PREFIX = "DEMO"
HISTORIES_AT_ONCE = 4  # as many as are waited for side by side
FEWEST_CLOSES = 2  # that make a line

# Letters, digits and what exchanges put between them: BRK-B, 0700.HK, ^GSPC, EURUSD=X, M&M.NS.
SYMBOL = re.compile(r"^[A-Za-z0-9.^=&_-]{1,24}$")


class Market:
    """What the demo market and the live ones know."""

    def __init__(self, demo: QuoteProvider, live: QuoteProvider) -> None:
        self._demo = demo
        self._live = live

    def quotes(self, symbols: Sequence[str]) -> Reading[Quote]:
        """One quote for each symbol, in that order, a repeated symbol once.

        404 naming every unknown symbol, 503 when a provider cannot be read.
        """
        wanted = list(dict.fromkeys(symbol.upper() for symbol in symbols))
        _refuse_unknown([symbol for symbol in wanted if not SYMBOL.fullmatch(symbol)])
        readings = self._readings(wanted)
        _refuse_unknown([symbol for symbol in wanted if not readings[symbol].records])
        return together(readings[symbol] for symbol in wanted)

    def history(self, symbol: str) -> History:
        """The last month of one symbol, at least two closes.

        404 for an unknown symbol or one with fewer closes, 503 when the provider cannot be read.
        """
        wanted = symbol.upper()
        found = self._known(wanted)
        if found is None:
            _refuse_unknown([wanted])
        if not _is_line(found):
            abort(404, f"{wanted} has too few closes in the last month for a chart.")
        return found

    def histories(self, symbols: Sequence[str]) -> list[History]:
        """The last month of the first four symbols; one that has none just now is left out."""
        found = side_by_side(self._known_if_readable, symbols[:HISTORIES_AT_ONCE])
        return [history for history in found if history and _is_line(history)]

    def _known_if_readable(self, symbol: str) -> History | None:
        try:
            return self._known(symbol)
        except Upstream.Unavailable:
            return None

    def _known(self, symbol: str) -> History | None:
        if not SYMBOL.fullmatch(symbol):
            return None
        provider = self._demo if symbol.startswith(DEMO_PREFIX) else self._live
        return next(iter(provider.history(symbol).records), None)

    def _readings(self, symbols: Sequence[str]) -> dict[str, Reading[Quote]]:
        demo = [symbol for symbol in symbols if symbol.startswith(DEMO_PREFIX)]
        live = [symbol for symbol in symbols if not symbol.startswith(DEMO_PREFIX)]
        found = zip(live, side_by_side(self._live.quote, live), strict=True)
        return {symbol: self._demo.quote(symbol) for symbol in demo} | dict(found)


def _is_line(history: History) -> bool:
    return len(history.closes) >= FEWEST_CLOSES


def _refuse_unknown(symbols: Sequence[str]) -> None:
    if not symbols:
        return
    abort(
        404,
        f"No such symbol: {', '.join(symbols)}. Write symbols as Yahoo Finance does (AAPL, 0700.HK,"
        " ^GSPC, BTC-USD). Known without a network: DEMO, DEMOKITE, DEMOTEA and all others that"
        " begin with DEMO.",
    )
