"""Live games from ESPN's scoreboard: unofficial, without a key.

Known ways in which it bites (seen in 2026, in the issues of projects that use it): scores are
strings, and "0" before the start; dates lack seconds; `dates` takes one day only, a range is 400;
without `dates` it jumps to the next season; above 500, `limit` silently cuts the list to 25.
"""

import datetime
from functools import partial
from typing import Any

from gateway import Upstream

from ..leagues import FIRST_DAY, LAST_DAY, League, game_id
from ..records import Game, Reading, Side
from ..regions import regions_of
from .json_values import Object, document, inner, number, objects, text

SOURCE = "espn"
LIMIT = "300"
FRESH_FOR = 15.0

STATUS_BY_NAME = {
    "STATUS_POSTPONED": "postponed",
    "STATUS_CANCELED": "cancelled",
    "STATUS_CANCELLED": "cancelled",
    "STATUS_ABANDONED": "cancelled",
}
STATUS_BY_STATE = {"pre": "scheduled", "in": "in_progress"}


class Espn:
    """Games of real leagues. `address` is the setting with the root of the API."""

    def __init__(self, address: Any) -> None:
        self._upstream = Upstream("ESPN", address, timeout=5.0)

    def games(self, league: League, day: datetime.date) -> Reading[Game]:
        reply = self._upstream.fetch(
            f"/apis/site/v2/sports/{league.path}/scoreboard",
            params={"dates": f"{day:%Y%m%d}", "limit": LIMIT},
            fresh_for=FRESH_FOR,
            parse=partial(read_scoreboard, league, day),
            missing=(),  # a day without games is an empty list, so a 404 is a fault
        )
        return Reading(reply.value or (), SOURCE, reply.fetched_at, reply.stale)


def read_scoreboard(league: League, day: datetime.date, body: bytes) -> tuple[Game, ...]:
    """The games in a scoreboard. ValueError when it is none, or when no event in it can be read."""
    board = document(body)
    events = list(objects(board, "events"))
    games = tuple(filter(None, (_game(league, day, event) for event in events)))
    if not games and board.get("events") != []:
        raise ValueError("The scoreboard lists nothing that is a game between two teams.")
    return games


def _game(league: League, day: datetime.date, event: Object) -> Game | None:
    """The game in an event; None when it has no id or no two sides, like a draft or a gala."""
    match = next(objects(event, "competitions"), {})
    home, away = _competitor(match, "home"), _competitor(match, "away")
    if not (home and away and text(event, "id")):
        return None
    status = inner(match, "status") if inner(match, "status", "type") else inner(event, "status")
    stands = _stands(inner(status, "type"))
    begun = stands in ("in_progress", "final") or _stopped_midway(stands, status)
    return Game(
        id=game_id(league, day, text(event, "id")),
        league=league.name,
        status=stands,
        status_text=_in_words(inner(status, "type"), stands),
        start=_start(event, match),
        home=_side(home, begun),
        away=_side(away, begun),
        zone=league.zone,
        period=(_whole(status.get("period")) or None) if begun else None,
        clock=text(status, "displayClock") if stands == "in_progress" else None,
        venue=text(inner(match, "venue"), "fullName"),
        regions=regions_of(_names(home), _names(away), inner(match, "venue", "address")),
    )


def _competitor(match: Object, where: str) -> Object:
    sides = (each for each in objects(match, "competitors") if each.get("homeAway") == where)
    found = next(sides, {})
    return found if text(inner(found, "team"), "displayName", "name") else {}


def _stands(kind: Object) -> str:
    """The status by its own name, then by the state; `post` is final only when it was completed."""
    state, name = text(kind, "state"), text(kind, "name")
    if name in STATUS_BY_NAME:
        return STATUS_BY_NAME[name]
    if state == "post":
        return "final" if kind.get("completed", True) else "unknown"
    return STATUS_BY_STATE.get(state or "", "unknown")


def _stopped_midway(stands: str, status: Object) -> bool:
    return stands == "unknown" and bool(_whole(status.get("period")))


def _in_words(kind: Object, stands: str) -> str:
    """Before the start the detail is only the date in US Eastern, so the description says more."""
    order = ("shortDetail", "detail", "description")
    if stands not in ("in_progress", "final"):
        order = order[::-1]
    return text(kind, *order) or stands.replace("_", " ").capitalize()


def _start(event: Object, match: Object) -> datetime.datetime | None:
    written = text(event, "date") or text(match, "date")
    try:
        start = datetime.datetime.fromisoformat(written or "")
    except ValueError:
        return None
    if not FIRST_DAY < start.date() < LAST_DAY:
        return None
    return start.replace(tzinfo=start.tzinfo or datetime.UTC).astimezone(datetime.UTC)


def _side(competitor: Object, begun: bool) -> Side:
    team = inner(competitor, "team")
    name = text(team, "displayName", "name") or ""
    return Side(
        name=name,
        abbr=text(team, "abbreviation", "shortDisplayName") or name,
        score=_score(competitor) if begun else None,
        aliases=_names(competitor),
    )


def _names(competitor: Object) -> tuple[str, ...]:
    team = inner(competitor, "team")
    return tuple(
        filter(None, (text(team, key) for key in ("location", "name", "shortDisplayName")))
    )


def _score(competitor: Object) -> int | None:
    """Elsewhere in this API a score is an object with a `value`."""
    return _whole(inner(competitor, "score").get("value", competitor.get("score")))


def _whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
