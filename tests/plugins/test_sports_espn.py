"""What ESPN's scoreboard says, and what is made of it."""

import datetime
import json
from pathlib import Path

import pytest

from plugins.sports.leagues import league_named
from plugins.sports.providers.espn import read_scoreboard

DATA = Path(__file__).parent / "data" / "espn"
DAY = datetime.date(2024, 11, 10)
NFL, EPL = league_named("nfl"), league_named("epl")


def recorded(league):
    return json.loads((DATA / league.path / "20241110.json").read_bytes())


def games(board, league=NFL):
    return read_scoreboard(league, DAY, json.dumps(board).encode())


def game(change):
    """The first recorded game, after `change` was made to its event."""
    board = recorded(NFL)
    change(board["events"][0])
    return games({"events": board["events"][:1]})[0]


def game_with_score(score):
    return game(lambda event: match_of(event)["competitors"][0].update(score=score))


def match_of(event):
    return event["competitions"][0]


def kind_of(event):
    return event["status"]["type"]


def test_a_final_game():
    final = games(recorded(NFL))[0]
    assert (final.home.name, final.home.abbr) == ("Washington Commanders", "WSH")
    assert (final.away.name, final.away.abbr) == ("Pittsburgh Steelers", "PIT")
    assert (final.home.score, final.away.score) == (27, 28)
    assert (final.status, final.status_text) == ("final", "Final")
    assert (final.period, final.clock) == (4, None)
    assert final.start == datetime.datetime(2024, 11, 10, 18, 0, tzinfo=datetime.UTC)
    assert final.venue == "Northwest Stadium"
    assert final.id == "nfl-20241110-401671641"


def test_a_game_under_way_has_a_clock():
    live = games(recorded(NFL))[2]
    assert (live.status, live.status_text, live.clock) == ("in_progress", "4:12 - 4th", "4:12")
    assert (live.home.score, live.away.score) == (20, 23)


def test_a_score_before_the_start_is_none_though_the_source_says_0():
    later = games(recorded(NFL))[3]
    assert (later.status, later.status_text) == ("scheduled", "Scheduled")
    assert later.home.score is later.away.score is later.period is later.clock is None


@pytest.mark.parametrize(("number", "status"), [(4, "postponed"), (1, "cancelled")])
def test_a_game_that_is_not_played_has_no_score(number, status):
    off = games(recorded(NFL))[number]
    assert off.status == status
    assert off.home.score is off.away.score is None


def test_soccer():
    full_time, first_half = games(recorded(EPL), EPL)
    assert (full_time.status, full_time.status_text) == ("final", "FT")
    assert (first_half.status, first_half.clock, first_half.home.score) == ("in_progress", "23'", 0)
    assert full_time.zone == "Europe/London"
    assert first_half.venue is None


def test_a_game_is_local_to_its_teams_and_its_venue():
    final = games(recorded(NFL))[0]
    assert final.regions == {"US-DC", "US-PA", "US-MD"}
    assert games(recorded(EPL), EPL)[0].regions == frozenset()


@pytest.mark.parametrize("score", ["27", 27, 27.0, {"value": 27.0, "displayValue": "27"}])
def test_scores_come_in_many_forms(score):
    assert game_with_score(score).home.score == 27


@pytest.mark.parametrize("score", [None, "", "–", [], {}, "NaN", "1e999", True])
def test_a_score_that_is_no_number_is_none(score):
    assert game_with_score(score).home.score is None


@pytest.mark.parametrize("date", [None, "", "TBD", 5, "0001-01-01T00:00Z", "9999-12-31T23:59Z"])
def test_a_start_that_is_no_date_is_none(date):
    def change(event):
        event["date"] = match_of(event)["date"] = date

    assert game(change).start is None


def test_over_but_not_completed_is_unknown():
    stopped = game(lambda event: kind_of(event).update(completed=False, name="STATUS_REVIEW"))
    assert stopped.status == "unknown"
    assert stopped.home.score == 27


def test_everything_optional_may_be_missing():
    def strip(event):
        competitors = [
            {"homeAway": each["homeAway"], "team": {"name": each["team"]["name"]}}
            for each in match_of(event)["competitors"]
        ]
        bare = {"id": event["id"], "competitions": [{"competitors": competitors}]}
        event.clear()
        event.update(bare)

    bare = game(strip)
    assert (bare.home.name, bare.home.abbr, bare.home.score) == ("Commanders", "Commanders", None)
    assert (bare.status, bare.status_text) == ("unknown", "Unknown")
    assert bare.start is bare.venue is None


@pytest.mark.parametrize("junk", [None, 5, "x", [], [None], {}, {"a": []}])
def test_junk_in_any_one_place_loses_at_most_that_game(junk):
    for key in ("id", "date", "status", "competitions", "season"):
        board = recorded(NFL)
        board["events"][0][key] = junk
        assert len(games(board)) >= 4


def test_an_event_without_two_teams_is_left_out():
    board = recorded(NFL)
    match_of(board["events"][0])["competitors"].pop()
    assert [each.id[-3:] for each in games(board)] == ["700", "701", "702", "703"]


def test_no_events_is_no_games():
    assert games({"events": []}) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>One moment</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"events": null}',
        b'{"events": [{"id": NaN}]}',
        b'{"events": [{"id"',
        b'{"events": [1, 2]}',
        b"\xff\xfe\x00",
        b'{"events":' + b"[" * 100_000,
    ],
)
def test_what_is_no_scoreboard_is_refused(body):
    with pytest.raises((ValueError, TypeError)):
        read_scoreboard(NFL, DAY, body)


def test_text_that_no_reply_could_carry_is_cleaned():
    body = json.dumps(recorded(NFL)).replace("Northwest Stadium", "North\\ud800west").encode()
    assert read_scoreboard(NFL, DAY, body)[0].venue == "Northwest"
