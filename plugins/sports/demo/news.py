"""The demo feed as a provider of news: results of the demo league, moves of the demo market."""

import datetime
from collections.abc import Callable, Iterator

from ..leagues import DEMO, league_named
from ..records import Article, Game, Reading, Side
from . import SOURCE
from .companies import COMPANIES
from .league import games_at
from .market import quote_at
from .play import LENGTH
from .schedule import fixtures

Link = Callable[[str], str]
A_DAY, AN_HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
MARKET_REPORTS = 4


class DemoNews:
    """Fictional news, which always answer. The links make a page's address from an id or symbol."""

    def __init__(self, game_link: Link, quote_link: Link) -> None:
        self._game_link = game_link
        self._quote_link = quote_link

    def articles(self) -> Reading[Article]:
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        found = (*results(now, self._game_link), *market_reports(now, self._quote_link))
        return Reading(found, SOURCE, now)


def results(now: datetime.datetime, link: Link) -> Iterator[Article]:
    """An article for each game that ended in the last 24 hours."""
    for day in (now.date() - A_DAY, now.date()):
        games = games_at(league_named(DEMO), day, now)
        for fixture, game in zip(fixtures(day), games, strict=True):
            ended = fixture.start + datetime.timedelta(seconds=LENGTH)
            if now - A_DAY < ended <= now:
                yield _result(game, ended, link(game.id))


def market_reports(now: datetime.datetime, link: Link) -> Iterator[Article]:
    """An article on the hour, each about the next company."""
    hour = now.replace(minute=0, second=0)
    for moment in (hour - AN_HOUR * back for back in range(MARKET_REPORTS)):
        listed = COMPANIES[int(moment.timestamp() // 3_600) % len(COMPANIES)]
        quote = quote_at(listed, moment)
        yield Article(
            title=f"{quote.name} ({quote.symbol}): {quote.price:.2f} {quote.currency}",
            summary=f"{moment:%H:%M} UTC, demo market. Previous close {quote.previous_close:.2f}.",
            url=link(quote.symbol),
            published=moment,
            source=SOURCE,
        )


def _result(game: Game, ended: datetime.datetime, url: str) -> Article:
    winner, loser = sorted((game.home, game.away), key=_points, reverse=True)
    score = f"{winner.score}–{loser.score}"
    if _is_chinese(winner.name) or _is_chinese(loser.name):
        title = f"{winner.name} {score} 战胜 {loser.name}"
        summary = f"演示联赛，{game.venue}，全场结束。"
    else:
        title = f"{winner.name} beat {loser.name} {score}"
        summary = f"Demo league, final score at {game.venue}."
    return Article(title, summary, url, ended, SOURCE)


def _is_chinese(name: str) -> bool:
    """The names of the demo league are in letters or in Chinese characters (U+4E00 to U+9FFF)."""
    return "\u4e00" <= name[0] <= "\u9fff"


def _points(side: Side) -> int:
    return side.score or 0
