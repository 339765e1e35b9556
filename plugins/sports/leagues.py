"""The leagues this plugin knows, by the names that people use for them."""

import datetime
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import abort

FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)
GAME_ID = re.compile(r"([a-z0-9]+)-([0-9]{4})([0-9]{2})([0-9]{2})-[A-Za-z0-9]+")
US_EASTERN = "America/New_York"
DEMO = "demo"


@dataclass(frozen=True)
class League:
    """A league, whose days begin at midnight in `zone`; `path` is its sport and name at ESPN."""

    name: str
    path: str
    zone: str
    aliases: tuple[str, ...] = ()

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.path.rpartition("/")[2], *self.aliases)


LEAGUES = (
    League(DEMO, "", "UTC", ("演示",)),
    League("nfl", "football/nfl", US_EASTERN, ("National Football League", "美式足球")),
    League("nba", "basketball/nba", US_EASTERN, ("National Basketball Association", "美职篮")),
    League("wnba", "basketball/wnba", US_EASTERN),
    League("mlb", "baseball/mlb", US_EASTERN, ("Major League Baseball", "美职棒")),
    League("nhl", "hockey/nhl", US_EASTERN, ("National Hockey League", "冰球联盟")),
    League("mls", "soccer/usa.1", US_EASTERN, ("Major League Soccer", "美职联")),
    League(
        "epl", "soccer/eng.1", "Europe/London", ("Premier League", "English Premier League", "英超")
    ),
    League("laliga", "soccer/esp.1", "Europe/Madrid", ("La Liga", "西甲")),
    League("bundesliga", "soccer/ger.1", "Europe/Berlin", ("德甲",)),
    League("seriea", "soccer/ita.1", "Europe/Rome", ("Serie A", "意甲")),
    League("ligue1", "soccer/fra.1", "Europe/Paris", ("Ligue 1", "法甲")),
    League("ucl", "soccer/uefa.champions", "Europe/Zurich", ("Champions League", "欧冠")),
)
KNOWN = ", ".join(league.name for league in LEAGUES)


def _folded(name: str) -> str:
    """A name as it is compared: no case, no spaces or punctuation."""
    return "".join(filter(str.isalnum, name.casefold()))


BY_NAME = {_folded(name): league for league in LEAGUES for name in league.names if name}


def league_named(name: str) -> League:
    """The league that people call `name`; 404 naming the known ones."""
    league = BY_NAME.get(_folded(name))
    return league or abort(404, f'No league is called "{name}" here. Known leagues: {KNOWN}.')


def game_id(league: League, day: datetime.date, number: object) -> str:
    """The id of a game. It says where to look the game up, so that its page needs no memory."""
    return f"{league.name}-{day:%Y%m%d}-{number}"


def listed_under(game: str) -> tuple[League, datetime.date] | None:
    """The league and the day in a game's id; None when it is no such id."""
    parts = GAME_ID.fullmatch(game)
    if parts is None or parts[1] not in BY_NAME:
        return None
    try:
        day = datetime.date(int(parts[2]), int(parts[3]), int(parts[4]))
    except ValueError:
        return None
    return (BY_NAME[parts[1]], day) if FIRST_DAY <= day <= LAST_DAY else None
