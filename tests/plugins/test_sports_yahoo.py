"""What Yahoo's chart says, and what is made of it."""

import datetime
import json
from pathlib import Path

import pytest

from plugins.sports.answers import quotes
from plugins.sports.providers.yahoo import read_chart
from plugins.sports.records import Reading

DATA = Path(__file__).parent / "data" / "yahoo"
TRADING = datetime.datetime(2024, 11, 22, 18, 26, 40, tzinfo=datetime.UTC)


def body(symbol):
    return (DATA / f"{symbol}.json").read_bytes()


def quote(symbol="AAPL", now=TRADING, **meta):
    """The recorded quote, after `meta` was changed; a value of ... leaves the field out."""
    chart = json.loads(body(symbol))
    merged = chart["chart"]["result"][0]["meta"] | meta
    chart["chart"]["result"][0]["meta"] = {k: v for k, v in merged.items() if v is not ...}
    return read_chart(symbol, now, json.dumps(chart).encode())


def answered(found):
    return quotes(Reading((found,), "yahoo", TRADING), str)["quotes"][0]


def test_a_stock():
    apple = quote()
    assert (apple.symbol, apple.name, apple.currency) == ("AAPL", "Apple Inc.", "USD")
    assert (apple.price, apple.previous_close) == (230.49, 229.31)
    assert apple.as_of == TRADING
    assert (apple.source, apple.delay) == ("yahoo", "unknown")


def test_the_change_is_worked_out_without_binary_dust():
    apple = answered(quote())
    assert (apple["change"], apple["change_percent"]) == (1.18, 0.51)


def test_without_a_previous_close_there_is_no_change():
    orphan = answered(quote(previousClose=..., chartPreviousClose=None))
    assert orphan["previous_close"] is orphan["change"] is orphan["change_percent"] is None


def test_the_close_before_a_range_of_one_day_is_the_previous_close():
    tencent = quote("0700.HK")
    assert (tencent.name, tencent.currency, tencent.previous_close) == ("TENCENT", "HKD", 407.4)


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        ("03:59", "closed"),
        ("04:00", "pre"),
        ("09:30", "open"),
        ("15:59", "open"),
        ("16:00", "post"),
        ("20:00", "closed"),
    ],
)
def test_the_market_state_follows_the_clock(clock, state):
    now = datetime.datetime.fromisoformat(f"2024-11-22T{clock}:00-05:00")
    assert quote(now=now).market_state == state


def test_without_trading_hours_the_market_state_is_unknown():
    assert quote("0700.HK").market_state == "unknown"
    assert quote("^GSPC").market_state == "unknown"


@pytest.mark.parametrize("seconds", [None, "soon", 0, 1e30, -1e30, True])
def test_a_time_that_is_none_is_left_open(seconds):
    assert quote(regularMarketTime=seconds).as_of is None


def test_a_symbol_without_a_name_is_its_own_name():
    assert quote(longName=..., shortName="  ").name == "AAPL"


def test_an_unknown_symbol_is_none():
    assert read_chart("NOPE", TRADING, body("not-found")) is None


@pytest.mark.parametrize(
    "junk",
    [
        b"<!doctype html>",
        b"{}",
        b'{"chart": null}',
        b'{"chart": {"result": null, "error": null}}',
        b'{"chart": {"result": [], "error": {"code": "Unauthorized"}}}',
        b'{"chart": {"result": [{"meta": {"symbol": "AAPL"}}], "error": null}}',
        b'{"chart": {"result": [{"meta": {"regularMarketPrice": 1e999}}]}}',
        b'{"chart": {"result": [{"meta": {"regularMarketPrice": NaN}}]}}',
    ],
)
def test_what_is_no_chart_is_refused(junk):
    with pytest.raises((ValueError, TypeError)):
        read_chart("AAPL", TRADING, junk)
