"""The QR code on a page is the code of the address beside it, and a camera can read it."""

import re

import pytest
import segno

from gateway.console.qr_code import QUIET_ZONE, qr_code

RECTANGLE = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")
DRAWN = re.compile(r'<svg role="img" [^>]*viewBox="0 0 (\d+) \1".*?</svg>', re.DOTALL)


def matrix_of(path, size):
    """The modules that a path draws on a square, the quiet zone taken off."""
    assert RECTANGLE.sub("", path) == ""
    modules = [[0] * size for _ in range(size)]
    for x, y, width, back in (map(int, found) for found in RECTANGLE.findall(path)):
        assert width == back
        modules[y][x : x + width] = [1] * width
    inside = slice(QUIET_ZONE, size - QUIET_ZONE)
    kept = [bytearray(row[inside]) for row in modules[inside]]
    assert sum(map(sum, kept)) == sum(map(sum, modules))
    return tuple(kept)


def drawn(page):
    """The matrix of each QR code on a page, in order."""
    codes = [(found.group(), int(found[1])) for found in DRAWN.finditer(page)]
    return [matrix_of(re.search(r' d="([^"]+)"', svg)[1], size) for svg, size in codes]


def code_of(text):
    return segno.make(text, error="m", micro=False).matrix


@pytest.mark.parametrize("text", ["http://localhost/a/mcp", "https://a.example.com/" + "b" * 400])
def test_the_outline_is_the_code(text):
    code = qr_code(text)
    assert matrix_of(code.path, code.size) == code_of(text)


@pytest.mark.parametrize("base", ["http://localhost:8000/diary", "http://diary.localhost:8000"])
def test_the_page_of_a_plugin_shows_the_code_of_its_address(client, base):
    page = client.get(f"{base}/").text
    assert drawn(page) == [code_of(f"{base}/mcp")]
    assert f'<figcaption class="soft">{base}<wbr>/mcp</figcaption>' in page


def test_the_catalogue_shows_one_for_each_plugin(start):
    page = start(PLUGINS="counter,keyed").test_client().get("/", base_url="http://localhost").text
    expected = [code_of(f"http://localhost/{name}/mcp") for name in ("counter", "keyed")]
    assert sorted(drawn(page)) == sorted(expected)


def test_it_is_dark_on_white_in_every_theme_and_has_a_name(client):
    for language, name in (("en", "QR code"), ("zh", "二维码")):
        page = client.get("/diary/", headers={"Accept-Language": language}).text
        [svg] = [found.group() for found in DRAWN.finditer(page)]
        assert f'aria-label="{name}"' in svg
        assert re.findall(r'fill="([^"]+)"', svg) == ["#fff", "#000"]
        assert "style" not in svg
