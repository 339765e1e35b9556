"""Answering an assistant's question in a real browser: what a person sees, and what comes of it."""

from itertools import count

import pytest

from tests.kit.chromium import ELEMENT, ChromiumError, browsing
from tests.kit.ferry import write_ferry
from tests.kit.oauth_client import OAuthClient
from tests.kit.server import running
from tests.kit.user_browser import PASSWORD, Browser
from tests.kit.wire import Wire, get, post_json

NUMBERS = count(1)
TRIP = {"name": "Ann Lee", "at": "2027-07-01T07:00:00Z"}
ENTER = "\ue007"
APPROVE, DECLINE = "[name=decision][value=approve]", "[name=decision][value=decline]"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</title></bdi></q></dd><h2>Approved</h2><form action=//evil.example>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
)
# The least contrast of all text that is shown with what is behind it (WCAG 2.2, criterion 1.4.3).
CONTRAST = """
const channels = color => color.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(each => (each /= 255) <= .04045 ? each / 12.92
    : ((each + .055) / 1.055) ** 2.4).reduce((sum, each, i) => sum + each * [.2126, .7152, .0722][i], 0);
const behind = element => { for (let at = element; at; at = at.parentElement) {
    const color = channels(getComputedStyle(at).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color; } };
const ratio = element => { const [a, b] = [channels(getComputedStyle(element).color), behind(element)]
    .map(light).sort((x, y) => y - x); return (a + .05) / (b + .05); };
return Math.min(...[...document.querySelectorAll("main *")].filter(element => element.offsetParent
    && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(ratio));
"""


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    """The way to a gateway on whose one plugin's questions a person decides."""
    folder = tmp_path_factory.mktemp("approving")
    write_ferry(folder / "plugins")
    with running(folder, PLUGINS_DIR=str(folder / "plugins"), PLUGINS="ferry") as server:
        yield Wire(server.port)


@pytest.fixture(scope="module")
def desk():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def phone():
    """Narrow, dark, in Chinese, and without JavaScript."""
    with browsing(language="zh-CN,zh", width=320, scripts=False, dark=True) as browser:
        yield browser


class Assistant:
    """One that a new person has linked, at one of the plugin's doors."""

    def __init__(self, wire: Wire, door: str = "path") -> None:
        self.wire, self.email = wire, f"person{next(NUMBERS)}@example.com"
        person = Browser(Wire(wire.port, f"127.0.1.{next(NUMBERS)}"))
        person.sign_up(self.email)
        self.client = OAuthClient.registered(wire, "ferry", door, client_name="Pocket")
        asked = self.client.ask()
        code = asked.code(person.allow(asked.url))
        self.token = self.client.tokens(self.client.exchange(asked, code)).access

    def ask(self, **trip):
        """Ask for a trip; the envelope."""
        body = {**TRIP, **trip, "allow_duplicate": True}
        asking = post_json(f"{self.client.base}/trips", body, authorization=f"Bearer {self.token}")
        reply = self.wire.send(asking)
        assert reply.status == 202, reply.body
        return reply.json

    def see(self, asked):
        """How it stands, by get_confirmation."""
        address = f"{self.client.base}/confirmations/{asked['confirmation_id']}"
        return self.wire.send(get(address, authorization=f"Bearer {self.token}")).json

    def open(self, browser, asked):
        """Open the link as the person, who is not signed in yet."""
        browser.forget()
        browser.open(asked["confirm_url"])
        browser.fill(email=self.email, password=PASSWORD)
        browser.press("form[action='/login'] button")


@pytest.fixture(scope="module")
def assistant(wire):
    return Assistant(wire)


@pytest.mark.parametrize(("door", "who"), [("path", "phone"), ("host", "desk")])
def test_a_person_approves_what_the_assistant_asked(wire, request, door, who):
    assistant, browser = Assistant(wire, door), request.getfixturevalue(who)
    asked = assistant.ask()
    assistant.open(browser, asked)
    assert browser.address == asked["confirm_url"]
    question = "为“Ann Lee”订一张船票吗？" if who == "phone" else "Book a trip for “Ann Lee”?"
    assert browser.text("h1") == question
    assert browser.text(".code") == asked["match_code"]
    assert assistant.email in browser.text("main")
    assert assistant.see(asked)["status"] == "confirmation_required"
    browser.press(APPROVE)
    assert browser.address == asked["confirm_url"]
    told = (
        "请回到聊天，告诉助手已完成。"
        if who == "phone"
        else "Go back to the chat and say it is done."
    )
    assert told in browser.text("[role=status]")
    done = assistant.see(asked)
    assert (done["status"], done["result"]["trip"]) == ("executed", "T-1")
    assert done["result"]["url"].startswith(assistant.client.base)
    assert browser.of("a.button", "attribute/href") == done["result"]["url"]


