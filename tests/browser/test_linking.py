"""Linking an account in a real browser: what a person sees, and where the browser really goes."""

import re
from contextlib import ExitStack
from functools import cache
from itertools import count

import pytest

from tests.kit.chromium import browsing
from tests.kit.elsewhere import serving
from tests.kit.mcp_client import request
from tests.kit.oauth_client import OAuthClient
from tests.kit.user_browser import PASSWORD, Browser
from tests.kit.wire import Request, Wire

CHINESE = "zh-CN,zh"
# The width to which a page must reflow without scrolling sideways (WCAG 2.2, criterion 1.4.10).
NARROW = 320
NUMBERS = count(1)
FRAME = '<!doctype html><iframe src="{}" width="600" height="600"></iframe>'
OPENS = """<!doctype html><button onclick="window.open('{}')">Connect</button><p id="told">nothing</p>
<script>onmessage = event => told.textContent = event.data</script>"""
TELLS_WHO_OPENED_IT = """<!doctype html><title>Answered</title>
<script>opener.postMessage(location.search, "*")</script>"""


# Both forms of a plugin's address, `root/knowledge` and `knowledge.root`; with JavaScript and without.
WAYS = pytest.mark.parametrize(("door", "scripts"), [("path", False), ("host", True)])


@pytest.fixture(scope="module")
def browsers():
    """The browsers of these tests, by what they were told to be. Each takes a second to start."""
    with ExitStack() as stack:
        yield cache(lambda **told: stack.enter_context(browsing(**told)))


@pytest.fixture
def browse(browsers):
    """Gives a browser in which nobody has been anywhere."""

    def browse(*, language="en", width=1280, scripts=True):
        browser = browsers(language=language, width=width, scripts=scripts)
        browser.forget()
        return browser

    return browse


@pytest.fixture
def assistant(wire, site):
    """Makes an assistant that has registered itself at a door, and listens at `site`."""

    def assistant(door="path", name="Test Assistant", redirect_uri=f"{site.origin}/callback"):
        return OAuthClient.registered(
            wire, "knowledge", door, client_name=name, redirect_uris=[redirect_uri]
        )

    return assistant


@pytest.fixture
def email(wire):
    """The address of somebody who has an account. They signed up from a computer of their own."""
    address = new_email()
    Browser(Wire(wire.port, f"127.0.1.{next(NUMBERS)}")).sign_up(address)
    return address


def new_email():
    return f"person{next(NUMBERS)}@example.com"


def sign_in(browser, email, password=PASSWORD):
    browser.fill(email=email, password=password)
    browser.press("form[action='/login'] button")


def allow(browser):
    browser.press("[name=decision][value=allow]")


def call(client, token):
    """The replies to a call over REST and to one over MCP, at the client's own door."""
    made = request("tools/call", {"name": "search", "arguments": {"query": "coffee"}})
    headers = made.headers | {"Authorization": f"Bearer {token}"}
    over_mcp = Request("POST", f"{client.base}/mcp", made.bytes, headers)
    return client.call(token), client.wire.send(over_mcp)


