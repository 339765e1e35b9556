"""Signing in with an email address and a password: the page, what it says, and what it never tells."""

import re
import threading
from urllib.parse import urlencode

import pytest

from gateway.auth import accounts, passwords, sessions
from tests.kit.forms import ORIGIN, PASSWORD, fields, send, sign_in, sign_up

EMAIL, WRONG = "lin@example.com", "This email address and this password do not belong together."
CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def lin(app):
    """Somebody with a password, who is not signed in here."""
    sign_up(app.test_client(), EMAIL)
    return EMAIL


def test_the_page_asks_for_an_address_and_a_password(client, obeys):
    page = client.get("/login")
    assert obeys(page, forms="'self'", opened_by="anybody")
    for told in ("Email address", "Password", 'autocomplete="username"', 'href="/signup"'):
        assert told in page.text
    assert 'type="password" autocomplete="current-password" required' in page.text
    assert "邮箱地址" in client.get("/login", headers=CHINESE).text


def test_the_right_password_signs_in(client, lin):
    done = sign_in(client, lin)
    assert (done.status_code, done.location) == (303, "/")
    assert f'<a href="/account">{EMAIL}</a>' in client.get("/").text
    assert "You are signed in as lin@example.com." in client.get("/login").text


def test_an_address_may_be_typed_in_any_case(client, lin):
    assert sign_in(client, " LIN@Example.COM ").status_code == 303


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com", "no.password@example.com", "lin"])
def test_whatever_is_wrong_the_page_is_the_same(app, client, lin, email):
    with app.extensions["gateway"].ledger.write() as connection:
        accounts.add(connection, "no.password@example.com")
    page = sign_in(client, email, "wrong password")
    assert page.status_code == 422
    assert "Set-Cookie" not in page.headers
    assert WRONG in page.text
    assert fields(page, "/login")["email"] == email
    of_nobody = sign_in(client, "eve@example.com", "wrong password")
    assert page.text.replace(f'"{email}"', "") == of_nobody.text.replace('"eve@example.com"', "")
    assert "邮箱地址与密码不匹配" in sign_in(client, email, "", headers=ORIGIN | CHINESE).text


def test_no_page_holds_a_password(client, lin):
    assert "battery" not in sign_in(client, "eve@example.com").text
    assert "battery" not in sign_up(client, "no address").text
    assert 'value="<img src=x>' not in sign_in(client, '"><img src=x>').text


def test_signing_in_gives_a_secret_that_nobody_knew(client, lin):
    """Session fixation: what somebody planted in the browser opens nothing afterwards."""
    planted = "gws_" + "p" * 43
    client.set_cookie("session", planted)
    sign_in(client, lin)
    assert client.get_cookie("session").value != planted
    client.set_cookie("session", planted)
    assert client.get("/account").status_code == 303


def test_signing_in_ends_the_session_before(app, client, lin):
    page = client.get("/login")
    thief = app.test_client()
    sign_up(thief, "thief@example.com")
    planted = thief.get_cookie("session").value
    client.set_cookie("session", planted)
    send(client, page, "/login", email=lin, password=PASSWORD)
    assert client.get_cookie("session").value != planted
    assert EMAIL in client.get("/account").text
    assert thief.get("/account").location == "/login?next=%2Faccount"


def test_a_session_that_is_over_is_told(client, lin):
    told = (
        "You are not signed in. If you have just signed up, that address has an account already:"
        " sign in with its password."
    )
    assert told not in client.get("/login").text
    client.set_cookie("session", "gws_over")
    assert told in client.get("/login").text
    sign_in(client, lin)
    assert told not in client.get("/login").text


ON_THE_WAY = "/consent/aut_0123456789abcdef0123456789abcdef"


def test_the_way_on_goes_through_signing_up_and_in(app, client, lin):
    page = client.get("/login?" + urlencode({"next": ON_THE_WAY}))
    [to_sign_up] = re.findall(r'href="(/signup[^"]*)"', page.text)
    there = client.get(to_sign_up)
    [back] = re.findall(r'href="(/login[^"]*)"', there.text)
    assert sign_in(app.test_client(), lin, path=back).location == ON_THE_WAY
    assert sign_up(client, "new@example.com", path=to_sign_up).location == ON_THE_WAY


def test_the_way_on_outlives_a_mistake(client, lin):
    path = "/login?" + urlencode({"next": ON_THE_WAY})
    again = sign_in(client, lin, "wrong password", path=path)
    assert send(client, again, "/login", password=PASSWORD).location == ON_THE_WAY


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/ok\r\nSet-Cookie: a=b",
    "evil.example",
    "@evil.example",
]


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_nobody_is_led_elsewhere(app, client, lin, onward):
    page = client.get("/login")
    assert send(client, page, "/login", email=lin, password=PASSWORD, next=onward).location == "/"
    assert client.get("/login?" + urlencode({"next": onward})).location == "/"
    assert client.get("/signup?" + urlencode({"next": onward})).location == "/account"
    stranger = app.test_client()
    typed = {"email": "new@example.com", "password": PASSWORD, "next": onward}
    assert send(stranger, stranger.get("/signup"), "/signup", **typed).location == "/account"


@pytest.mark.parametrize("action", ["/login", "/signup"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}],
    ids=str,
)
def test_a_form_of_another_site_is_refused(client, lin, action, headers):
    """Or somebody would work in the account of another without noticing."""
    page, typed = client.get(action), {"email": lin, "password": PASSWORD}
    assert send(client, page, action, headers=headers, **typed).status_code == 403
    assert client.get_cookie("session") is None
    assert send(client, page, action, form_token="0" * 64, **typed).status_code == 403
    assert send(client, page, action, **typed).status_code == 303


@pytest.mark.parametrize("action", ["/login", "/signup"])
def test_a_password_of_a_megabyte_is_refused_before_it_is_hashed(client, lin, action):
    refused = send(client, client.get(action), action, email=EMAIL, password="x" * 1_000_000)
    assert refused.status_code == 422
    assert len(refused.data) < 10_000
    assert send(client, client.get(action), action, password="x" * 2_000_000).status_code == 413


def test_when_too_many_hash_at_once_the_page_says_so(client, lin, monkeypatch):
    monkeypatch.setattr(passwords, "_waiting", threading.BoundedSemaphore(1))
    with passwords._own_turn():
        busy = sign_in(client, lin)
        in_chinese = sign_up(client, "new@example.com", headers=ORIGIN | CHINESE)
    assert (busy.status_code, in_chinese.status_code) == (503, 503)
    assert busy.headers["Retry-After"] == "5"
    assert "Too many people are signing in" in busy.text
    assert "请稍等几秒再试" in in_chinese.text
    assert sign_in(client, lin).status_code == 303


def test_signing_out_ends_the_session(client, lin):
    sign_in(client, lin)
    secret = client.get_cookie("session").value
    assert send(client, client.get("/account"), "/logout").location == "/"
    client.set_cookie("session", secret)
    assert client.get("/account").status_code == 303


def test_a_link_signs_in_who_has_a_password_too(app, client, lin):
    with app.extensions["gateway"].ledger.write() as connection:
        link = sessions.new_link(connection, accounts.find(connection, lin))
    assert send(client, client.get(f"/login?token={link}"), "/login").status_code == 303
    assert EMAIL in client.get("/account").text
