"""Two plugins under one title, which pages tell apart by name."""

import pytest

from tests.kit.linking import Assistant
from tests.kit.people import Person
from tests.kit.written import write_plugin

QUERY = """
@plugin.query("/now", returns={"sky": fields.String()})
def tell_sky():
    "Tell what the sky is like now."
    return {"sky": "blue"}
"""


@pytest.fixture
def app(start, tmp_path):
    folder = tmp_path / "plugins"
    for name in ("weather", "climate"):
        write_plugin(folder, QUERY, name=name)
    return start(folders=(folder,))


@pytest.fixture
def ada(app):
    Person(app, "ada@example.com", "climate", client="ChatGPT")
    return Person(app, "ada@example.com", "weather", client="Claude")


def test_the_page_of_the_account_names_each(ada):
    page = ada.browser().get("/account").text
    assert "ChatGPT → Weather (climate)" in page
    assert "Claude → Weather (weather)" in page


@pytest.mark.parametrize("plugin", ["weather", "climate"])
def test_the_consent_page_names_the_one_that_is_asked_for(app, ada, plugin):
    browser = ada.browser()
    page = browser.get(Assistant(app, plugin).consent(browser))
    assert f"Let “Codex” use Weather ({plugin}) for you?" in page.text


def test_a_title_that_is_alone_stands_alone(start, app, ada, tmp_path):
    folder = tmp_path / "one"
    write_plugin(folder, QUERY, name="weather")
    alone = start(folders=(folder,))
    page = Person(alone, "ada@example.com", "weather").browser().get("/account").text
    assert "→ Weather" in page
    assert "(weather)" not in page
