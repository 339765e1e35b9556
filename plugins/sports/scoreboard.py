"""Games of any league: which provider knows them, on which day, of which team, whose first."""

import datetime

from .leagues import DEMO, League, league_named, listed_under
from .providers import GamesProvider
from .records import Game, Reading, together
from .regions import local_first
from .team_names import with_team

# Until then the late games of the day before may still be going on (US West Coast, extra innings).
NIGHT_ENDS = 4
ONE_DAY = datetime.timedelta(days=1)


class Scoreboard:
    """The games of the demo league and of the live ones."""

    def __init__(self, demo: GamesProvider, live: GamesProvider) -> None:
        self._demo = demo
        self._live = live

    def games(
        self,
        league: str,
        day: datetime.date | None = None,
        team: str | None = None,
        region: str | None = None,
    ) -> Reading[Game]:
        """The games of a league on a day, local teams first. Without a day: today, in its zone.

        404 for an unknown league, 503 when its provider cannot be read.
        """
        wanted = league_named(league)
        found = self._on(wanted, day) if day else self._now(wanted)
        games = with_team(found.records, wanted.name, team) if team else found.records
        return found.with_records(local_first(games, region))

    def game(self, identity: str) -> Reading[Game] | None:
        """The one game with this id, or None."""
        where = listed_under(identity)
        found = self._on(*where).only(lambda game: game.id == identity) if where else None
        return found if found and found.records else None

    def _now(self, league: League) -> Reading[Game]:
        """Today's games and, at night, those of yesterday that still go on."""
        now = datetime.datetime.now(league.time_zone)
        today = self._on(league, now.date())
        if now.hour >= NIGHT_ENDS:
            return today
        yesterday = self._on(league, now.date() - ONE_DAY)
        return together([yesterday.only(lambda game: game.status == "in_progress"), today])

    def _on(self, league: League, day: datetime.date) -> Reading[Game]:
        return (self._demo if league.name == DEMO else self._live).games(league, day)
