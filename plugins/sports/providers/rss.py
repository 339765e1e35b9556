"""Live news from any feed in RSS 2.0, RSS 1.0 or Atom."""

import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from gateway import Upstream

from ..records import Article, Reading
from .plain_text import plain

FRESH_FOR = 300.0
SUMMARY_LENGTH = 400
DATES = ("pubDate", "published", "updated", "date")


class NewsFeed:
    """Articles of one feed. `address` is the setting with the feed's whole address."""

    def __init__(self, address: Any) -> None:
        self._address = address
        self._upstream = Upstream("The news feed", address, timeout=5.0)

    def articles(self) -> Reading[Article]:
        # A feed's address may end in a slash that matters; the root of an upstream never does.
        path = "/" if self._address.value.endswith("/") else ""
        reply = self._upstream.fetch(path, fresh_for=FRESH_FOR, parse=read_feed, missing=())
        source, articles = reply.value
        return Reading(articles, source, reply.fetched_at, reply.stale)


def read_feed(body: bytes) -> tuple[str, tuple[Article, ...]]:
    """The feed's name and its articles. ValueError when it is no feed."""
    try:
        root = fromstring(body)
    except (ParseError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError("The feed is not well-formed XML.") from error
    if _tag(root) not in ("rss", "RDF", "feed"):
        raise ValueError("The XML is no feed.")
    channel = next((each for each in root if _tag(each) == "channel"), root)
    source = plain(_words(channel, "title")) or "news feed"
    entries = (each for each in root.iter() if _tag(each) in ("item", "entry"))
    titled = (entry for entry in entries if plain(_words(entry, "title")))
    return source, tuple(_article(entry, source) for entry in titled)


def _article(entry: Element, source: str) -> Article:
    return Article(
        title=plain(_words(entry, "title")),
        summary=plain(_words(entry, "description", "summary", "content"), SUMMARY_LENGTH),
        url=_link(entry),
        published=_moment(_words(entry, *DATES)),
        source=source,
    )


def _tag(element: Element) -> str:
    """The name without its namespace; RSS readers have never minded which one it was."""
    return str(element.tag).rpartition("}")[2]


def _words(element: Element, *names: str) -> str:
    """The text of the first child with one of these names that has any; markup inside counts."""
    for name in names:
        for child in element:
            words = "".join(child.itertext()).strip() if _tag(child) == name else ""
            if words:
                return words
    return ""


def _link(entry: Element) -> str | None:
    """The article's address: RSS writes it as text, Atom as `href`. Only web addresses pass."""
    links = [each for each in entry if _tag(each) == "link"]
    links.sort(key=lambda each: each.get("rel", "alternate") != "alternate")
    found = ((each.get("href") or each.text or "").strip() for each in links)
    return next((each for each in found if each.startswith(("https://", "http://"))), None)


def _moment(written: str) -> datetime.datetime | None:
    """A date as RFC 822 (RSS) or RFC 3339 (Atom) writes it, in UTC; None where it is neither."""
    for read in (parsedate_to_datetime, datetime.datetime.fromisoformat):
        try:
            found = read(written)
            return found.replace(tzinfo=found.tzinfo or datetime.UTC).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            continue
    return None
