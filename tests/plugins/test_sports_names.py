"""Leagues, teams and regions by what people call them."""

import datetime

import pytest
from werkzeug.exceptions import NotFound

from plugins.sports.answers import scores
from plugins.sports.leagues import LEAGUES, game_id, league_named, listed_under
from plugins.sports.records import Game, Reading, Side
from plugins.sports.regions import local_first, regions_of
from plugins.sports.team_names import with_team

START = datetime.datetime(2026, 11, 22, 18, tzinfo=datetime.UTC)


def game(home, away, **more):
    sides = [Side(" ".join(name), name[-1][:3].upper(), None, tuple(name)) for name in (home, away)]
    values = {"status": "scheduled", "status_text": "Scheduled", "zone": "America/New_York"}
    return Game(id=home[-1], league="x", start=START, home=sides[0], away=sides[1], **values | more)


NBA = [
    game(("Los Angeles", "Lakers"), ("San Antonio", "Spurs")),
    game(("LA", "Clippers"), ("New York", "Knicks")),
    game(("Portland", "Trail Blazers"), ("Brooklyn", "Nets")),
]


@pytest.mark.parametrize(
    ("name", "league"),
    [
        ("NFL", "nfl"),
        ("Premier League", "epl"),
        ("eng.1", "epl"),
        ("英超", "epl"),
        ("la-liga", "laliga"),
        ("Serie A", "seriea"),
        (" MLS ", "mls"),
        ("Demo", "demo"),
    ],
)
def test_leagues_have_many_names(name, league):
    assert league_named(name).name == league


@pytest.mark.parametrize("name", ["", "quidditch", "..", "。"])
def test_an_unknown_league_is_told_the_known_ones(name):
    with pytest.raises(NotFound, match=r"Known leagues: demo, nfl, nba") as refused:
        league_named(name)
    assert all(league.name in refused.value.description for league in LEAGUES)


def test_every_league_has_a_time_zone():
    assert all(league.time_zone for league in LEAGUES)


def test_a_game_id_says_where_to_look():
    league, day = league_named("epl"), datetime.date(2026, 11, 22)
    assert listed_under(game_id(league, day, 704375)) == (league, day)


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "demo",
        "demo-20261322-1",
        "none-20261122-1",
        "demo-00010101-1",
        "demo-20261122-",
        "demo-２0261122-1",
    ],
)
def test_what_is_no_game_id_leads_nowhere(identity):
    assert listed_under(identity) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Lakers", ["Lakers"]),
        ("los angeles lakers", ["Lakers"]),
        ("LAK", ["Lakers"]),
        ("湖人", ["Lakers"]),
        ("湖人队", ["Lakers"]),
        ("洛杉矶湖人", ["Lakers"]),
        ("spurs", ["Lakers"]),
        ("blazers", ["Trail Blazers"]),
        ("angeles", ["Lakers"]),
        ("new york", ["Clippers"]),
        ("york", ["Clippers"]),
        ("ork", []),
        ("quidditch", []),
        ("!", []),
    ],
)
def test_teams_are_found_by_what_people_call_them(wanted, found):
    assert [each.id for each in with_team(NBA, "nba", wanted)] == found


def test_the_same_nickname_is_two_clubs_in_two_leagues():
    tottenham = [game(("Tottenham", "Tottenham Hotspur"), ("Arsenal", "Arsenal"))]
    assert with_team(tottenham, "epl", "Spurs") == tottenham
    assert with_team(tottenham, "nba", "Spurs") == []


def test_the_longest_nickname_wins():
    milan = game(("Milan", "AC Milan"), ("Rome", "Roma"))
    inter = game(("Inter", "Internazionale"), ("Turin", "Torino"))
    assert with_team([milan, inter], "seriea", "国际米兰") == [inter]
    assert with_team([milan, inter], "seriea", "米兰") == [milan]


def test_accents_do_not_matter():
    madrid = [game(("Madrid", "Atlético Madrid"), ("Seville", "Sevilla"))]
    assert with_team(madrid, "laliga", "atletico madrid") == madrid
    assert with_team(madrid, "laliga", "马竞") == madrid


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ({"state": "MD"}, {"US-MD"}),
        ({"state": "ON", "country": "Canada"}, {"CA-ON"}),
        ({"state": "SP", "country": "Brazil"}, set()),
        ({"state": "Bavaria"}, set()),
        ({"state": None}, set()),
        ({}, set()),
    ],
)
def test_an_address_has_a_region_where_its_state_is_known(address, region):
    assert regions_of((), (), address) == region


def test_local_teams_come_first_and_the_rest_keep_their_order():
    games = [
        game(("a", "A"), ("b", "B")),
        game(("c", "C"), ("d", "D")),
        game(("e", "E"), ("f", "F")),
    ]
    local = game(("g", "G"), ("h", "H"), regions=frozenset({"US-CA"}))
    ordered = local_first([*games, local], "us-ca")
    assert [each.id for each in ordered] == ["G", "A", "C", "E"]
    assert local_first([*games, local], None) == [*games, local]


@pytest.mark.parametrize(
    ("wanted", "zone", "clock"),
    [
        ("Asia/Shanghai", "Asia/Shanghai", "2026-11-23T02:00:00+08:00"),
        (None, "America/New_York", "2026-11-22T13:00:00-05:00"),
        ("Mars/Olympus", "America/New_York", "2026-11-22T13:00:00-05:00"),
        ("../../etc/passwd", "America/New_York", "2026-11-22T13:00:00-05:00"),
        ("America", "America/New_York", "2026-11-22T13:00:00-05:00"),
    ],
)
def test_starts_are_told_in_the_readers_zone_and_say_which(wanted, zone, clock):
    told = scores(Reading(tuple(NBA[:1]), "demo", START), wanted, str)["games"][0]
    assert told["start_utc"] == START
    assert (told["time_zone"], told["start_local"].isoformat()) == (zone, clock)


def test_a_start_that_is_not_set_is_told_as_such():
    unset = game(("a", "A"), ("b", "B"))
    unset = Game(**{**unset.__dict__, "start": None})
    told = scores(Reading((unset,), "demo", START), None, str)["games"][0]
    assert told["start_utc"] is told["start_local"] is None
