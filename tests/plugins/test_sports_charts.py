"""A month of prices as a picture: the line is where the prices are, whatever the prices are."""

import base64
import datetime
import json
import struct
import time
import zlib
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import time_machine
from fake_upstream import CHART, Fault
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.sports.chart.canvas import ACCENT, GROUND, TINT
from plugins.sports.chart.layout import WIDTH, Chart, charts, full, short
from plugins.sports.chart.letters import GLYPHS
from plugins.sports.chart.png import png
from plugins.sports.records import Close, History

FINAL = "2026-11-22T23:00:00Z"
MCP = {"MCP-Protocol-Version": "2025-06-18", "Accept": "application/json, text/event-stream"}
SVG = "{http://www.w3.org/2000/svg}"
FIRST_DAY = datetime.date(2026, 10, 24)
LARGEST, LONGEST = 30_000, 0.1  # bytes; seconds on a busy machine: alone it takes 0.006

prices = st.floats(allow_nan=False, allow_infinity=False)
RAMP, FLAT = [float(price) for price in range(100, 131)], [7.0] * 20


def history(closes, symbol="DEMO", currency="USD", name="Demo Holdings"):
    days = (FIRST_DAY + datetime.timedelta(days=number) for number in range(len(closes)))
    return History(symbol, name, currency, tuple(map(Close, days, closes)))


