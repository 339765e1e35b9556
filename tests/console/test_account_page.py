"""The page of one's account: links to assistants, the password, and deleting it all."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from gateway.auth import accounts, grants, sessions, tokens
from gateway.storage import tables
from tests.kit.forms import ORIGIN, PASSWORD, fields, send, sign_in, sign_up
from tests.kit.people import Person

EMAIL, NEW = "lin@example.com", "another good password"
CHINESE = {"Accept-Language": "zh-CN"}
TO_SIGN_IN = "/login?next=%2Faccount"


@pytest.fixture
def lin(app, client):
    """Somebody with a password and an assistant, who is signed in in `client`."""
    sign_up(client, EMAIL)
    return Person(app, EMAIL, "diary", client="ChatGPT")


def in_ledger(app, work, *arguments):
    with app.extensions["gateway"].ledger.write() as connection:
        return work(connection, *arguments)


def by_link(app, email):
    """A browser in which somebody has signed in by a link."""
    client = app.test_client()
    link = in_ledger(app, lambda ledger: sessions.new_link(ledger, accounts.find(ledger, email)))
    assert send(client, client.get(f"/login?token={link}"), "/login").status_code == 303
    return client


def test_the_page_is_for_who_is_signed_in(app, client, lin, obeys):
    assert app.test_client().get("/account").location == TO_SIGN_IN
    page = client.get("/account")
    assert obeys(page, forms="'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in page.text
    assert "你的账户" in client.get("/account", headers=CHINESE).text
    assert client.get("/account", base_url="http://diary.localhost").status_code == 404


def test_linked_assistants_are_listed_in_words(client, lin):
    page = client.get("/account").text
    assert "ChatGPT → Diary &amp; &lt;Days&gt;" in page
    for told in ("<code>diary:read</code>", "Read day", "<code>diary:write</code>", "Write day"):
        assert told in page
    assert 'aria-label="End link: ChatGPT may no longer use Diary &amp; &lt;Days&gt;"' in page
    in_chinese = client.get("/account", headers=CHINESE).text
    assert "关联于" in in_chinese
    assert ">解除关联</button>" in in_chinese


def test_when_it_was_renewed_is_told(app, client, lin):
    [grant] = in_ledger(app, grants.of_account, lin.account.id)
    in_ledger(app, grants.renewed, grant.id, datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert "last renewed on 24 December 2026" in client.get("/account").text
    assert "最近续期于 2026年12月24日" in client.get("/account", headers=CHINESE).text


def test_a_link_is_revoked_at_once(client, lin):
    assert lin.get("/days/1").status_code == 200
    done = send(client, client.get("/account"), "/account/revoke")
    assert done.location == "/account?done=revoke"
    assert lin.get("/days/1").status_code == 401
    page = client.get(done.location).text
    assert "This link is ended: the assistant can do nothing more with it." in page
    assert "ChatGPT →" not in page


def test_nobody_revokes_the_link_of_another(app, client, lin):
    eve = app.test_client()
    sign_up(eve, "eve@example.com")
    Person(app, "eve@example.com", "diary")
    hers = fields(client.get("/account"), "/account/revoke")["grant"]
    assert send(eve, eve.get("/account"), "/account/revoke", grant=hers).status_code == 303
    assert lin.get("/days/1").status_code == 200


@pytest.mark.parametrize(
    "grant", ["a\0b", "\0", "", "grt_", "grt_" + "é" * 32, "x" * 1_000], ids=ascii
)
def test_what_is_no_link_ends_none(diary, store, grant):
    app = diary(**store)
    client = app.test_client()
    sign_up(client, EMAIL)
    lin = Person(app, EMAIL, "diary")
    done = send(client, client.get("/account"), "/account/revoke", grant=grant)
    assert done.status_code == 303
    assert lin.get("/days/1").status_code == 200


def test_a_plugin_that_is_no_longer_there_can_be_revoked(app, client, lin):
    in_ledger(app, lambda ledger: tokens.issue(ledger, lin.account, "gone", ["a:b"], client="Old"))
    page = client.get("/account")
    assert "Old → gone" in page.text
    assert send(client, page, "/account/revoke", nth=0).status_code == 303
    assert "Old → gone" not in client.get("/account").text


def test_a_new_password_ends_all_other_sessions_and_links(app, client, lin):
    elsewhere, before = app.test_client(), client.get_cookie("session").value
    sign_in(elsewhere, EMAIL)
    link = in_ledger(app, sessions.new_link, lin.account)
    page = client.get("/account")
    typed = {"current_password": PASSWORD, "new_password": NEW}
    done = send(client, page, "/account/password", **typed)
    assert done.location == "/account?done=password"
    assert "Your password is changed" in client.get(done.location).text
    assert client.get_cookie("session").value != before
    assert elsewhere.get("/account").location == TO_SIGN_IN
    assert app.test_client().get(f"/login?token={link}").status_code == 410
    assert sign_in(app.test_client(), EMAIL).status_code == 422
    assert sign_in(app.test_client(), EMAIL, NEW).status_code == 303
    assert lin.get("/days/1").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "told"),
    [
        ("wrong password", NEW, "This is not your password."),
        ("", NEW, "This is not your password."),
        (PASSWORD, "short", "Choose a password of 8 characters or more."),
        (PASSWORD, "password123", "Many people use this password"),
        (PASSWORD, EMAIL, "This password is your email address."),
        (PASSWORD, "x" * 1_000_000, "Choose a password of at most 1,024 characters."),
    ],
)
def test_a_mistake_changes_nothing(app, client, lin, current, new, told):
    typed = {"current_password": current, "new_password": new}
    page = send(client, client.get("/account"), "/account/password", **typed)
    assert page.status_code == 422
    assert told in page.text
    assert "battery" not in page.text
    assert sign_in(app.test_client(), EMAIL).status_code == 303


def test_whoever_came_by_a_link_sets_a_password_without_the_old_one(app, lin):
    client = by_link(app, EMAIL)
    page = client.get("/account")
    assert "current_password" not in page.text
    done = send(client, page, "/account/password", new_password=NEW)
    assert done.location == "/account?done=password"
    assert "current_password" in client.get("/account").text
    assert sign_in(app.test_client(), EMAIL, NEW).status_code == 303


def test_an_hour_later_they_need_it(app, lin):
    client = by_link(app, EMAIL)
    page = client.get("/account")
    with time_machine.travel(timedelta(hours=1)):
        assert "current_password" in client.get("/account").text
        refused = send(client, page, "/account/password", new_password=NEW)
    assert refused.status_code == 422
    assert "This is not your password." in refused.text


def test_who_signed_in_with_a_password_always_needs_it(client, lin):
    refused = send(client, client.get("/account"), "/account/password", new_password=NEW)
    assert refused.status_code == 422


@pytest.mark.parametrize("action", ["/account/password", "/account/delete", "/account/revoke"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "http://diary.localhost"}],
    ids=str,
)
def test_a_form_of_another_site_does_nothing(app, client, lin, action, headers):
    page = client.get("/account")
    typed = {"current_password": PASSWORD, "new_password": NEW, "password": PASSWORD}
    assert send(client, page, action, headers=headers, **typed).status_code == 403
    forged = {"form_token": fields(page, "/logout")["form_token"]}
    assert send(client, page, action, **forged, **typed).status_code == 403
    assert lin.get("/days/1").status_code == 200
    assert sign_in(app.test_client(), EMAIL).status_code == 303


@pytest.mark.parametrize("action", ["/account/password", "/account/delete", "/account/revoke"])
def test_whoever_is_signed_out_meanwhile_is_asked_to_sign_in(app, client, lin, action):
    page = client.get("/account")
    in_ledger(app, sessions.end_all, lin.account.id)
    assert send(client, page, action, headers=ORIGIN).location == TO_SIGN_IN


def test_the_form_of_one_session_is_none_for_another(app, client, lin):
    eve = app.test_client()
    sign_up(eve, "eve@example.com")
    page = eve.get("/account")
    refused = send(client, page, "/account/delete", password=PASSWORD)
    assert refused.status_code == 403


def rows_of(app):
    """How many rows each table of the gateway has that hangs on a person."""
    named = "accounts sessions sign_in_links grants access_tokens refresh_tokens confirmations"
    counts = {}
    with app.extensions["gateway"].ledger.read() as connection:
        for name in named.split():
            table = getattr(tables, name)
            counts[name] = connection.scalar(select(func.count()).select_from(table))
    return counts


def test_an_account_is_deleted_with_all_that_is_kept(diary, store):
    app = diary(**store)
    client = app.test_client()
    sign_up(client, EMAIL)
    lin = Person(app, EMAIL, "diary")
    lin.post("/days", {"words": "swam"})
    in_ledger(app, sessions.new_link, lin.account)
    eve = Person(app, "eve@example.com", "diary")
    eve.do("/days", {"words": "ran"})
    page = client.get("/account")
    done = send(client, page, "/account/delete", password=PASSWORD)
    assert (done.status_code, client.get_cookie("session")) == (200, None)
    assert "Your account is deleted" in done.text
    assert rows_of(app) == {
        "accounts": 1,
        "sessions": 0,
        "sign_in_links": 0,
        "grants": 1,
        "access_tokens": 1,
        "refresh_tokens": 0,
        "confirmations": 1,
    }
    assert lin.get("/days/1").status_code == 401
    assert eve.get("/days/1").status_code == 200
    assert sign_in(client, EMAIL).status_code == 422
    assert sign_up(client, EMAIL, NEW).location == "/account"


def test_deleting_takes_the_password(app, client, lin):
    page = client.get("/account")
    refused = send(client, page, "/account/delete", password="wrong password")
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    assert '<details class="card" open>' in refused.text
    assert client.get("/account").status_code == 200


def test_who_has_no_password_deletes_the_account_by_a_link(app):
    in_ledger(app, accounts.add, "ann@example.com")
    client = by_link(app, "ann@example.com")
    page = client.get("/account")
    assert "delete-password" not in page.text
    refused = send(client, page, "/account/delete", email="lin@example.com")
    assert refused.status_code == 422
    assert "This is not the email address of your account." in refused.text
    done = send(client, page, "/account/delete", email=" Ann@example.com ")
    assert done.status_code == 200
    assert rows_of(app)["accounts"] == 0


def test_what_is_kept_is_said_on_the_page_about_privacy(client):
    page = client.get("/diary/privacy")
    assert "the password as an Argon2 hash" in page.text
    assert 'href="http://localhost/account"' in page.text
    assert "Argon2 散列值" in client.get("/diary/privacy", headers=CHINESE).text
