"""What Yahoo's chart says, and what is made of it."""

import datetime
import json
from pathlib import Path

import pytest

from plugins.sports.answers import quotes
from plugins.sports.providers.yahoo import read_chart, read_history
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


def month(timestamps=None, closes=None, **meta):
    """The recorded month, after its bars or `meta` were changed."""
    chart = json.loads((DATA / "1mo" / "AAPL.json").read_bytes())
    result = chart["chart"]["result"][0]
    if timestamps is not None:
        result["timestamp"] = timestamps
    if closes is not None:
        result["indicators"]["quote"][0]["close"] = closes
    result["meta"] |= meta
    return read_history("AAPL", json.dumps(chart).encode()).closes


def days(closes):
    return [f"{close.day:%m-%d}" for close in closes]


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


def test_a_month_has_one_close_for_each_day_with_trade():
    closes = month()
    assert len(closes) == 23
    assert days(closes)[:2] == ["10-22", "10-23"]
    assert "11-05" not in days(closes)  # null
    assert days(closes)[-2:] == ["11-21", "11-22"]


def test_a_month_ends_at_the_price():
    assert [close.price for close in month()[-2:]] == [pytest.approx(229.31), 230.49]


def test_the_price_makes_a_day_of_its_own_where_no_bar_has():
    assert days(month([1732199400], [229.31])) == ["11-21", "11-22"]


def test_days_are_those_of_the_exchange():
    assert days(month([], [], regularMarketTime=1732320000)) == ["11-22"]  # 19:00 in New York
    assert days(month([], [], regularMarketTime=1732320000, gmtoffset=28_800)) == ["11-23"]
    assert days(month([], [], regularMarketTime=1732320000, gmtoffset=None)) == ["11-23"]


def test_bars_may_come_in_any_order():
    assert days(month([1732199400, 1732113000], [1, 2])) == ["11-20", "11-21", "11-22"]


@pytest.mark.parametrize(
    ("timestamps", "closes"),
    [
        ([], []),
        ({}, None),
        ("1732199400", "1"),
        ([None, "soon", True, [], 1e30, -1e30], [1.0] * 6),
        ([1732199400], []),
        ([1732199400], [None]),
        ([1732199400], ["much"]),
        ([1732199400], [True]),
    ],
)
def test_what_is_no_bar_is_left_out(timestamps, closes):
    assert days(month(timestamps, closes)) == ["11-22"]


@pytest.mark.parametrize("place", ["timestamp", "indicators"])
def test_a_month_without_bars_has_only_the_price(place):
    chart = json.loads((DATA / "1mo" / "AAPL.json").read_bytes())
    del chart["chart"]["result"][0][place]
    assert days(read_history("AAPL", json.dumps(chart).encode()).closes) == ["11-22"]


def test_a_price_without_a_time_is_no_close():
    assert month([], [], regularMarketTime=None) == ()


def test_huge_and_negative_closes_are_kept():
    assert [close.price for close in month([1732113000, 1732199400], [-37.63, 1e300])][:2] == [
        -37.63,
        1e300,
    ]


def test_a_month_is_no_longer_than_a_month():
    years = [1732199400 - 86_400 * back for back in range(2_000)]
    closes = month(years, [1.0] * len(years))
    assert (len(closes), days(closes)[-1]) == (31, "11-22")


def test_an_unknown_symbol_has_no_month():
    assert read_history("NOPE", body("not-found")) is None


def test_a_month_without_a_price_is_refused():
    with pytest.raises(ValueError, match="no price"):
        month(regularMarketPrice=None)


def test_a_name_has_no_characters_that_a_picture_cannot_carry():
    assert quote(longName="A\x00p\x1bple\ud83d \ufffe").name == "Apple"
