"""Case 25: nobody gets into the account of another, or is led away from here."""

import re
import secrets
import time
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from sqlalchemy import func, select

from gateway.storage.tables import accounts
from tests.kit.attacked import WRONG_PASSWORD, new_email
from tests.kit.user_browser import PASSWORD, Browser
from tests.kit.wire import get, post_form


def test_25_signing_in_begins_a_session_that_nobody_knew_before(gateway):
    """Session fixation: what somebody planted in the browser is worth nothing afterwards."""
    victim = gateway.browser()
    planted = "gws_" + "P" * 43
    browser = Browser(gateway.wire())
    browser.cookies = {"localhost": {"session": planted}}
    browser.sign_in(victim.email)
    first = browser.session
    assert first != planted
    other = Browser(gateway.wire())
    other.cookies = {"localhost": {"session": planted}}
    assert urlsplit(other.open("/account").url).path == "/login"


def test_25_nor_is_the_session_of_before_signing_in_again(gateway):
    """A thief's own session that was planted does not become the victim's, and ends."""
    thief, victim = gateway.browser(), gateway.browser()
    planted = thief.session
    browser = Browser(gateway.wire())
    browser.cookies = {"localhost": {"session": planted}}
    form = Browser(gateway.wire()).open("/login").form("/login")
    browser.submit(form, email=victim.email, password=PASSWORD)
    assert browser.session not in (None, planted)
    assert victim.email in browser.open("/account").text
    assert urlsplit(thief.open("/account").url).path == "/login"


def test_25_signing_out_ends_the_session_and_not_only_the_cookie(gateway):
    person = gateway.browser()
    kept = person.session
    person.sign_out()
    assert person.session is None
    person.cookies = {"localhost": {"session": kept}}
    assert urlsplit(person.open("/account").url).path == "/login"


@pytest.mark.parametrize("page", ["/login", "/signup"])
@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {}])
def test_25_nobody_is_signed_in_by_another_site(gateway, taken, page, headers):
    """Or a person would work in the account of somebody else."""
    browser = Browser(gateway.wire())
    fields = browser.open(page).form(page).fields
    typed = {**fields, "email": taken, "password": PASSWORD}
    reply = browser.ask(post_form(f"{browser.wire.root}{page}", typed, **headers))
    assert reply.status == 403
    without = {name: text for name, text in typed.items() if name != "form_token"}
    reply = browser.ask(post_form(f"{browser.wire.root}{page}", without, origin=browser.wire.root))
    assert reply.status == 403
    assert browser.session is None


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\n/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/\r\nLocation: https://evil.example",
    "https://evil.example",
    "https:evil.example",
    "HTTPS://evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    ".evil.example",
    "@evil.example",
    ":80@evil.example/",
    "/..//evil.example",
    "/./\\evil.example",
    "http://localhost@evil.example/",
    "//localhost@evil.example",
    "\x00//evil.example",
    "／/evil.example",
    "/é",
    "",
    " ",
]


def as_a_browser_reads(location):
    """URLs in browsers lose tabs and line ends, and backslashes are slashes (WHATWG URL)."""
    return re.sub("[\t\r\n]", "", location).strip().replace("\\", "/")


@pytest.mark.parametrize("page", ["/login", "/signup"])
@pytest.mark.parametrize("onward", ELSEWHERE)
def test_25_nobody_is_led_elsewhere_after_signing_in(gateway, taken, page, onward):
    browser = Browser(gateway.wire())
    shown = browser.open(page)
    email = taken if page == "/login" else new_email()
    request = browser.filled(shown.form(page), email=email, password=PASSWORD, next=onward)
    reply = browser.ask(request)
    assert_leads_nowhere_else(browser, reply)
    again = browser.ask(get(f"{browser.wire.root}{page}?{urlencode({'next': onward})}"))
    assert_leads_nowhere_else(browser, again)


def assert_leads_nowhere_else(browser, reply):
    assert reply.status == 303
    led = urljoin(browser.wire.root, as_a_browser_reads(reply.headers["Location"]))
    assert browser.wire.leads_to(led), reply.headers["Location"]
    assert urlsplit(led).netloc == urlsplit(browser.wire.root).netloc


TWINS = [
    "ADA.{tail}@EXAMPLE.COM",
    "Ada.{tail}@Example.com",
    " ada.{tail}@example.com ",
    "ada.{tail}@example.com\n",
    "ＡＤＡ.{tail}@example.com",
    "ada.{tail}@ｅxample.com",
    "ada.{tail}@example。com",
    "ada.{tail}@example.com.",
    "ada.{tail}@exa\u00admple.com",
    "a\u200bda.{tail}@example.com",
    "\ufeffada.{tail}@example.com",
    "ada.{tail}@example.com\x00",
    "ada.{tail}@EXAMPLE.COM",
    "ada.{tail}@examp\u217ce.com",
]


