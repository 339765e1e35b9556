"""Live prices from Yahoo's chart API (v8): unofficial, without a key.

A quote has `range=1d` because `chartPreviousClose` is the close before the range: only so is it
yesterday's. Unknown symbols are 404, or 200 with an error inside. The reply does not say how late a
price is. In longer ranges closes may be null, and the last day may be there twice.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote as quoted

from gateway import Upstream

from ..records import Close, History, Quote, Reading
from .json_values import Object, array, document, inner, moment, number, objects, text

SOURCE = "yahoo"
FRESH_FOR = 30.0
MOST_CLOSES = 31  # of a month

Made = TypeVar("Made")


class Yahoo:
    """Prices of real symbols. `address` is the setting with the root of the API."""

    def __init__(self, address: Any) -> None:
        self._upstream = Upstream("Yahoo Finance", address, timeout=5.0)

    def quote(self, symbol: str) -> Reading[Quote]:
        read = partial(read_chart, symbol, datetime.datetime.now(datetime.UTC))
        reading = self._chart(symbol, "1d", read)
        return reading.with_records(
            replace(quote, stale=reading.stale) for quote in reading.records
        )

    def history(self, symbol: str) -> Reading[History]:
        return self._chart(symbol, "1mo", partial(read_history, symbol))

    def _chart(
        self, symbol: str, time_range: str, parse: Callable[[bytes], Made | None]
    ) -> Reading[Made]:
        reply = self._upstream.fetch(
            f"/v8/finance/chart/{quoted(symbol, safe='')}",
            params={"range": time_range, "interval": "1d"},
            fresh_for=FRESH_FOR,
            parse=parse,
            missing=(404,),
        )
        records = (reply.value,) if reply.value else ()
        return Reading(records, SOURCE, reply.fetched_at, reply.stale)


def read_chart(symbol: str, now: datetime.datetime, body: bytes) -> Quote | None:
    """The quote in a chart; None when there is no such symbol. ValueError when it is no chart."""
    result = _result(body)
    if result is None:
        return None
    meta = inner(result, "meta")
    price = _price(meta)
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


def read_history(symbol: str, body: bytes) -> History | None:
    """The month in a chart; None when there is no such symbol. ValueError when it is no chart."""
    result = _result(body)
    if result is None:
        return None
    meta = inner(result, "meta")
    latest = (meta.get("regularMarketTime"), _price(meta))
    by_day = dict(_closes_by_day([*_bars(result), latest], number(meta.get("gmtoffset")) or 0))
    return History(
        symbol=text(meta, "symbol") or symbol,
        name=text(meta, "longName", "shortName") or symbol,
        currency=text(meta, "currency"),
        closes=tuple(Close(day, by_day[day]) for day in sorted(by_day)[-MOST_CLOSES:]),
    )


def _result(body: bytes) -> Object | None:
    """What a chart tells of its symbol; None when there is no such symbol."""
    chart = inner(document(body), "chart")
    result = next(objects(chart, "result"), {})
    is_unknown = text(inner(chart, "error"), "code") == "Not Found"
    return None if is_unknown and not inner(result, "meta") else result


def _price(meta: Object) -> float:
    price = number(meta.get("regularMarketPrice"))
    if price is None:
        raise ValueError("The chart has no price.")
    return price


def _bars(result: Object) -> Iterator[tuple[Any, Any]]:
    """Each day of a chart: when it began, and its close."""
    traded = next(objects(inner(result, "indicators"), "quote"), {})
    return zip(array(result, "timestamp"), array(traded, "close"), strict=False)


def _closes_by_day(
    bars: list[tuple[Any, Any]], offset: float
) -> Iterator[tuple[datetime.date, float]]:
    """The day of each bar where it is traded, `offset` seconds east of UTC, and its close.

    A day without a close had no trade; of a day that comes twice the later is true.
    """
    for begun, closed in bars:
        seconds, price = number(begun), number(closed)
        day = moment(None if seconds is None else seconds + offset)
        if day and price is not None:
            yield day.date(), price


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
