"""The person's browser in the tour: it keeps cookies, fills in forms and presses buttons."""

import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit


class Page(NamedTuple):
    """What the browser shows, in words without markup, with the hidden fields of its forms."""

    url: str
    text: str
    fields: dict[str, str]


class Browser:
    """One browser, as it is without JavaScript."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def open(self, url: str) -> Page:
        """Open a page."""
        return self._show(urllib.request.Request(url))  # noqa: S310 - of the gateway on this machine

    def press(self, page: Page, **typed: str) -> Page:
        """Send the form of a page, and show the page that it leads to."""
        address = urlsplit(page.url)
        request = urllib.request.Request(  # noqa: S310 - of the gateway on this machine
            f"{address.scheme}://{address.netloc}{address.path}",
            urlencode({**page.fields, **typed}).encode(),
            {"Origin": f"{address.scheme}://{address.netloc}"},
        )
        return self._show(request)

    def _show(self, request: urllib.request.Request) -> Page:
        with self._opener.open(request, timeout=30) as response:
            reader = _Reader()
            reader.feed(response.read().decode())
            return Page(response.url, " ".join(" ".join(reader.words).split()), reader.fields)


class _Reader(HTMLParser):
    """Reads the main part of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fields: dict[str, str] = {}
        self._is_main = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self._is_main = self._is_main or tag == "main"
        if self._is_main and tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"

    def handle_data(self, data: str) -> None:
        if self._is_main:
            self.words.append(data)
