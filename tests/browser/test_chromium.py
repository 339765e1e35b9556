"""The browser of these tests is what it is told to be, or they would prove nothing."""

from pathlib import Path

import pytest

from tests.kit.chromium import ChromiumError, browsing
from tests.kit.elsewhere import serving

PAGE = """<!doctype html><meta name="viewport" content="width=device-width">
<title>A page</title><p id="scripts">off</p><script>scripts.textContent = "on"</script>
<form action="/next"><input name="word" value="old"><button>Go</button></form>"""
ASKED = """return [innerWidth, navigator.language, navigator.maxTouchPoints > 0,
matchMedia("(prefers-color-scheme: dark)").matches]"""


@pytest.fixture
def site():
    with serving({"/": PAGE, "/next": "<p>next"}) as site:
        yield site


@pytest.mark.parametrize(("scripts", "word"), [(True, "on"), (False, "off")])
def test_javascript_is_on_or_off(site, scripts, word):
    with browsing(scripts=scripts) as browser:
        browser.open(site.origin)
        assert (browser.title, browser.text("#scripts")) == ("A page", word)
        browser.fill(word="new")
        browser.press("button")
        assert (browser.address, browser.text()) == (f"{site.origin}/next?word=new", "next")


@pytest.mark.parametrize(
    "told", [(1280, "en", False, False), (320, "zh-CN", True, True)], ids=["desk", "phone"]
)
def test_it_has_the_size_the_language_and_the_colours_it_is_told(site, told):
    width, language, _, dark = told
    with browsing(width=width, language=language, dark=dark) as browser:
        browser.open(site.origin)
        assert browser.run(ASKED) == list(told)


def test_it_reaches_this_machine_only(site):
    with browsing() as browser:
        browser.open(f"http://counter.localhost:{site.port}/next")
        assert browser.text() == "next"
        with pytest.raises(ChromiumError, match="NAME_NOT_RESOLVED"):
            browser.open("http://example.com/")


def test_nothing_of_it_stays():
    with browsing() as browser:
        assert processes(browser.profile)
    assert not browser.profile.exists()
    assert not processes(browser.profile)


def processes(profile):
    """The processes that were started with this profile."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(profile).encode() in each.read_bytes():
                found.append(each.parent.name)
        except OSError:
            continue  # it has ended meanwhile
    return found
