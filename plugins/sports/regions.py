"""Which teams are local to which region: ISO 3166-2 codes such as "US-CA"."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .records import Game

FILE = Path(__file__).with_name("regions.toml")
REGIONS = tomllib.loads(FILE.read_text("utf-8"))
REGION_OF = {place: region for region, places in REGIONS.items() for place in places}
CANADIAN = frozenset({"AB", "BC", "MB", "NB", "NL", "NS", "ON", "PE", "QC", "SK"})


def regions_of(
    home: Iterable[str], away: Iterable[str], address: Mapping[str, Any]
) -> frozenset[str]:
    """The regions that a game is local to: where its teams are from, and where it is played."""
    places = (REGION_OF.get(name) for name in (*home, *away))
    return frozenset(filter(None, (*places, _state(address))))


def local_first(games: Iterable[Game], region: str | None) -> list[Game]:
    """The games with those of the region's teams first, otherwise in their order."""
    return sorted(games, key=lambda game: (region or "").upper() not in game.regions)


def _state(address: Mapping[str, Any]) -> str | None:
    """The region of an American or Canadian address, whose state is two letters."""
    state = address.get("state")
    if address.get("country", "USA") not in ("USA", "Canada"):
        return None
    if not isinstance(state, str) or len(state) != 2 or not state.isalpha():
        return None
    return f"CA-{state}" if state in CANADIAN else f"US-{state}"