def test_going_back_and_pressing_again_changes_nothing(assistant, desk):
    asked = assistant.ask()
    assistant.open(desk, asked)
    desk.press(APPROVE)
    done = assistant.see(asked)
    for button in (APPROVE, DECLINE):
        desk.command("POST", "back")
        if desk.run(
            "return document.querySelector(arguments[0])", APPROVE
        ):  # else it has not kept the page, and shows what came of it
            desk.press(button)
        assert "Done" in desk.text(".badge")
    assert assistant.see(asked) == done


def test_neither_answer_is_easier_to_give(assistant, desk, phone):
    asked = assistant.ask()
    for browser in (desk, phone):
        assistant.open(browser, asked)
        assert browser.run("return document.activeElement === document.body")
        body = browser.find("body")
        browser.command("POST", f"element/{body}/value", text=ENTER)
        assert browser.size(APPROVE) == browser.size(DECLINE)
        assert browser.size(APPROVE)[1] >= 44
        for name in ("background-color", "color", "font-weight", "font-size", "border-width"):
            assert browser.style(APPROVE, name) == browser.style(DECLINE, name)
    assert assistant.see(asked)["status"] == "confirmation_required"
    for answer in ("decline", "approve"):
        desk.run(
            "document.querySelector(`[value=${arguments[0]}]`).focus({focusVisible: true})", answer
        )
        focused = {"outline-style": "solid", "outline-width": "2px"}
        selector = f"[name=decision][value={answer}]"
        assert {name: desk.style(selector, name) for name in focused} == focused


def test_nothing_that_others_wrote_is_more_than_text(assistant, desk):
    assistant.open(desk, assistant.ask())
    for payload in PAYLOADS:
        asked = assistant.ask(
            name=payload,
            email=payload,
            note=f"{payload}\n" * 20,
            tags=[payload],
            more={payload: payload},
        )
        desk.open(asked["confirm_url"])
        assert is_calm(desk)
        assert desk.text("h1") == f"Book a trip for “{payload}”?"
        assert payload in desk.text(".words.long")
        assert desk.texts("h2") == ["In detail", "Who asks, and until when", "Your answer"]
        desk.press(APPROVE)
        assert is_calm(desk)
        desk.click("summary")
        assert payload in desk.text("details")


def is_calm(browser):
    """Whether no dialog is open, and nothing is on the page that could do anything."""
    with pytest.raises(ChromiumError, match="no such alert"):
        browser.command("GET", "alert/text")
    assert (
        browser.run("return document.querySelectorAll('script, iframe, img[src=x], svg').length")
        == 0
    )
    forms = browser.run("return [...document.forms].map(form => form.action)")
    return all(each.startswith("http://localhost") for each in forms)


def test_the_page_can_be_read_by_everybody(assistant, desk, phone):
    """Also where words have no place to break, and twice as large, which is half as wide."""
    asked = assistant.ask(
        name="W" * 90, note="W" * 3000, tags=["W" * 60], more={"W" * 60: ["W" * 60]}
    )
    for browser in (desk, phone):
        assistant.open(browser, asked)
        assert is_readable(browser)
        browser.press(DECLINE)
        browser.click("summary")
        assert is_readable(browser)
        asked = assistant.ask(name="M" * 90)


def is_readable(browser):
    """Whether the page fits, has contrast and headings in order, and shows long text whole."""
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].map(e => e.tagName)")
    assert levels == ["H1", *["H2"] * (len(levels) - 1)]
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.run(CONTRAST) >= 4.5
    return True


def test_a_box_of_long_text_is_reached_without_a_mouse(assistant, desk):
    assistant.open(desk, assistant.ask(note="line\n" * 500))
    box = desk.find(".words.long")
    assert desk.run("return arguments[0].scrollHeight > arguments[0].clientHeight", {ELEMENT: box})
    assert desk.of(".words.long", "attribute/tabindex") == "0"
    assert desk.text(".words.long").count("line") == 500
