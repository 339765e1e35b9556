"""`flask client`: programs let in by hand."""

import re

import pytest

from gateway.auth import accounts, grants
from gateway.authorization import clients
from tests.kit.command_line import refusal
from tests.kit.people import Person

CALLBACK = "https://chat.openai.com/aip/plugin-0f6e0b7c/oauth/callback"


@pytest.fixture
def app(start):
    return start(PLUGINS="counter,keyed,personal")


@pytest.fixture
def add(flask):
    def add(*more, name="Old ChatGPT", plugin="counter", uri=CALLBACK):
        return flask("client", "add", name, "--plugin", plugin, "--redirect-uri", uri, *more)

    return add


def printed(answer):
    """What was added, by name."""
    status, output, errors = answer
    assert (status, errors) == (0, "")
    return dict(line.split("=", 1) for line in output.splitlines())


def kept(app, client_id):
    with app.extensions["gateway"].ledger.read() as connection:
        return clients.find(connection, "counter", client_id)


def test_a_client_gets_an_id_and_a_secret_which_is_shown_once(app, add):
    given = printed(add())
    assert re.fullmatch(r"gwc_[0-9a-f]{32}", given["client_id"])
    assert re.fullmatch(r"gwk_[\w-]{43}", given["client_secret"])
    client = kept(app, given["client_id"])
    assert (client.name, client.redirect_uris) == ("Old ChatGPT", (CALLBACK,))
    assert client.needs_pkce
    assert client.is_predefined
    assert given["client_secret"] not in (client.secret_hash, None)


def test_the_exchange_of_2023_is_without_pkce(app, add):
    client = kept(app, printed(add("--exchange", "2023"))["client_id"])
    assert client.secret_hash
    assert not client.needs_pkce


def test_a_public_client_has_no_secret(app, add):
    given = printed(add("--public"))
    assert given.keys() == {"client_id"}
    client = kept(app, given["client_id"])
    assert (client.auth_method, client.needs_pkce) == ("none", True)


def test_a_client_may_have_several_addresses(app, add):
    given = printed(add("--redirect-uri", "http://localhost/callback"))
    assert kept(app, given["client_id"]).redirect_uris == (CALLBACK, "http://localhost/callback")


def test_the_exchange_of_2023_needs_a_secret(add):
    assert refusal(add("--exchange", "2023", "--public")).endswith("Leave out --public.")


def test_what_cannot_be_added_is_told(add):
    assert refusal(add(plugin="weather")).startswith("There is no plugin weather.")
    assert refusal(add(plugin="keyed")).startswith("keyed links no accounts")
    assert refusal(add(uri="javascript:alert(1)")).startswith("Redirect URI number 1")
    assert refusal(add(name="")).startswith("Give the program a name")
    assert refusal(add(name="two\nlines")).startswith("Give the program a name")
    assert refusal(add(name="x" * 101)).startswith("Give the program a name")
    status, _, errors = add("--exchange", "2022")
    assert status == 2
    assert "2023" in errors


def test_all_clients_are_listed(app, add, flask):
    added = printed(add())["client_id"]
    sent = {"redirect_uris": ["http://127.0.0.1/a", "http://localhost/a"], "client_name": "Codex"}
    registered = app.test_client().post("/counter/oauth/register", json=sent).json["client_id"]
    everything = flask("client", "list")
    assert everything == flask("client", "list", "--plugin", "counter")
    assert [line.split("\t") for line in everything[1].splitlines()] == [
        [added, "counter", "added", "Old ChatGPT", CALLBACK],
        [registered, "counter", "registered", "Codex", "http://127.0.0.1/a http://localhost/a"],
    ]
    assert "gwk_" not in everything[1]
    assert refusal(flask("client", "list", "--plugin", "weather")).startswith("There is no plugin")


@pytest.mark.parametrize(
    ("options", "kind"),
    [([], "added"), (["--public"], "added,public"), (["--exchange", "2023"], "added,2023")],
)
def test_what_an_added_client_need_not_prove_is_listed(add, flask, options, kind):
    printed(add(*options))
    [line] = flask("client", "list")[1].splitlines()
    assert line.split("\t")[2] == kind


@pytest.mark.parametrize(
    ("method", "kind"), [("client_secret_post", "registered"), ("none", "registered,public")]
)
def test_so_it_is_of_one_that_registered_itself(app, flask, method, kind):
    sent = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": method}
    assert app.test_client().post("/counter/oauth/register", json=sent).status_code == 201
    [line] = flask("client", "list")[1].splitlines()
    assert line.split("\t")[2] == kind


def test_a_client_that_is_removed_takes_its_links_with_it(app, add, flask):
    client_id = printed(add())["client_id"]
    person = Person(app, "ada@example.com", "counter", client=client_id)
    other = Person(app, "bob@example.com", "counter", client="another")
    removed = flask("client", "remove", client_id)
    assert removed == (0, f"{client_id} is removed, and with it every link to it.\n", "")
    assert flask("client", "list")[1] == ""
    with app.extensions["gateway"].ledger.read() as connection:
        assert grants.of_account(connection, person.account.id) == []
        assert len(grants.of_account(connection, other.account.id)) == 1
        assert accounts.find(connection, "ada@example.com") == person.account
    assert refusal(flask("client", "remove", client_id)).startswith("There is no client")