def read(picture):
    """The rows of a PNG as colours; every checksum is checked. Only for the kind that we write."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        content = picture[at + 8 : at + 8 + length]
        checksum = int.from_bytes(picture[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + content) == checksum
        chunks[kind], at = content, at + 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert kind == [8, 3, 0, 0, 0]  # a byte a pixel, by palette, not interlaced
    colours = [tuple(chunks[b"PLTE"][at : at + 3]) for at in range(0, len(chunks[b"PLTE"]), 3)]
    content = zlib.decompress(chunks[b"IDAT"])
    rows = [content[at : at + width + 1] for at in range(0, len(content), width + 1)]
    assert len(rows) == height
    assert {row[0] for row in rows} == {0}  # without filters
    return [[colours[pixel] for pixel in row[1:]] for row in rows]


def heights(rows, left, right):
    """The height of the line in each column: the middle of the pixels that are wholly its own."""
    found = []
    for x in range(left, right):
        covered = [y + 0.5 for y, row in enumerate(rows) if row[x] == ACCENT]
        found.append(sum(covered) / len(covered))
    return found


@pytest.fixture
def client(start, upstream):
    return start(PLUGINS="sports", SPORTS_YAHOO_URL=upstream.url).test_client()


def asked_for(client, symbols, chart="true"):
    return client.get(f"/sports/quotes?symbols={symbols}&chart={chart}").json


def test_the_line_is_where_the_prices_are():
    rows, box = read(png([history(RAMP)])), Chart(history(RAMP), 280).box
    left, right = int(box.left) + 3, int(box.right) - 3
    for number, height in enumerate(heights(rows, left, right)):
        share = (left + number + 0.5 - box.left) / (box.right - box.left)
        assert height == pytest.approx(box.bottom - share * (box.bottom - box.top), abs=1)


def test_a_peak_stands_where_it_was():
    rows = read(png([history([10, 10, 10, 30, 10])]))
    box = Chart(history(FLAT), 280).box
    line = heights(rows, int(box.left) + 3, int(box.right) - 3)
    peak = line.index(min(line)) / len(line)
    assert peak == pytest.approx(0.75, abs=0.01)
    assert line[0] == pytest.approx(box.bottom, abs=1)
    assert line[-1] > line[int(0.9 * len(line))] > min(line)


def test_below_the_line_is_tinted_and_above_is_not():
    rows = read(png([history(FLAT)]))
    box = Chart(history(FLAT), 280).box
    column = [row[int(box.left) + 100] for row in rows]
    line = column.index(ACCENT)
    assert set(column[int(box.top) + 1 : line - 3]) == {GROUND}
    assert set(column[line + 5 : int(box.bottom)]) == {TINT}
    assert box.top < line < box.bottom


def test_the_edge_of_the_line_is_smooth():
    rows = read(png([history(RAMP)]))
    between = {colour for row in rows for colour in row} - {ACCENT, GROUND, TINT}
    assert len(between) > 15


def test_several_are_under_one_another():
    one, two = history(RAMP), history(RAMP[::-1], "DEMOTEA")
    both = read(png([one, two]))
    assert len(both[0]) == WIDTH
    assert len(both) == 2 * charts([one, two])[0].height
    assert both[: len(both) // 2] != both[len(both) // 2 :]


@settings(max_examples=40, deadline=None)
@given(st.lists(prices, min_size=2, max_size=31))
def test_any_prices_can_be_drawn(closes):
    chart = Chart(history(closes), 280)
    box = chart.box
    assert all(box.top <= y <= box.bottom and box.left <= x <= box.right for x, y in chart.points)
    for (_, before), (_, after) in pairwise(sorted(zip(closes, chart.points, strict=True))):
        assert after[1] <= before[1] + 1e-6
    picture = png([chart.history])
    assert len(picture) < LARGEST
    assert len(read(picture)) == 280


@given(prices)
def test_a_price_at_the_line_fits_its_gutter(price):
    assert len(short(price)) <= 10
    assert len(full(price)) <= 19
    assert set(short(price) + full(price)) <= set(GLYPHS)


@pytest.mark.parametrize(
    ("price", "at_the_line", "in_full"),
    [
        (151.166, "151.17", "151.17"),
        (68412.347, "68,412", "68,412.35"),
        (0.0000085, "8.5e-06", "8.5e-06"),
        (-37.63, "-37.63", "-37.63"),
        (1e12, "1e+12", "1e+12"),
        (0.0, "0", "0"),
    ],
)
def test_prices_read_well(price, at_the_line, in_full):
    assert (short(price), full(price)) == (at_the_line, in_full)


@pytest.mark.parametrize("words", ["", "ZAc", "GBp", "€", "人民币", "A" * 300])
def test_any_words_can_be_written(words):
    assert read(png([history(RAMP, symbol=words, currency=words or None)]))


def test_a_picture_is_small_and_quick():
    zigzag = history([float(number % 2) for number in range(31)])
    began = time.perf_counter()
    picture = png([zigzag])
    assert time.perf_counter() - began < LONGEST
    assert len(picture) < LARGEST


def test_a_chart_is_beside_its_quote_when_asked_for(client, upstream):
    with time_machine.travel(FINAL, tick=False):
        told = asked_for(client, "DEMO,DEMOTEA")["quotes"]
        plain = client.get("/sports/quotes?symbols=DEMO,DEMOTEA").json["quotes"]
        picture = client.get(told[1]["chart_url"])
    assert told[1]["chart_url"] == "http://localhost/sports/pages/quotes/DEMOTEA/chart.png"
    assert [quote | {"chart_url": ...} for quote in plain] == [
        quote | {"chart_url": ...} for quote in told
    ]
    assert all("chart_url" not in quote for quote in plain)
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert picture.cache_control.max_age <= 60
    assert len(read(picture.data)[0]) == WIDTH
    assert upstream.requests == []


def test_the_address_of_a_chart_has_the_form_of_the_call(client):
    answer = client.get("/quotes?symbols=DEMO&chart=true", base_url="http://sports.localhost")
    address = answer.json["quotes"][0]["chart_url"]
    assert address == "http://sports.localhost/pages/quotes/DEMO/chart.png"
    assert client.get(address).mimetype == "image/png"


def test_a_live_chart_is_of_a_month(client, upstream):
    told = asked_for(client, "AAPL,^GSPC")["quotes"]
    assert [quote["chart_url"] for quote in told] == [
        "http://localhost/sports/pages/quotes/AAPL/chart.png",
        "http://localhost/sports/pages/quotes/%5EGSPC/chart.png",
    ]
    asked = [request.parameters for request in upstream.asked(CHART)]
    assert asked.count({"range": "1mo", "interval": "1d"}) == 2
    assert client.get(told[1]["chart_url"]).status_code == 200
    assert len(upstream.asked(CHART)) == len(asked) == 4


def test_without_a_chart_nobody_asks_for_a_month(client, upstream):
    assert asked_for(client, "AAPL", chart="false")["quotes"][0]["symbol"] == "AAPL"
    assert len(upstream.asked(CHART)) == 1


def test_only_the_first_four_are_drawn(client):
    told = asked_for(client, ",".join(f"DEMO{number}" for number in range(6)))["quotes"]
    assert [bool(quote["chart_url"]) for quote in told] == [True] * 4 + [False] * 2


def test_a_symbol_without_a_month_has_no_chart(client):
    told = asked_for(client, "0700.HK,AAPL")["quotes"]
    assert told[0]["chart_url"] is None
    assert told[1]["chart_url"]
    assert client.get("/sports/pages/quotes/0700.HK").status_code == 200
    assert "<figure>" not in client.get("/sports/pages/quotes/0700.HK").text
    assert client.get("/sports/pages/quotes/0700.HK/chart.png").status_code == 404


def test_a_chart_that_fails_loses_no_quote(client, upstream):
    assert client.get("/sports/quotes?symbols=AAPL").status_code == 200  # and is kept
    upstream.fail_always(Fault.ERROR)
    told = asked_for(client, "AAPL,DEMO")["quotes"]
    assert [quote["symbol"] for quote in told] == ["AAPL", "DEMO"]
    assert told[0]["chart_url"] is None
    assert told[1]["chart_url"]
    assert client.get("/sports/pages/quotes/AAPL").status_code == 200
    picture = client.get("/sports/pages/quotes/AAPL/chart.png")
    assert (picture.status_code, picture.mimetype) == (503, "text/html")


def test_a_quote_that_fails_is_503_with_a_chart_too(client, upstream):
    upstream.fail_always(Fault.GARBAGE)
    answer = client.get("/sports/quotes?symbols=AAPL&chart=true")
    assert (answer.status_code, answer.json["code"]) == (503, "upstream_unavailable")


@pytest.mark.parametrize("picture", ["chart.png", "chart.svg"])
@pytest.mark.parametrize(
    "symbol", ["DEMO", "demo", "DEMO^X", "DEMO=X", "DEMO-B", "DEMO.HK", "DEMO&M", "^GSPC"]
)
def test_a_symbol_may_have_signs_in_it(client, symbol, picture):
    answer = client.get(f"/sports/pages/quotes/{symbol}/{picture}")
    assert (answer.status_code, answer.mimetype.partition("/")[0]) == (200, "image")


@pytest.mark.parametrize("picture", ["chart.png", "chart.svg", "chart.gif"])
@pytest.mark.parametrize("symbol", ["NOPE", "<script>", "a b", "..%2f..", "D" * 25, "%00"])
def test_no_chart_of_what_does_not_exist(client, symbol, picture):
    answer = client.get(f"/sports/pages/quotes/{symbol}/{picture}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_the_drawing_says_what_it_shows(client):
    with time_machine.travel(FINAL, tick=False):
        quote = client.get("/sports/quotes?symbols=DEMOTEA").json["quotes"][0]
        drawing = client.get("/sports/pages/quotes/DEMOTEA/chart.svg").text
    root = ElementTree.fromstring(drawing)
    title, texts = root.find(f"{SVG}title").text, [each.text for each in root.iter(f"{SVG}text")]
    last = f"{quote['price']:.2f} CNY"
    assert title.startswith("东篱茶业 (DEMOTEA), 2026-10-24 – 2026-11-22: lowest ")
    assert title.endswith(f"last {last}")
    lowest, highest = (
        title.partition(f"{word} ")[2].split(",")[0] for word in ("lowest", "highest")
    )
    assert texts == ["DEMOTEA", last, highest, lowest, "2026-10-24", "2026-11-22"]
    assert len(root.find(f"{SVG}polyline").get("points").split()) == 30


def test_a_drawing_is_safe_whatever_the_name(client, start):
    app = start(PLUGINS="sports")
    named = history(RAMP, symbol="<b>", name="A&B <script>alert(1)</script>\"'", currency="<i>")
    with app.test_request_context("/sports/"):
        plugin = app.extensions["gateway"].plugins["sports"]
        (chart,) = charts([named])
        drawing = plugin.render("chart.svg", chart=chart, width=WIDTH, full=full)
    assert named.name in ElementTree.fromstring(drawing).find(f"{SVG}title").text
    assert "<script" not in drawing


def test_the_page_shows_the_drawing(client):
    with time_machine.travel(FINAL, tick=False):
        english = client.get("/sports/pages/quotes/DEMOTEA").text
        chinese = client.get("/sports/pages/quotes/DEMOTEA", headers={"Accept-Language": "zh"}).text
    assert 'src="http://localhost/sports/pages/quotes/DEMOTEA/chart.svg"' in english
    assert 'alt="Line of the daily closes"' in english
    assert "Daily closes (CNY), 2026-10-24 to 2026-11-22: lowest" in english
    assert 'alt="每日收盘价走势图"' in chinese
    assert "每日收盘价 (CNY)，2026-10-24 至 2026-11-22：最低" in chinese


def test_over_mcp_the_picture_is_beside_the_answer(client):
    arguments = {"symbols": ["DEMO", "DEMOTEA"], "chart": True}
    told = over_mcp(client, arguments)
    text, picture = told["content"]
    assert json.loads(text["text"]) == told["structuredContent"]
    assert told["structuredContent"]["quotes"][0]["chart_url"]
    assert (picture["type"], picture["mimeType"]) == ("image", "image/png")
    assert len(read(base64.b64decode(picture["data"]))[0]) == WIDTH


def test_over_mcp_there_is_no_picture_where_none_was_asked_for_or_is(client):
    assert len(over_mcp(client, {"symbols": ["DEMO"]})["content"]) == 1
    assert len(over_mcp(client, {"symbols": ["0700.HK"], "chart": True})["content"]) == 1


def over_mcp(client, arguments):
    call = {"name": "get_quotes", "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    return client.post("/sports/mcp", json=message, headers=MCP).json["result"]
