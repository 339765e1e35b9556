"""Signing in with a link, and out again. test_password.py has what can be typed."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine

from gateway.auth import accounts, sessions

ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def link(ann):
    with ann.gateway.ledger.write() as connection:
        return sessions.new_link(connection, ann.account)


def fields_of(page):
    """What the page's one form would send."""
    assert page.text.count("<form") == 1
    return dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page.text))


def press(client, page, path="/login", headers=ORIGIN, **instead):
    """Press the page's one button."""
    return client.post(path, data={**fields_of(page), **instead}, headers=headers)


def test_only_the_button_spends_the_link_and_only_once(client, link, obeys):
    for _ in range(3):
        page = client.get(f"/login?token={link}")
        assert obeys(page, forms="'self'", opened_by="anybody")
        assert "Sign in as ann@example.com" in page.text
    done = press(client, page)
    assert (done.status_code, done.location) == (303, "/")
    assert "ann@example.com" in client.get("/").text
    again = press(client, page)
    assert again.status_code == 410
    assert "You are signed in as ann@example.com." in again.text
    assert client.get(f"/login?token={link}").status_code == 410


def test_the_page_and_what_follows_are_kept_by_nobody(client, link):
    page = client.get(f"/login?token={link}")
    done = press(client, page)
    assert {page.headers["Cache-Control"], done.headers["Cache-Control"]} == {"no-store"}
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_a_link_dies_within_the_hour(client, link):
    page = client.get(f"/login?token={link}")
    with time_machine.travel(timedelta(hours=1)):
        assert client.get(f"/login?token={link}").status_code == 410
        assert press(client, page).status_code == 410


def test_without_a_link_the_page_says_how_to_come_by_one(client):
    page = client.get("/login")
    assert page.status_code == 200
    assert "flask user link you@localhost" in page.text


def test_the_cookie_is_for_this_origin_and_no_script(client, link):
    cookie = press(client, client.get(f"/login?token={link}")).headers["Set-Cookie"]
    assert cookie.startswith("session=gws_")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_https_the_cookie_has_the_prefix(diary):
    app = diary(BASE_URL="https://plugins.example.com")
    gateway, client = app.extensions["gateway"], app.test_client()
    with gateway.ledger.write() as connection:
        link = sessions.new_link(connection, accounts.add(connection, "ann@example.com"))
    root = {"base_url": "https://plugins.example.com"}
    sent = fields_of(client.get(f"/login?token={link}", **root))
    origin = {"Origin": "https://plugins.example.com"}
    cookie = client.post("/login", data=sent, headers=origin, **root).headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=gws_")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    "path", ["/diary/pages/days/1", "/confirm/cnf_1", "/diary/pages/%E4%BA%8C?a=b"]
)
def test_signing_in_leads_on_to_the_page_that_was_wanted(client, link, path):
    page = client.get("/login?" + urlencode({"token": link, "next": path}))
    assert press(client, page).location == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "evil",
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ],
)
def test_signing_in_never_leads_elsewhere(client, link, path):
    page = client.get("/login?" + urlencode({"token": link, "next": path}))
    assert press(client, page, next=path).location == "/"


def test_who_is_signed_in_is_sent_on_at_once(ann):
    browser = ann.browser()
    assert browser.get("/login?next=/diary/pages/days/1").location == "/diary/pages/days/1"
    assert browser.get("/login?next=//evil.example").location == "/"
    assert "You are signed in as ann@example.com." in browser.get("/login").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://diary.localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_of_another_site_is_refused(client, link, headers):
    page = client.get(f"/login?token={link}")
    assert press(client, page, headers=headers).status_code == 403
    assert press(client, page).status_code == 303


def test_a_browser_that_leaves_out_the_origin_may_say_it_otherwise(client, link):
    page = client.get(f"/login?token={link}")
    assert press(client, page, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("given", ["", "0" * 64, "密"])
def test_a_form_that_is_not_ours_is_refused(client, link, given):
    page = client.get(f"/login?token={link}")
    assert press(client, page, form_token=given).status_code == 403


def test_signing_in_ends_the_session_before(ann, link):
    browser = ann.browser()
    before = browser.get_cookie("session").value
    sent = re.findall(r'name="(\w+)" value="([^"]*)"', browser.get(f"/login?token={link}").text)
    data = {**dict(sent), "form_token": sent[-1][1]}
    assert browser.post("/login", data=data, headers=ORIGIN).status_code == 303
    with ann.gateway.ledger.read() as connection:
        assert sessions.who(connection, before) is None


def test_signing_out_ends_the_session(ann):
    browser = ann.browser()
    secret = browser.get_cookie("session").value
    page = browser.get("/")
    assert press(browser, page, "/logout", headers={}).status_code == 403
    assert press(browser, page, "/logout", form_token="0").status_code == 403
    assert press(browser, page, "/logout").location == "/"
    assert browser.get_cookie("session") is None
    with ann.gateway.ledger.read() as connection:
        assert sessions.who(connection, secret) is None


def test_signing_out_without_a_session_is_no_error(client):
    assert client.post("/logout", headers=ORIGIN).status_code == 303


def test_one_cannot_sign_in_at_a_plugin(client):
    assert client.get("/login", base_url="http://diary.localhost").status_code == 404
