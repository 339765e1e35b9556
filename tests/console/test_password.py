"""Signing in with an email address and a password: the page, what it says, and what it never tells."""

import re
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
    assert page.text.replace(email, "") == of_nobody.text.replace("eve@example.com", "")
    assert "邮箱地址与密码不匹配" in sign_in(client, email, "", headers=ORIGIN | CHINESE).text


def test_no_page_holds_a_password(client, lin):
    assert "battery" not in sign_in(client, "eve@example.com").text
    assert "battery" not in sign_up(client, "no address").text
    assert 'value="<img src=x>' not in sign_in(client, '"><img src=x>').text


def test_signing_in_gives_a_secret_that_was_not_there_before(client, lin):
    """Session fixation: what somebody planted in the browser opens nothing afterwards."""
    client.set_cookie("session", "gws_planted")
    sign_in(client, lin)
    first = client.get_cookie("session").value
    form = client.get("/account")
    assert first != "gws_planted"
    client.post("/login", data=LOGIN_FORM(client, lin), headers=ORIGIN)
    assert client.get_cookie("session").value != first
    client.set_cookie("session", first)
    assert client.get("/account").status_code == 303
    assert form.status_code == 200


def LOGIN_FORM(client, email):  # noqa: N802 - it stands for a constant
    other = client.application.test_client().get("/login")
    return {**fields(other, "/login"), "email": email, "password": PASSWORD}
