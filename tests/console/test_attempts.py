"""How often passwords may be tried and accounts made: limited whatever RATE_LIMIT says."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from gateway.limits import network_of
from tests.kit.forms import ORIGIN, PASSWORD, send, sign_in, sign_up

EMAIL, HERE, ELSEWHERE = "lin@example.com", "192.0.2.1", "192.0.2.2"
CHINESE = {"Accept-Language": "zh"}


@pytest.fixture
def lin(app):
    sign_up(app.test_client(), EMAIL, address="192.0.2.77")
    return EMAIL


def statuses(client, number, emails, **how):
    page = client.get("/login")
    typed = {"password": "wrong password", **how}
    replies = (send(client, page, "/login", email=emails(each), **typed) for each in range(number))
    return Counter(reply.status_code for reply in replies)


def test_one_account_is_tried_ten_times_in_five_minutes(client, lin):
    spellings = [EMAIL, "LIN@example.com", " lin@example.com", "ｌｉｎ@example.com"]
    tried = statuses(client, 15, lambda each: spellings[each % 4], address=HERE)
    assert tried == {422: 10, 429: 5}
    refused = sign_in(client, EMAIL, address=HERE)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert f"Too many attempts. Wait {refused.headers['Retry-After']} seconds" in refused.text
    assert EMAIL in refused.text
    assert "尝试次数过多" in sign_in(client, EMAIL, address=HERE, headers=ORIGIN | CHINESE).text


def test_its_owner_gets_in_from_elsewhere_meanwhile(client, lin):
    statuses(client, 12, lambda _: EMAIL, address=HERE)
    assert sign_in(client, EMAIL, address=ELSEWHERE).status_code == 303


def test_after_a_while_it_may_be_tried_again(client, lin):
    statuses(client, 12, lambda _: EMAIL, address=HERE)
    with time_machine.travel(timedelta(minutes=10)):
        assert sign_in(client, EMAIL, address=HERE).status_code == 303


def test_a_right_password_begins_anew(app, lin):
    for _ in range(3):
        client = app.test_client()
        assert statuses(client, 9, lambda _: EMAIL, address=HERE) == {422: 9}
        assert sign_in(client, EMAIL, address=HERE).status_code == 303


def test_a_password_is_not_sprayed_over_many_accounts(client, lin):
    long = "x" * 2_000  # is not hashed, so that the test is quick
    tried = statuses(client, 110, lambda each: f"{each}@example.com", address=HERE, password=long)
    assert tried == {422: 100, 429: 10}
    assert sign_in(client, EMAIL, address=HERE).status_code == 429
    assert sign_in(client, EMAIL, address=ELSEWHERE).status_code == 303


def test_accounts_are_made_twenty_times_an_hour_from_one_address(app):
    made = Counter(
        sign_up(app.test_client(), f"{each}@example.com", address=HERE).status_code
        for each in range(22)
    )
    assert made == {303: 20, 429: 2}
    refused = sign_up(app.test_client(), "more@example.com", address=HERE)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "more@example.com" in refused.text
    assert sign_up(app.test_client(), "more@example.com", address=ELSEWHERE).status_code == 303


def test_the_current_password_is_guessed_as_little_as_at_signing_in(client, lin):
    sign_in(client, EMAIL)
    page = client.get("/account")
    typed = {"current_password": "wrong password", "new_password": "another password"}
    tried = Counter(send(client, page, "/account/password", **typed).status_code for _ in range(8))
    tried += Counter(
        send(client, page, "/account/delete", password="wrong password").status_code
        for _ in range(4)
    )
    assert tried == {422: 10, 429: 2}
    typed["current_password"] = PASSWORD
    refused = send(client, page, "/account/password", **typed)
    assert (refused.status_code, "Too many attempts." in refused.text) == (429, True)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::2", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("", ""),
    ],
)
def test_who_has_many_addresses_is_one(address, network):
    assert network_of(address) == network
