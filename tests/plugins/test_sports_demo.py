"""The demo feed moves with the clock and with nothing else."""

import datetime
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.sports.demo.companies import COMPANIES, company
from plugins.sports.demo.league import games_at
from plugins.sports.demo.market import history_at, price, quote_at
from plugins.sports.demo.news import market_reports, results
from plugins.sports.demo.play import LENGTH, standing
from plugins.sports.demo.schedule import BETWEEN_STARTS, fixtures
from plugins.sports.demo.teams import HOSTS
from plugins.sports.leagues import FIRST_DAY, LAST_DAY, league_named

DEMO = league_named("demo")
NOON = datetime.datetime(2026, 11, 22, 12, 30, tzinfo=datetime.UTC)
TODAY = NOON.date()

days = st.dates(FIRST_DAY, LAST_DAY)
seeds = st.text("abcdef0123456789-", min_size=1, max_size=20)
seconds_since_1970 = st.integers(-2_000_000_000, 4_000_000_000)


def scores_of(game):
    return game.home.score, game.away.score


@given(days)
def test_every_team_plays_once_a_day(day):
    playing = [team.name for fixture in fixtures(day) for team in (fixture.home, fixture.away)]
    assert sorted(playing) == sorted(team.name for pair in HOSTS for team in pair)


@given(days)
def test_games_follow_one_another_and_begin_on_their_day(day):
    starts = [fixture.start for fixture in fixtures(day)]
    assert all(start.date() == day for start in starts)
    assert all(after - before == BETWEEN_STARTS for before, after in pairwise(starts))


def test_a_round_takes_22_days_with_11_opponents_at_home_and_away():
    days = [TODAY + datetime.timedelta(days=number) for number in range(22)]
    games = [(each.home.abbr, each.away.abbr) for day in days for each in fixtures(day)]
    herons = [pair for pair in games if "OAH" in pair]
    assert len(set(herons)) == 22
    assert len({opponent for pair in herons for opponent in pair} - {"OAH"}) == 11


