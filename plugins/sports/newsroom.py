"""News: live ones about a topic, or those of the demo feed."""

import datetime
import re
from collections.abc import Callable

from .leagues import DEMO
from .providers import NewsProvider
from .records import Article, Reading

ARTICLES_AT_ONCE = 25
LONG_AGO = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)  # for those that do not say


class Newsroom:
    """The news of the demo feed and the live ones."""

    def __init__(self, demo: NewsProvider, live: NewsProvider) -> None:
        self._demo = demo
        self._live = live

    def articles(self, topic: str | None = None) -> Reading[Article]:
        """The articles that contain every word of the topic, newest first; "demo" is the demo feed.

        503 when the live feed cannot be read.
        """
        words = (topic or "").casefold().split()
        found = self._demo.articles() if words == [DEMO] else self._live.articles()
        if words and words != [DEMO]:
            found = found.only(_about(words))
        newest_first = sorted(found.records, key=_published, reverse=True)
        return found.with_records(newest_first[:ARTICLES_AT_ONCE])


def _published(article: Article) -> datetime.datetime:
    return article.published or LONG_AGO


def _about(words: list[str]) -> Callable[[Article], bool]:
    """True for an article with all the words: "Laker" is in "Lakers", "NFL" not in "inflation"."""
    patterns = [re.compile(_beginning(word)) for word in words]
    return lambda article: all(pattern.search(_text(article)) for pattern in patterns)


def _beginning(word: str) -> str:
    """Letters must begin a word; Chinese has no spaces to begin one after."""
    return f"(?<![a-z0-9]){re.escape(word)}" if word.isascii() else re.escape(word)


def _text(article: Article) -> str:
    return f"{article.title}\n{article.summary}".casefold()
