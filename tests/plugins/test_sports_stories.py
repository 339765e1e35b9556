"""What users ask for, through HTTP, with a provider that really listens and really fails."""

import pytest
import time_machine
from fake_upstream import CHART, FEED, SCOREBOARD, Fault

from plugins.sports.demo.teams import HOSTS

NFL_SUNDAY = "/sports/scores?league=nfl&date=2024-11-10"
LIVE_CALLS = [NFL_SUNDAY, "/sports/quotes?symbols=AAPL", "/sports/news"]
QUICK_FAULTS = [fault for fault in Fault if fault is not Fault.TIMEOUT]
CALIFORNIA = {"openai-subdivision-1-iso-code": "US-CA"}


@pytest.fixture
def addresses(upstream):
    """The settings that send the plugin to the upstream of the test."""
    live = {"SPORTS_ESPN_URL": upstream.url, "SPORTS_YAHOO_URL": upstream.url}
    return live | {"SPORTS_NEWS_URL": upstream.url + FEED, "PLUGINS": "sports"}


@pytest.fixture
def client(start, addresses):
    return start(**addresses).test_client()


def teams_of(game):
    return {game["home"]["name"], game["away"]["name"]}


def test_demo_scores_need_no_provider(client, upstream):
    upstream.fail_always(Fault.ERROR)
    answer = client.get("/sports/scores?league=demo").json
    assert (answer["source"], answer["stale"], len(answer["games"])) == ("demo", False, 12)
    assert upstream.requests == []


def test_a_game_has_the_normal_form(client):
    game = client.get("/sports/scores?league=demo&date=2026-11-22").json["games"][6]
    assert game | {"as_of": ..., "home": ..., "away": ...} == {
        "id": "demo-20261122-7",
        "league": "demo",
        "status": game["status"],
        "status_text": game["status_text"],
        "start_utc": "2026-11-22T12:00:00+00:00",
        "start_local": "2026-11-22T20:00:00+08:00",
        "time_zone": "Asia/Shanghai",
        "home": ...,
        "away": ...,
        "period": game["period"],
        "clock": game["clock"],
        "venue": "江湾体育馆",
        "source": "demo",
        "as_of": ...,
        "url": "http://localhost/sports/pages/games/demo-20261122-7",
    }
    assert game["home"]["name"] == "上海灯塔"
    assert game["home"].keys() == game["away"].keys() == {"name", "abbr", "score"}


def test_a_score_is_null_before_the_start(client):
    games = client.get("/sports/scores?league=demo&date=2100-12-31").json["games"]
    assert {game["status"] for game in games} == {"scheduled"}
    assert {game["home"]["score"] for game in games} == {None}


def test_everybody_sees_the_same_at_the_same_second(start, addresses, tmp_path):
    data = [str(tmp_path / name) for name in ("one", "two")]
    clients = [start(**addresses, DATA_DIR=folder).test_client() for folder in data]
    queries = ["scores?league=demo", "quotes?symbols=DEMO,DEMOTEA", "news?topic=demo"]
    with time_machine.travel("2026-11-22T12:34:56Z", tick=False):
        one, two = ([each.get(f"/sports/{query}").data for query in queries] for each in clients)
    assert one == two


def test_local_teams_come_first(client):
    near = client.get("/sports/scores?league=demo", headers=CALIFORNIA).json["games"]
    far = client.get("/sports/scores?league=demo").json["games"]
    californian = {team.name for pair in HOSTS for team in pair if team.region == "US-CA"}
    assert californian & teams_of(near[0])
    assert sorted(game["id"] for game in near) == sorted(game["id"] for game in far)


def test_local_teams_of_a_real_league_come_first(client):
    games = client.get(NFL_SUNDAY, headers=CALIFORNIA).json["games"]
    assert [game["id"][-3:] for game in games] == ["701", "702", "641", "700", "703"]


def test_games_of_one_team(client):
    games = client.get("/sports/scores?league=demo&team=上海").json["games"]
    assert ["上海灯塔" in teams_of(game) for game in games] == [True]
    assert client.get("/sports/scores?league=demo&team=nobody").json["games"] == []


def test_live_scores(client, upstream):
    answer = client.get(NFL_SUNDAY).json
    final = answer["games"][0]
    assert answer["source"] == "espn"
    assert (final["home"], final["status"]) == (
        {"name": "Washington Commanders", "abbr": "WSH", "score": 27},
        "final",
    )
    assert final["start_local"] == "2024-11-10T13:00:00-05:00"
    asked = upstream.requests[0]
    assert asked.path == f"{SCOREBOARD}football/nfl/scoreboard"
    assert asked.parameters["dates"] == "20241110"
    assert int(asked.parameters["limit"]) <= 500
    assert "(+http" in asked.user_agent


def test_no_games_is_an_empty_list(client):
    answer = client.get("/sports/scores?league=epl&date=2024-11-11")
    assert (answer.status_code, answer.json["games"]) == (200, [])