def works(client, token):
    """Whether a token opens both; closed, both say that the token is wrong."""
    rest, mcp = call(client, token)
    if (rest.status, mcp.status) == (200, 200):
        assert mcp.json["result"]["structuredContent"]["results"]
        return True
    for refused in (rest, mcp):
        assert (refused.status, refused.json["code"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    return False


@WAYS
def test_a_person_links_on_the_spot_and_ends_it(browse, wire, site, assistant, door, scripts):
    client = assistant(door)
    asked = client.ask()
    browser = browse(scripts=scripts)
    browser.open(asked.url)
    browser.press("main a[href^='/signup']")
    browser.fill(email=(email := new_email()), password=PASSWORD)
    browser.press("form[action='/signup'] button")
    assert "Test Assistant" in browser.text("h1")
    assert email in browser.text("main")
    allow(browser)
    tokens = client.tokens(client.exchange(asked, asked.code(site.visit())))
    assert browser.title == "Answered"
    assert works(client, tokens.access)

    browser.open(f"{wire.root}/account")
    assert "Test Assistant" in browser.text("main")
    browser.press("form[action='/account/revoke'] button")
    assert "Test Assistant" not in browser.text("main")
    assert not works(client, tokens.access)
    assert client.refresh(tokens.refresh).json["error"] == "invalid_grant"


@WAYS
def test_a_person_with_an_account_signs_in_and_says_no(
    browse, site, assistant, door, email, scripts
):
    asked = assistant(door).ask()
    browser = browse(scripts=scripts)
    browser.open(asked.url)
    sign_in(browser, email, "not the password")
    assert "Allow" not in browser.text("main")
    sign_in(browser, email)
    browser.press("[name=decision][value=deny]")
    answered = asked.answer(site.visit())
    assert browser.title == "Answered"
    assert answered["error"] == "access_denied"
    assert "code" not in answered


def test_the_page_says_who_asks_what_it_may_and_where_the_answer_goes(
    browse, site, assistant, email
):
    remote = assistant(name="Far Away", redirect_uri="https://assistant.example/callback")
    local = assistant(name="Close By")
    browser = browse()
    browser.open(remote.ask(scope="notes:read").url)
    sign_in(browser, email)
    told = browser.text("main")
    assert "Far Away" in told
    assert "assistant.example" in told
    assert "Search the notes" in told
    assert "Save a new note" not in told
    browser.open(local.ask().url)
    told = browser.text("main")
    assert "Close By" in told
    assert f"127.0.0.1:{site.port}" in told
    assert "on your own device" in told
    assert "Save a new note" in told


def test_a_client_that_was_allowed_is_asked_about_again(browse, site, assistant, email):
    client = assistant()
    browser = browse()
    browser.open(client.ask().url)
    sign_in(browser, email)
    allow(browser)
    site.visit()
    browser.open(client.ask().url)
    assert "Test Assistant" in browser.text("h1")
    assert site.visits.empty()


def test_allow_and_deny_look_the_same(browse, assistant, email):
    client = assistant()
    for browser in (browse(width=NARROW), browse(language=CHINESE)):
        browser.open(client.ask().url)
        sign_in(browser, email)
        yes, no = (f"[name=decision][value={value}]" for value in ("allow", "deny"))
        assert browser.size(yes) == browser.size(no)
        for name in ("background-color", "color", "font-weight", "font-size", "border-width"):
            assert browser.style(yes, name) == browser.style(no, name)


def test_scripts_cannot_read_the_session_and_a_plugins_host_does_not_get_it(browse, wire, email):
    browser = browse()
    browser.open(f"{wire.root}/login")
    sign_in(browser, email)
    session = browser.cookies["session"]
    assert (session["httpOnly"], session["sameSite"], session["path"]) == (True, "Lax", "/")
    assert session["domain"] == "localhost"
    assert "session" not in browser.run("return document.cookie")
    browser.open(wire.base("knowledge", "host"))
    assert browser.cookies == {}


def test_the_answer_goes_on_from_the_assistant_to_anywhere(browse, site, assistant, email):
    """`form-action` would be held against every redirect that follows the form."""
    client = assistant()
    browser = browse()
    with serving({"/welcome": "<title>Welcome back</title>"}) as third:
        site.moved["/callback"] = f"http://localhost:{third.port}/welcome"
        asked = client.ask()
        browser.open(asked.url)
        sign_in(browser, email)
        allow(browser)
        assert asked.code(site.visit())
        assert third.visit() == browser.address == f"http://localhost:{third.port}/welcome"
        assert browser.title == "Welcome back"


def test_the_assistants_window_gets_the_answer_of_a_popup(site, assistant, email):
    """Web clients wait for a message of the window that they opened."""
    asked = assistant().ask()
    site.pages.update({"/chat": OPENS.format(asked.url), "/callback": TELLS_WHO_OPENED_IT})
    with browsing() as browser:
        browser.open(f"{site.origin}/chat")
        browser.click("button")
        chat = browser.enter_popup()
        sign_in(browser, email)
        allow(browser)
        browser.leave_popup(chat)
        browser.wait_until(lambda: browser.text("#told") != "nothing")
        assert asked.code(f"{site.origin}/callback{browser.text('#told')}")


def test_the_page_is_shown_in_no_frame(browse, server, wire, site, assistant, email):
    """Not even on another port of its own host, to which the browser sends the cookie."""
    browser = browse()
    browser.open(assistant().ask().url)
    sign_in(browser, email)
    consent = browser.address
    assert "Test Assistant" in browser.text()
    site.pages.update({"/shows": FRAME.format("/callback"), "/frames": FRAME.format(consent)})
    browser.open(f"http://localhost:{site.port}/shows")
    browser.enter_frame("iframe")
    assert "The assistant has its answer." in browser.text()
    browser.open(f"http://localhost:{site.port}/frames")
    browser.enter_frame("iframe")
    assert "Test Assistant" not in browser.run("return document.documentElement.textContent")
    path = consent.removeprefix(wire.root)
    assert len(re.findall(rf" GET \S+{path} 200 ", server.log.read_text())) == 2


def test_pages_speak_chinese(browse, wire, assistant, email):
    browser = browse(language=CHINESE)
    browser.open(f"{wire.root}/signup")
    assert has_chinese(browser)
    browser.open(assistant().ask().url)
    assert has_chinese(browser)
    sign_in(browser, email)
    assert has_chinese(browser)
    assert browser.texts("[name=decision]") == ["拒绝", "允许"]
    browser.open(f"{wire.root}/account")
    assert has_chinese(browser)


def has_chinese(browser):
    assert browser.of("html", "attribute/lang").startswith("zh")
    return re.search("[一-鿿]", browser.text("h1"))


def test_pages_fit_a_phone(browse, wire, site, assistant):
    """Also where names have no place to break."""
    email = f"{'a' * 60}{next(NUMBERS)}@{'long' * 12}.example.com"
    client = assistant(name="W" * 40)
    browser = browse(width=NARROW)
    browser.open(client.ask().url)
    assert fits(browser)
    browser.press("main a[href^='/signup']")
    assert fits(browser)
    browser.fill(email=email, password=PASSWORD)
    browser.press("form[action='/signup'] button")
    assert "W" * 40 in browser.text("h1")
    assert fits(browser)
    allow(browser)
    browser.open(f"{wire.root}/account")
    assert email in browser.text("main")
    assert fits(browser)


def fits(browser):
    """Whether nothing is wider than the screen."""
    return browser.run("return document.documentElement.scrollWidth <= innerWidth")
