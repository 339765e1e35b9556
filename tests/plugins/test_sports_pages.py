"""The pages that people open from a chat, in their own language."""

import pytest
import time_machine
from fake_upstream import Fault

FINAL = "2026-11-22T23:00:00Z"
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.fixture
def client(start, upstream):
    live = {"SPORTS_ESPN_URL": upstream.url, "SPORTS_YAHOO_URL": upstream.url}
    return start(PLUGINS="sports", **live).test_client()


def test_a_game_has_a_page_whose_preview_says_the_score(client):
    with time_machine.travel(FINAL, tick=False):
        game = client.get("/sports/scores?league=demo").json["games"][6]
        page = client.get(game["url"])
    title = f"上海灯塔 {game['home']['score']}–{game['away']['score']} Auckland Fantails"
    assert page.status_code == 200
    assert f'property="og:title" content="{title}' in page.text
    assert "DEMO · Final" in page.text
    assert "A fictional game of the demo feed." in page.text


def test_a_game_to_come_has_no_score_on_its_page(client):
    page = client.get("/sports/pages/games/demo-21001231-1").text
    assert "––" not in page
    assert "None" not in page
    assert "Scheduled" in page


def test_pages_are_in_chinese_for_chinese_readers(client):
    with time_machine.travel(FINAL, tick=False):
        game = client.get("/sports/pages/games/demo-20261122-7", headers=CHINESE).text
        quote = client.get("/sports/pages/quotes/DEMOTEA", headers=CHINESE).text
    assert "已结束" in game
    assert "演示数据" in game
    assert "前收盘价" in quote


def test_a_quote_has_a_page_whose_preview_says_the_price(client):
    with time_machine.travel(FINAL, tick=False):
        quote = client.get("/sports/quotes?symbols=DEMOTEA").json["quotes"][0]
        page = client.get(quote["url"]).text
    assert f'property="og:title" content="东篱茶业 (DEMOTEA) {quote["price"]:.2f} CNY' in page


def test_live_games_and_quotes_have_pages(client):
    game = client.get("/sports/pages/games/nfl-20241110-401671641").text
    assert "Washington Commanders 27–28 Pittsburgh Steelers" in game
    assert "fictional" not in game
    assert "S&amp;P 500" in client.get("/sports/pages/quotes/^GSPC").text


@pytest.mark.parametrize(
    "page",
    [
        "games/demo-20261122-13",
        "games/demo-20261322-1",
        "games/nfl-20241110-1",
        "games/nothing",
        "quotes/NOPE",
        "quotes/<script>",
    ],
)
def test_an_unknown_page_is_404_and_html(client, page):
    answer = client.get(f"/sports/pages/{page}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_page_says_when_its_source_is_down(client, upstream):
    upstream.fail_always(Fault.ERROR)
    answer = client.get("/sports/pages/quotes/AAPL")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