def test_25_one_address_has_one_account_however_it_is_written(gateway):
    """Each way of writing it is the same account, or is no address."""
    tail = secrets.token_hex(4)
    gateway.browser(f"ada.{tail}@example.com")
    for twin in TWINS:
        browser = Browser(gateway.wire())
        email = twin.format(tail=tail)
        form = browser.open("/signup").form("/signup")
        page = browser.submit(form, email=email, password=WRONG_PASSWORD)
        if page.steps[0].status == 303:
            assert urlsplit(browser.open("/account").url).path == "/login", ascii(twin)
        else:
            assert page.status == 422, ascii(twin)
    like = func.lower(accounts.c.email).contains(tail)
    assert len(gateway.rows(select(accounts.c.id).where(like))) == 1


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short12",
        "password",
        "Password",
        "password123",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "ｐａｓｓｗｏｒｄ",
        "x" * 1_025,
        "x" * 300_000,
        "é" * 1_025,
        "\ufdfa" * 1_000,
    ],
    ids=lambda password: f"{password[:12]!a} ({len(password)})",
)
def test_25_a_password_that_others_have_or_nobody_could_type_is_not_taken(gateway, password):
    browser = Browser(gateway.wire())
    email = new_email()
    form = browser.open("/signup").form("/signup")
    begun = time.monotonic()
    assert browser.submit(form, email=email, password=password).status == 422
    assert time.monotonic() - begun < 2
    assert browser.session is None
    assert gateway.rows(select(accounts.c.id).where(accounts.c.email == email)) == []


def test_25_a_password_of_a_megabyte_costs_nothing(gateway, taken):
    """At signing up, at signing in, and of any size beyond."""
    for page in ("/signup", "/login"):
        browser = Browser(gateway.wire())
        form = browser.open(page).form(page)
        for size in (1_000_000, 5_000_000):
            request = browser.filled(form, email=taken, password="x" * size)
            begun = time.monotonic()
            reply = browser.wire.try_to_send(request)
            assert reply is None or reply.status in {401, 403, 413, 422}, page
            assert reply is None or reply.headers["Set-Cookie"] is None
            assert time.monotonic() - begun < 2


def test_25_the_longest_password_works(gateway):
    email, longest = new_email(), "wörter und zahlen 7 " * 51
    assert len(longest) == 1_020
    browser = Browser(gateway.wire())
    browser.sign_up(email, longest)
    again = Browser(gateway.wire())
    again.sign_in(email, longest)
    assert again.open("/account").status == 200
    other = Browser(gateway.wire())
    other.sign_in(email, longest[:-1])
    assert other.session is None


def test_25_pages_about_oneself_are_for_oneself(gateway):
    person = gateway.browser()
    reply = person.ask(get(f"{person.wire.root}/account"))
    assert reply.status == 200
    assert "no-store" in reply.headers["Cache-Control"]
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]


def test_25_one_person_ends_no_link_of_another(gateway, client):
    ada, bob = gateway.browser(), gateway.browser()
    his, hers = client.link(bob), client.link(ada)
    form = bob.open("/account").form("/account/revoke")
    own = ada.open("/account").form("/account/revoke")
    ada.submit(own, grant=form.fields["grant"])
    assert client.call(his.access).status == 200
    ada.open("/account")
    ada.submit(own)
    assert client.call(hers.access).status == 401


def test_25_deleting_an_account_ends_all_that_it_opened(gateway, client):
    person = gateway.browser()
    tokens = client.link(person)
    form = person.open("/account").form("/account/delete")
    person.submit(form, password=WRONG_PASSWORD)
    assert client.call(tokens.access).status == 200
    session = person.session
    person.open("/account")
    person.submit(form, password=PASSWORD)
    assert client.call(tokens.access).status == 401
    assert client.refresh(tokens.refresh).status == 400
    person.cookies = {"localhost": {"session": session}}
    assert urlsplit(person.open("/account").url).path == "/login"


def test_25_a_new_password_ends_all_other_sessions(gateway):
    person = gateway.browser()
    elsewhere = Browser(gateway.wire())
    elsewhere.sign_in(person.email)
    form = person.open("/account").form("/account/password")
    person.submit(form, current_password=PASSWORD, new_password=WRONG_PASSWORD)
    assert person.open("/account").status == 200
    assert urlsplit(elsewhere.open("/account").url).path == "/login"
    assert Browser(gateway.wire()).sign_in(person.email).steps[0].status != 303
    assert Browser(gateway.wire()).sign_in(person.email, WRONG_PASSWORD).steps[0].status == 303