def test_the_same_question_asks_the_provider_once(client, upstream):
    first, second = client.get(NFL_SUNDAY), client.get(NFL_SUNDAY)
    assert first.json == second.json
    assert len(upstream.requests) == 1


def test_today_is_today_in_the_leagues_own_zone(client, upstream):
    with time_machine.travel("2024-11-11T03:30:00Z"):  # half past ten on Sunday evening in New York
        client.get("/sports/scores?league=nfl")
        client.get("/sports/scores?league=epl")
    days = [(request.path, request.parameters["dates"]) for request in upstream.requests]
    assert (f"{SCOREBOARD}football/nfl/scoreboard", "20241110") in days
    assert (f"{SCOREBOARD}soccer/eng.1/scoreboard", "20241111") in days


def test_after_midnight_the_games_still_going_on_are_there(client):
    with time_machine.travel("2024-11-11T06:00:00Z"):  # one o'clock at night in New York
        games = client.get("/sports/scores?league=nfl").json["games"]
    assert [game["id"] for game in games] == ["nfl-20241110-401671701"]


def test_an_unknown_league_is_told_the_known_ones(client):
    answer = client.get("/sports/scores?league=quidditch")
    assert answer.status_code == 404
    assert "Known leagues: demo, nfl, nba" in answer.json["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "scores",
        "scores?league=demo&date=2026-13-01",
        "scores?league=demo&date=today",
        "scores?league=demo&date=1066-10-14",
        "scores?league=demo&team=",
        "quotes",
        "quotes?symbols=DEMO,no%20symbol",
        "quotes?symbols=" + ",".join(f"DEMO{number}" for number in range(21)),
    ],
)
def test_a_wrong_argument_is_422(client, query):
    answer = client.get(f"/sports/{query}")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert answer.json["errors"]


def test_quotes_of_both_worlds_in_the_order_asked(client):
    answer = client.get("/sports/quotes?symbols=aapl,DEMOTEA,0700.HK,AAPL").json
    told = [(each["symbol"], each["source"], each["currency"]) for each in answer["quotes"]]
    assert told == [
        ("AAPL", "yahoo", "USD"),
        ("DEMOTEA", "demo", "CNY"),
        ("0700.HK", "yahoo", "HKD"),
    ]
    assert answer["source"] == "yahoo, demo"
    assert answer["as_of"] <= answer["quotes"][1]["as_of"]


def test_a_live_quote_is_asked_for_one_day(client, upstream):
    quote = client.get("/sports/quotes?symbols=^GSPC").json["quotes"][0]
    assert (quote["name"], quote["price"], quote["change"]) == ("S&P 500", 5969.34, 20.63)
    assert upstream.asked(CHART)[0].parameters == {"range": "1d", "interval": "1d"}


def test_an_unknown_symbol_is_named(client):
    answer = client.get("/sports/quotes?symbols=AAPL,NOPE,DEMO,NADA")
    assert answer.status_code == 404
    assert answer.json["detail"].startswith("No such symbol: NOPE, NADA.")


def test_live_news_name_their_source(client):
    answer = client.get("/sports/news?topic=lakers").json
    assert answer["source"] == "Harbour Sports - Latest"
    assert [article["title"] for article in answer["articles"]] == [
        "Lakers edge Nuggets in overtime"
    ]
    assert client.get("/sports/news?topic=curling").json["articles"] == []


def test_the_news_may_be_atom(client, upstream):
    upstream.feed = "atom.xml"
    assert client.get("/sports/news").json["source"] == "Harbour Sports"


def test_demo_news_link_to_their_pages(client, upstream):
    articles = client.get("/sports/news?topic=demo").json["articles"]
    assert len(articles) >= 12
    assert all(each["url"].startswith("http://localhost/sports/pages/") for each in articles)
    assert upstream.requests == []


@pytest.mark.parametrize("call", LIVE_CALLS)
@pytest.mark.parametrize("fault", QUICK_FAULTS, ids=lambda fault: fault.name.lower())
def test_a_provider_that_fails_is_503_and_then_forgotten(client, upstream, call, fault):
    upstream.fail_next(fault)
    answer = client.get(call)
    assert (answer.status_code, answer.json["code"]) == (503, "upstream_unavailable")
    assert answer.json["retryable"] is True
    assert client.get(call).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("call", LIVE_CALLS)
def test_a_provider_that_hangs_is_503(client, upstream, call):
    upstream.fail_next(Fault.TIMEOUT)
    assert client.get(call).json["code"] == "upstream_unavailable"


def test_a_provider_that_fails_never_gets_demo_data_put_in_its_place(client, upstream):
    upstream.fail_always(Fault.ERROR)
    answer = client.get("/sports/quotes?symbols=DEMO,AAPL")
    assert answer.status_code == 503
    assert "quotes" not in answer.json
