"""The demo league as a provider of games."""

import datetime

from ..leagues import League, game_id
from ..records import Game, Reading, Side
from . import SOURCE
from .play import standing
from .schedule import Fixture, fixtures
from .teams import Team


class DemoLeague:
    """Games of fictional teams, which always answer."""

    def games(self, league: League, day: datetime.date) -> Reading[Game]:
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        return Reading(tuple(games_at(league, day, now)), SOURCE, now)


def games_at(league: League, day: datetime.date, now: datetime.datetime) -> list[Game]:
    """The games of a day (UTC) as they stand at `now`."""
    return [_game(game_id(league, day, each.number), league, each, now) for each in fixtures(day)]


def _game(identity: str, league: League, fixture: Fixture, now: datetime.datetime) -> Game:
    at = standing(identity, int((now - fixture.start).total_seconds()))
    return Game(
        id=identity,
        league=league.name,
        status=at.status,
        status_text=at.status_text,
        start=fixture.start,
        home=_side(fixture.home, at.home),
        away=_side(fixture.away, at.away),
        zone=fixture.home.zone,
        period=at.period,
        clock=at.clock,
        venue=fixture.home.venue,
        regions=frozenset((fixture.home.region, fixture.away.region)),
    )


def _side(team: Team, score: int | None) -> Side:
    return Side(team.name, team.abbr, score, team.aliases)
