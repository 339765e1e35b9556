"""Live prices from Yahoo's chart API (v8): unofficial, without a key.

`range=1d` because `chartPreviousClose` is the close before the range: only so is it yesterday's.
Unknown symbols are 404, or 200 with an error inside. The reply does not say how late a price is.
"""

import datetime
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote as quoted

from gateway import Upstream

from ..records import Quote, Reading
from .json_values import Object, document, inner, moment, number, objects, text

SOURCE = "yahoo"
FRESH_FOR = 30.0


class Yahoo:
    """Prices of real symbols. `address` is the setting with the root of the API."""

    def __init__(self, address: Any) -> None:
        self._upstream = Upstream("Yahoo Finance", address, timeout=5.0)

    def quote(self, symbol: str) -> Reading[Quote]:
        reply = self._upstream.fetch(
            f"/v8/finance/chart/{quoted(symbol, safe='')}",
            params={"range": "1d", "interval": "1d"},
            fresh_for=FRESH_FOR,
            parse=partial(read_chart, symbol, datetime.datetime.now(datetime.UTC)),
            missing=(404,),
        )
        found: Quote | None = reply.value
        records = (replace(found, stale=reply.stale),) if found else ()
        return Reading(records, SOURCE, reply.fetched_at, reply.stale)


def read_chart(symbol: str, now: datetime.datetime, body: bytes) -> Quote | None:
    """The quote in a chart; None when there is no such symbol. ValueError when it is no chart."""
    chart = inner(document(body), "chart")
    meta = inner(next(objects(chart, "result"), {}), "meta")
    if not meta and text(inner(chart, "error"), "code") == "Not Found":
        return None
    price = number(meta.get("regularMarketPrice"))
    if price is None:
        raise ValueError("The chart has no price.")
    return Quote(
        symbol=text(meta, "symbol") or symbol,
        name=text(meta, "longName", "shortName") or symbol,
        price=price,
        source=SOURCE,
        currency=text(meta, "currency"),
        previous_close=_previous_close(meta),
        as_of=moment(meta.get("regularMarketTime")),
        market_state=_market_state(inner(meta, "currentTradingPeriod"), now),
    )


def _previous_close(meta: Object) -> float | None:
    closes = (number(meta.get(name)) for name in ("previousClose", "chartPreviousClose"))
    return next((close for close in closes if close), None)


def _market_state(periods: Object, now: datetime.datetime) -> str:
    """Which of the day's periods `now` is in; unknown unless the regular one is told."""
    bounds = {name: _bounds(inner(periods, name)) for name in ("regular", "pre", "post")}
    if bounds["regular"] is None:
        return "unknown"
    inside = (name for name, span in bounds.items() if span and span[0] <= now < span[1])
    name = next(inside, "closed")
    return "open" if name == "regular" else name


def _bounds(period: Object) -> tuple[datetime.datetime, datetime.datetime] | None:
    start, end = moment(period.get("start")), moment(period.get("end"))
    return (start, end) if start and end and start < end else None
