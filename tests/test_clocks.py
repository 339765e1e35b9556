"""A worker whose clock is wrong by an hour changes nothing: the store's clock decides.

What one gateway gives the others take, and what is over is over at all of them.
"""

import secrets
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine

from gateway.auth import accounts, invitations, sessions
from tests.kit.clocks import PAIRS, WRONG_BY, clocks
from tests.kit.wire import get

HOUR = timedelta(hours=1)
ABOUT_AN_HOUR = pytest.approx(3_600, abs=5)

pairs = pytest.mark.parametrize(("giver", "taker"), PAIRS)


@pytest.fixture(scope="module")
def gateways(postgres_server, tmp_path_factory):
    name = f"clocks_{secrets.token_hex(6)}"
    postgres_server.psql(f"CREATE DATABASE {name}")
    url = postgres_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
    with clocks(tmp_path_factory.mktemp("clocks"), url) as gateways:
        yield gateways


def is_signed_in(browser):
    return browser.open("/account").url.endswith("/account")


def test_their_clocks_are_wrong(gateways):
    """Otherwise nothing here could fail."""
    for name, wire in gateways.wires.items():
        reply = wire.send(get(f"{wire.root}/readyz"))
        told = parsedate_to_datetime(reply.headers["Date"])
        wrong_by = (told - datetime.now(UTC)).total_seconds()
        assert wrong_by == pytest.approx(WRONG_BY[name], abs=5)


@pairs
def test_a_session_is_taken(gateways, giver, taker):
    browser = gateways.browser(giver)
    browser.wire = gateways.wires[taker]
    assert is_signed_in(browser)


@pairs
def test_a_code_and_its_tokens_are_taken(gateways, giver, taker):
    browser, client = gateways.browser(giver), gateways.client(giver)
    elsewhere = gateways.moved(client, taker)
    asked = client.ask()
    browser.wire = gateways.wires[taker]
    code = asked.code(browser.allow(asked.url))

    first = client.tokens(client.exchange(asked, code))
    assert first.reply.json["expires_in"] == ABOUT_AN_HOUR
    assert elsewhere.call(first.access).status == 200
    second = elsewhere.tokens(elsewhere.refresh(first.refresh))
    assert second.reply.json["expires_in"] == ABOUT_AN_HOUR
    again = client.tokens(client.refresh(first.refresh))
    assert (again.access, again.refresh) == (second.access, second.refresh)
    assert again.reply.json["expires_in"] == ABOUT_AN_HOUR
    assert client.call(second.access).status == 200


@pairs
def test_a_sign_in_link_and_an_invitation_are_taken(gateways, giver, taker):
    link, invitation = made_where_it_is(gateways, WRONG_BY[giver])
    browser = gateways.browser(taker)
    browser.sign_out()
    page = browser.open(f"/login?token={link}")
    assert page.status == 200
    browser.submit(page.form("/login"))
    assert is_signed_in(browser)
    assert browser.open(f"/signup?invitation={invitation}").status == 200


def made_where_it_is(gateways, seconds):
    """A link for somebody new and an invitation, from a process whose clock is wrong."""
    address = f"{secrets.token_hex(6)}@example.com"
    with (
        time_machine.travel(timedelta(seconds=seconds)),
        gateways.ledger.write() as connection,
    ):
        link = sessions.new_link(connection, accounts.add(connection, address))
        return link, invitations.new(connection, f"invited-{address}")


@pytest.mark.parametrize("giver", WRONG_BY)
def test_what_is_over_is_over_everywhere(gateways, giver):
    browser, client = gateways.browser(giver), gateways.client(giver)
    tokens = client.link(browser)
    late = [client.ask() for _ in WRONG_BY]
    codes = [asked.code(browser.allow(asked.url)) for asked in late]
    waiting = client.ask()
    form = browser.consent_form(waiting.url)
    link, invitation = made_where_it_is(gateways, WRONG_BY[giver])

    gateways.let_pass(timedelta(minutes=1))
    for (name, wire), asked, code in zip(gateways.wires.items(), late, codes, strict=True):
        there = gateways.moved(client, name)
        assert there.exchange(asked, code).status == 400
        assert there.call(tokens.access).status == 200
        browser.wire = wire
        assert is_signed_in(browser)

    gateways.let_pass(HOUR)
    for name, wire in gateways.wires.items():
        assert gateways.moved(client, name).call(tokens.access).status == 401
        browser.wire = wire
        assert browser.open(form.action).status == 410
        assert browser.open(f"/login?token={link}").status == 410
        assert browser.open(f"/signup?invitation={invitation}").status in (200, 303)

    gateways.let_pass(timedelta(days=14))
    for name, wire in gateways.wires.items():
        browser.wire = wire
        assert not is_signed_in(browser)
        assert browser.open(f"/signup?invitation={invitation}").status == 410
        assert gateways.moved(client, name).call(tokens.access).status == 401


@pytest.mark.parametrize("taker", WRONG_BY)
def test_a_link_stands_in_for_the_password_for_an_hour(gateways, taker):
    link, _ = made_where_it_is(gateways, 0)
    browser = gateways.browser(taker)
    browser.sign_out()
    browser.submit(browser.open(f"/login?token={link}").form("/login"))
    assert "current_password" not in browser.open("/account").text
    gateways.let_pass(HOUR)
    assert "current_password" in browser.open("/account").text
