"""Readings made into the answers that `schemas` describes: addresses and local times added."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from .records import Article, Game, Quote, Reading, Record, Side

Answer = dict[str, Any]
Link = Callable[[str], str]


def scores(reading: Reading[Game], time_zone: str | None, link: Link) -> Answer:
    """The answer of `get_scores`; `time_zone` is the user's, if known."""
    games = [
        _game(game, reading, _zone(time_zone) or ZoneInfo(game.zone), link)
        for game in reading.records
    ]
    return {"games": games, **_origin(reading)}


def quotes(reading: Reading[Quote], link: Link) -> Answer:
    """The answer of `get_quotes`."""
    return {"quotes": [_quote(quote, link) for quote in reading.records], **_origin(reading)}


def with_charts(answer: Answer, charted: Collection[str], link: Link) -> Answer:
    """The same quotes, each with the address of its chart where its symbol is among `charted`."""
    told = [
        quote | {"chart_url": link(quote["symbol"]) if quote["symbol"] in charted else None}
        for quote in answer["quotes"]
    ]
    return answer | {"quotes": told}


def news(reading: Reading[Article]) -> Answer:
    """The answer of `get_news`."""
    return {"articles": [asdict(article) for article in reading.records], **_origin(reading)}


def _origin(reading: Reading[Record]) -> Answer:
    as_of = reading.as_of.replace(microsecond=0)
    return {"source": reading.source, "as_of": as_of, "stale": reading.stale}


def _game(game: Game, reading: Reading[Game], zone: ZoneInfo, link: Link) -> Answer:
    return {
        "id": game.id,
        "league": game.league,
        "status": game.status,
        "status_text": game.status_text,
        "start_utc": game.start,
        "start_local": game.start and game.start.astimezone(zone),
        "time_zone": zone.key,
        "home": _side(game.home),
        "away": _side(game.away),
        "period": game.period,
        "clock": game.clock,
        "venue": game.venue,
        "source": reading.source,
        "as_of": reading.as_of.replace(microsecond=0),
        "url": link(game.id),
    }


def _side(side: Side) -> Answer:
    return {"name": side.name, "abbr": side.abbr, "score": side.score}


def _quote(quote: Quote, link: Link) -> Answer:
    return asdict(quote) | _change(quote) | {"url": link(quote.symbol)}


def _change(quote: Quote) -> Answer:
    """The move since the previous close, rounded past any currency's smallest coin."""
    if not quote.previous_close:
        return {"change": None, "change_percent": None}
    change = quote.price - quote.previous_close
    percent = 100 * change / quote.previous_close
    return {"change": round(change, 6), "change_percent": round(percent, 2)}


def _zone(name: str | None) -> ZoneInfo | None:
    """The time zone with this name; None when it has none, for an assistant may send anything."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
