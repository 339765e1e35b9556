"""The browser of these tests is what it is told to be, or they would prove nothing."""

from pathlib import Path

import pytest

from tests.kit.chromium import ChromiumError, browsing
from tests.kit.elsewhere import serving

PAGE = """<!doctype html><meta name="viewport" content="width=device-width">
<title>A page</title><p id="scripts">off</p><script>scripts.textContent = "on"</script>
<form action="/next"><input name="word" value="old"><button>Go</button></form>"""
ASKED = """return [innerWidth, navigator.language,
matchMedia("(prefers-color-scheme: dark)").matches]"""
DESK = {"width": 1280, "language": "en", "dark": False, "scripts": True}
PHONE = {"width": 320, "language": "zh-CN", "dark": True, "scripts": False}


@pytest.fixture
def site():
    with serving({"/": PAGE, "/next": "<p>next"}) as site:
        yield site


@pytest.mark.parametrize("told", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_what_it_is_told_to_be(site, told):
    with browsing(**told) as browser:
        browser.open(site.origin)
        assert browser.text("#scripts") == ("on" if told["scripts"] else "off")
        assert browser.run(ASKED) == [told["width"], told["language"], told["dark"]]
        browser.fill(word="new")
        browser.press("button")
        assert (browser.address, browser.text()) == (f"{site.origin}/next?word=new", "next")


def test_it_reaches_this_machine_only_and_nothing_of_it_stays(site):
    with browsing() as browser:
        browser.open(f"http://counter.localhost:{site.port}/next")
        assert browser.text() == "next"
        with pytest.raises(ChromiumError, match="NAME_NOT_RESOLVED"):
            browser.open("http://example.com/")
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
