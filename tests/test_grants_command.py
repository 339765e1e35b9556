"""`flask grants`: who lets which assistant do what, and ending it."""

import pytest

from tests.kit.linking import Assistant
from tests.kit.people import Person


@pytest.fixture
def app(start):
    return start(PLUGINS="counter,personal")


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "counter", client="by hand")


@pytest.fixture
def assistant(app):
    return Assistant(app)


def names(answer):
    return [line.split("\t")[3] for line in answer[1].splitlines()]


def test_every_link_that_works_has_a_line(flask, ada, assistant):
    assistant.link(ada.browser())
    Person(ada.app, "lin@example.com", "personal", client="Raycast")

    status, output, errors = flask("grants", "list")
    assert (status, errors) == (0, "")
    lines = [line.split("\t") for line in output.splitlines()]
    assert {(line[1], line[2], line[3]) for line in lines} == {
        ("ada@example.com", "counter", "Codex"),
        ("ada@example.com", "counter", "by hand"),
        ("lin@example.com", "personal", "Raycast"),
    }
    [codex] = [line for line in lines if line[3] == "Codex"]
    assert codex[4] == "counts:read counts:write"


def test_those_of_one_person_or_one_plugin(flask, ada):
    Person(ada.app, "lin@example.com", "personal", client="Raycast")

    assert names(flask("grants", "list", "--user", "ADA@example.com")) == ["by hand"]
    assert names(flask("grants", "list", "--plugin", "personal")) == ["Raycast"]
    assert flask("grants", "list", "--user", "nobody@example.com")[0] == 1


def test_ending_a_link_ends_it_at_once(flask, ada, assistant):
    tokens = assistant.link(ada.browser())
    [line] = [line for line in flask("grants", "list")[1].splitlines() if "Codex" in line]
    grant = line.split("\t")[0]

    assert flask("grants", "revoke", grant) == (0, f"Ended {grant}.\n", "")
    assert assistant.call(tokens).status_code == 401
    assert assistant.refresh(tokens["refresh_token"]).status_code == 400
    assert ada.get("/total").status_code == 200


def test_of_several_all_are_ended_or_none(flask, ada):
    [grant] = [line.split("\t")[0] for line in flask("grants", "list")[1].splitlines()]
    status, output, errors = flask("grants", "revoke", grant, "grt_0")

    assert (status, output) == (1, "")
    assert errors.startswith("Error: There is no link grt_0, and none was ended.")
    assert ada.get("/total").status_code == 200
