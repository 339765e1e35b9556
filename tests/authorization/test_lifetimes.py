"""How long codes, tokens and links last, told by a clock that is turned, on both stores."""

from datetime import timedelta

import pytest

from tests.kit.linking import Assistant, answers, landed
from tests.kit.people import Person
from tests.kit.turned_clock import turned_clock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def app(start, store):
    return start(PLUGINS="counter", **store)


@pytest.fixture
def clock(app):
    with turned_clock(app.extensions["gateway"].ledger) as clock:
        yield clock


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "counter").browser()


@pytest.fixture
def assistant(app):
    return Assistant(app)


@pytest.mark.parametrize("passed", [MINUTE, HOUR])
def test_a_code_works_for_less_than_a_minute(assistant, ada, clock, passed):
    code = landed(answers(ada, assistant.consent(ada), "allow"))["code"]
    clock.shift(passed)
    assert assistant.exchange(code).status_code == 400


def test_a_code_works_until_then(assistant, ada, clock):
    code = landed(answers(ada, assistant.consent(ada), "allow"))["code"]
    clock.shift(MINUTE - clock.just)
    assert assistant.exchange(code).status_code == 200


def test_an_access_token_works_for_an_hour(assistant, ada, clock):
    tokens = assistant.link(ada)
    clock.shift(HOUR - clock.just)
    assert assistant.call(tokens).status_code == 200
    clock.shift(clock.just)
    assert assistant.call(tokens).status_code == 401


def test_a_link_lasts_for_as_long_as_it_is_used(assistant, ada, clock):
    tokens = assistant.link(ada)
    for _ in range(4):
        clock.shift(30 * DAY - clock.just)
        tokens = assistant.refresh(tokens["refresh_token"]).json
        assert assistant.call(tokens).status_code == 200
    clock.shift(30 * DAY)
    over = assistant.refresh(tokens["refresh_token"])
    assert (over.status_code, over.json["error"]) == (400, "invalid_grant")


def test_a_lost_reply_is_given_again_for_ten_seconds(assistant, ada, clock):
    first = assistant.link(ada)
    second = assistant.refresh(first["refresh_token"])
    passed = timedelta(seconds=10) - clock.just
    clock.shift(passed)
    again = assistant.refresh(first["refresh_token"])

    left = (HOUR - passed).total_seconds()
    assert again.json == {**second.json, "expires_in": pytest.approx(left, abs=2)}
    assert assistant.call(again.json).status_code == 200


def test_a_repeat_after_that_ends_the_link(assistant, ada, clock):
    first = assistant.link(ada)
    second = assistant.refresh(first["refresh_token"]).json
    clock.shift(timedelta(seconds=11))

    assert assistant.refresh(first["refresh_token"]).json["error"] == "invalid_grant"
    assert assistant.call(second).status_code == 401
    assert assistant.refresh(second["refresh_token"]).status_code == 400


def test_a_repeat_after_the_next_one_was_used_ends_the_link_too(assistant, ada):
    first = assistant.link(ada)
    second = assistant.refresh(first["refresh_token"]).json
    third = assistant.refresh(second["refresh_token"]).json

    assert assistant.refresh(first["refresh_token"]).status_code == 400
    assert assistant.call(third).status_code == 401


def test_a_refresh_may_ask_for_less_and_never_for_more(assistant, ada):
    linked = assistant.link(ada, scope="counts:read")
    more = assistant.refresh(linked["refresh_token"], scope="counts:read counts:write")
    assert (more.status_code, more.json["error"]) == (400, "invalid_scope")

    everything = assistant.link(ada)
    less = assistant.refresh(everything["refresh_token"], scope="counts:read").json
    assert less["scope"] == "counts:read"
    whole = assistant.refresh(less["refresh_token"]).json
    assert whole["scope"] == "counts:read counts:write"


def test_what_is_over_is_forgotten_at_the_next_link(app, assistant, ada, clock):
    assistant.link(ada)
    clock.shift(31 * DAY)
    ada = Person(app, "ada@example.com", "counter").browser()  # the session is over as well
    assistant.link(ada)

    listed = app.test_cli_runner().invoke(args=["grants", "list"]).output.splitlines()
    assert [line.split("\t")[3] for line in listed].count("Codex") == 1


def test_a_request_with_a_resource_of_either_door_is_good_at_both(app, ada):
    assistant = Assistant(app)
    tokens = assistant.link(ada, resource="http://counter.localhost/mcp")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    for address in ("http://localhost/counter/total", "http://counter.localhost/total"):
        assert app.test_client().get(address, headers=headers).status_code == 200


def test_another_secret_key_ends_no_link(app, assistant, ada, start, store):
    tokens = assistant.link(ada)
    store = {**store, "SECRET_KEY": "another secret that is long enough for anybody"}
    restarted = start(PLUGINS="counter", **store)
    assistant.app = restarted

    assert assistant.call(tokens).status_code == 200
    assert assistant.refresh(tokens["refresh_token"]).status_code == 200
