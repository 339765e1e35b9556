"""Finding a team by what people call it, in English or Chinese."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from .records import Game, Side

FILE = Path(__file__).with_name("nicknames.toml")


def with_team(games: Iterable[Game], league: str, wanted: str) -> list[Game]:
    """The games of the team that people call `wanted`: by whole names, else by a part of a name."""
    known = list(games)
    name = _in_full(league, _plain(wanted))
    return [game for game in known if _is_named(game, name)] or [
        game for game in known if _sounds_like(game, name)
    ]


def _in_full(league: str, name: str) -> str:
    """The team's own name for a nickname; a Chinese one may follow its city (洛杉矶湖人)."""
    teams = NICKNAMES.get(league, {})
    fitting = (each for each in teams if name == each or _ends_in_chinese(name, each))
    return teams.get(max(fitting, key=len, default=""), name)


def _ends_in_chinese(name: str, nickname: str) -> bool:
    return not nickname.isascii() and name.endswith(nickname)


def _is_named(game: Game, name: str) -> bool:
    return any(name in _names(side) for side in (game.home, game.away))


def _sounds_like(game: Game, name: str) -> bool:
    """Part of a name: whole words of one in letters ("York" is no part of "Yorkshire")."""
    names = _names(game.home) + _names(game.away)
    return any(
        f" {name} " in f" {each} " or (not name.isascii() and name in each) for each in names
    )


def _names(side: Side) -> list[str]:
    return [_plain(name) for name in (side.name, side.abbr, *side.aliases)]


def _plain(name: str) -> str:
    """A name as it is compared: no case, accents or punctuation, and no 队 ("team") at the end."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(
        letter if letter.isalnum() else " " for letter in letters if not _is_accent(letter)
    )
    return " ".join(kept.split()).removesuffix("队")


def _is_accent(letter: str) -> bool:
    return unicodedata.combining(letter) != 0


def _by_nickname(teams: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {_plain(name): _plain(team) for team, names in teams.items() for name in names}


TEAMS = tomllib.loads(FILE.read_text("utf-8"))
NICKNAMES = {league: _by_nickname(teams) for league, teams in TEAMS.items()}
