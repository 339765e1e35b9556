"""Quotes of any symbols: which provider knows each, and what to say of those nobody knows."""

import re
from collections.abc import Sequence

from flask import abort

from .providers import QuoteProvider
from .records import Quote, Reading, together
from .side_by_side import side_by_side

DEMO_PREFIX = "DEMO"

# Letters, digits and what exchanges put between them: BRK-B, 0700.HK, ^GSPC, EURUSD=X, M&M.NS.
SYMBOL = re.compile(r"^[A-Za-z0-9.^=&_-]{1,24}$")


class Market:
    """The quotes of the demo market and of the live ones."""

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

    def _readings(self, symbols: Sequence[str]) -> dict[str, Reading[Quote]]:
        demo = [symbol for symbol in symbols if symbol.startswith(DEMO_PREFIX)]
        live = [symbol for symbol in symbols if not symbol.startswith(DEMO_PREFIX)]
        found = zip(live, side_by_side(self._live.quote, live), strict=True)
        return {symbol: self._demo.quote(symbol) for symbol in demo} | dict(found)


def _refuse_unknown(symbols: Sequence[str]) -> None:
    if not symbols:
        return
    abort(
        404,
        f"No such symbol: {', '.join(symbols)}. Write symbols as Yahoo Finance does (AAPL, 0700.HK,"
        " ^GSPC, BTC-USD). Known without a network: DEMO, DEMOKITE, DEMOTEA and all others that"
        " begin with DEMO.",
    )
