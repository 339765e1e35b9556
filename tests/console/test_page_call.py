"""Pages of plugins count as calls do: each may ask an upstream."""

import pytest
from kit.people import Person

OPEN = "/diary/pages/open"
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.fixture
def app(diary):
    return diary(RATE_LIMIT="3/hour")


def statuses(browser, number, path=OPEN, **options):
    return [browser.get(path, **options).status_code for _ in range(number)]


def test_so_many_pages_for_each_address(app):
    assert statuses(app.test_client(), 5) == [200, 200, 200, 429, 429]
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert statuses(app.test_client(), 1, environ_base=elsewhere) == [200]


def test_so_many_pages_for_each_person_wherever_they_are(app, ann):
    assert statuses(app.test_client(), 4)[-1] == 429
    assert statuses(ann.browser(), 4) == [200, 200, 200, 429]
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert statuses(ann.browser(), 1, environ_base=elsewhere) == [429]
    eve = Person(app, "eve@example.com", "diary")
    assert statuses(eve.browser(), 1) == [200]


def test_pages_and_calls_of_a_person_count_together(ann):
    assert statuses(ann.browser(), 3) == [200] * 3
    assert ann.get("/days/today").status_code == 429


def test_previews_and_forged_sessions_count_by_address(app, client):
    client.set_cookie("session", "gws_" + "a" * 43)
    assert statuses(client, 4, "/diary/pages/days/today") == [200, 200, 200, 429]
    client.set_cookie("session", "gws_" + "b" * 43)
    assert statuses(client, 1) == [429]


def test_the_refusal_is_a_page_for_people(client, obeys):
    statuses(client, 3)
    refused = client.get(OPEN, headers=CHINESE)
    assert refused.status_code == 429
    assert obeys(refused)
    assert int(refused.headers["Retry-After"]) > 0
    assert "请求过于频繁" in refused.text


def test_what_asks_no_upstream_is_not_counted(client):
    statuses(client, 4)
    for path in ("/diary/", "/diary/privacy", "/diary/openapi.json"):
        assert statuses(client, 5, path) == [200] * 5