@given(seeds, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_scores_only_grow(seed, one, other):
    before, after = standing(seed, min(one, other)), standing(seed, max(one, other))
    assert 0 <= before.home <= after.home
    assert 0 <= before.away <= after.away


@given(seeds, st.integers(max_value=-1))
def test_nothing_is_scored_before_the_start(seed, elapsed):
    before = standing(seed, elapsed)
    assert (before.status, before.home, before.away) == ("scheduled", None, None)
    assert before.period is before.clock is None


@given(seeds, st.integers(LENGTH, LENGTH + 10_000_000))
def test_a_final_score_has_a_winner_and_stays(seed, elapsed):
    final = standing(seed, elapsed)
    assert final.home != final.away
    assert final == standing(seed, LENGTH)


def test_an_evening_is_told_quarter_by_quarter():
    words = [standing("evening", second).status_text for second in range(-1, LENGTH + 1)]
    told = list(dict.fromkeys(word.split()[0] if word[0] == "Q" else word for word in words))
    quarters = ["Q1", "End of Q1", "Q2", "Half-time", "Q3", "End of Q3", "Q4"]
    assert told == ["Scheduled", *quarters, "Final"]
    assert standing("evening", 0).status_text == "Q1 12:00"
    assert standing("evening", LENGTH - 1).status_text == "Q4 0:00"


def test_the_clock_never_runs_backwards():
    clocks = [standing("evening", second).clock for second in range(1_440)]
    left = [int(minutes) * 60 + int(seconds) for minutes, seconds in (c.split(":") for c in clocks)]
    assert left == sorted(left, reverse=True)


def test_at_noon_games_are_over_under_way_and_to_come():
    statuses = [game.status for game in games_at(DEMO, TODAY, NOON)]
    assert statuses == ["final"] * 6 + ["in_progress"] + ["scheduled"] * 5


@given(st.integers(0, 86_399))
def test_some_game_is_always_under_way(second):
    now = datetime.datetime.combine(TODAY, datetime.time(), datetime.UTC)
    games = games_at(DEMO, TODAY, now + datetime.timedelta(seconds=second))
    assert [game.status for game in games].count("in_progress") == 1


def test_another_process_sees_the_same_second_the_same_way():
    script = (
        "import datetime; from plugins.sports.demo.league import games_at\n"
        "from plugins.sports.demo.market import price\n"
        "from plugins.sports.demo.companies import COMPANIES\n"
        "from plugins.sports.leagues import league_named\n"
        f"now = datetime.datetime.fromisoformat('{NOON.isoformat()}')\n"
        "games = games_at(league_named('demo'), now.date(), now)\n"
        "print([(g.id, g.home.score, g.away.score) for g in games])\n"
        "print([price(each, int(now.timestamp())) for each in COMPANIES])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    games = [(game.id, *scores_of(game)) for game in games_at(DEMO, TODAY, NOON)]
    prices = [price(each, int(NOON.timestamp())) for each in COMPANIES]
    assert run.stdout == f"{games}\n{prices}\n"


def test_teams_have_regions_and_some_have_chinese_names():
    games = games_at(DEMO, TODAY, NOON)
    assert any("US-CA" in game.regions for game in games)
    names = {side.name for game in games for side in (game.home, game.away)}
    assert {"上海灯塔", "成都竹影"} < names


@pytest.mark.parametrize("listed", COMPANIES, ids=lambda each: each.symbol)
@given(second=seconds_since_1970)
def test_prices_move_smoothly_and_stay_plausible(listed, second):
    now, soon = price(listed, second), price(listed, second + 1)
    assert listed.level / 2 < now < listed.level * 2
    assert abs(soon - now) <= 0.0002 * now + 0.01


def test_prices_do_move():
    seen = {price(COMPANIES[0], int(NOON.timestamp()) + second) for second in range(120)}
    assert len(seen) > 5


def test_a_quote_adds_up():
    quote = quote_at(company("DEMOTEA"), NOON)
    midnight = int(NOON.timestamp()) // 86_400 * 86_400
    assert (quote.name, quote.currency, quote.as_of) == ("东篱茶业", "CNY", NOON)
    assert quote.previous_close == price(company("DEMOTEA"), midnight)


def test_every_symbol_that_begins_with_demo_has_a_company():
    assert company("DEMOANYTHING").name == "Demo Company DEMOANYTHING"
    assert price(company("DEMOANYTHING"), 0) != price(company("DEMOOTHER"), 0)


def test_demo_news_tell_what_the_scoreboard_says():
    told = list(results(NOON, lambda game_id: f"https://example.com/{game_id}"))
    games = {f"https://example.com/{game.id}": game for game in games_at(DEMO, TODAY, NOON)}
    final = [article for article in told if article.url in games]
    assert len(told) == 12
    assert len(final) == 6
    for article in final:
        fewer, more = sorted(scores_of(games[article.url]))
        assert f"{more}–{fewer}" in article.title
        assert article.published <= NOON


def test_demo_news_of_a_chinese_team_are_in_chinese():
    told = results(NOON + datetime.timedelta(hours=2), str)
    assert any("上海灯塔" in article.title and "战胜" in article.title for article in told)


def test_market_reports_come_on_the_hour():
    reports = list(market_reports(NOON, str))
    assert [report.published.hour for report in reports] == [12, 11, 10, 9]
    assert reports == list(market_reports(NOON + datetime.timedelta(minutes=29), str))


def test_a_month_ends_at_the_price_of_the_quote():
    listed = company("DEMOTEA")
    closes, quote = history_at(listed, NOON).closes, quote_at(listed, NOON)
    assert (closes[-1].day, closes[-1].price) == (TODAY, quote.price)
    assert closes[-2].price == quote.previous_close
    assert [after.day - before.day for before, after in pairwise(closes)] == [
        datetime.timedelta(days=1)
    ] * (len(closes) - 1)
    assert len(closes) == 30


@given(st.integers(0, 86_399))
def test_closes_stay_as_they_were(second):
    listed = company("DEMO")
    midnight = NOON.replace(hour=0, minute=0)
    now = history_at(listed, midnight + datetime.timedelta(seconds=second))
    tomorrow = history_at(listed, midnight + datetime.timedelta(days=1, seconds=second))
    assert now.closes[1:-1] == tomorrow.closes[:-2]
