"""The `flask` command line: accounts, sign-in links, tokens."""

import html
import os
import re
import subprocess
import sys

import pytest

from gateway.app import SAMPLES
from tests.kit.command_line import refusal
from tests.kit.server import ROOT
from tests.kit.written import write_plugin


@pytest.fixture
def app(start):
    return start(PLUGINS="counter,keyed,personal")


@pytest.fixture
def ada(flask):
    assert flask("user", "add", "ada@example.com")[0] == 0
    return "ada@example.com"


def issue(flask, *more, user="ada@example.com", plugin="counter"):
    return flask("token", "issue", "--user", user, "--plugin", plugin, *more)


def total(app, secret):
    headers = {"Authorization": f"Bearer {secret}"}
    return app.test_client().get("/counter/total", headers=headers)


def test_an_account_is_made(flask):
    assert flask("user", "add", "ada@example.com") == (
        0,
        "ada@example.com has an account now. Sign them in with: flask user link ada@example.com\n",
        "",
    )


def test_an_address_is_one_however_it_is_written(flask, ada):
    taken = refusal(flask("user", "add", " ADA@Example.com "))
    assert taken == "ada@example.com has an account already."
    assert issue(flask, user="Ada@EXAMPLE.com")[0] == 0


@pytest.mark.parametrize(
    "email", ["nonsense", "ada@", "@example.com", "a b@example.com", "ada@example", ""]
)
def test_what_is_no_address_is_refused(flask, email):
    assert refusal(flask("user", "add", email)) == f'"{email}" is not an email address.'


@pytest.mark.parametrize(
    "email",
    ["a\x01da@example.com", "a\x1bda@example.com", '"ada"@example.com', "ada\u3164@example.com"],
    ids=ascii,
)
def test_an_address_that_nobody_can_read_is_refused(flask, email):
    assert "is not an email address." in refusal(flask("user", "add", email))


def test_the_local_account_can_be_made_and_linked(flask):
    assert flask("user", "add", "you@localhost")[0] == 0
    assert flask("user", "link", "you@localhost")[0] == 0


def test_an_invitation_is_an_address_at_which_to_sign_up(app, flask):
    status, output, errors = flask("user", "invite", " Lin@Example.com ")
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"http://localhost:8000/signup\?invitation=gwi_[\w-]{43}\n", output)
    page = app.test_client().get(output.strip())
    assert "lin@example.com" in page.text


def test_whoever_has_an_account_is_not_invited(flask, ada):
    told = (
        "ada@example.com has an account already. Sign them in with: flask user link ada@example.com"
    )
    assert refusal(flask("user", "invite", "Ada@example.com")) == told
    assert refusal(flask("user", "invite", "ada")) == '"ada" is not an email address.'


def test_nobody_is_invited_where_there_is_no_room(start, flask):
    full = start(PLUGINS="counter", MAX_USERS="2")
    assert flask("user", "add", "ada@example.com", of=full)[0] == 0
    assert flask("user", "invite", "lin@example.com", of=full)[0] == 0
    assert flask("user", "add", "eve@example.com", of=full)[0] == 0
    assert refusal(flask("user", "invite", "lin@example.com", of=full)) == (
        "There are as many accounts as MAX_USERS allows, so an invitation would open nothing."
    )


def test_nobody_without_an_account_gets_a_link_or_a_token(flask):
    told = "eve@example.com has no account. Make one with: flask user add eve@example.com"
    assert refusal(flask("user", "link", "eve@example.com")) == told
    assert refusal(issue(flask, user="eve@example.com")) == told


def test_a_token_is_printed_alone_and_works(app, flask, ada):
    status, output, errors = issue(flask)
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"gwt_[\w-]{43}\n", output)
    assert total(app, output.strip()).json == {"total": 0, "rows": 0}


def test_a_token_allows_the_scopes_that_were_asked_for(app, flask, ada):
    reader = issue(flask, "--scope", "counts:read")[1].strip()
    both = issue(flask, "--scope", "counts:read", "--scope", "counts:write")[1].strip()
    everything = issue(flask)[1].strip()
    assert total(app, reader).status_code == 200
    asked = [
        app.test_client().post(
            "/counter/counts", json={"amount": 3}, headers={"Authorization": f"Bearer {secret}"}
        )
        for secret in (reader, both, everything)
    ]
    assert [answer.status_code for answer in asked] == [403, 202, 202]


def test_a_token_for_a_plugin_without_scopes_works(app, flask, ada):
    secret = issue(flask, plugin="personal")[1].strip()
    who = app.test_client().get("/personal/who", headers={"Authorization": f"Bearer {secret}"})
    assert who.json["id"].startswith("usr_")


def test_an_unknown_plugin_is_refused_with_those_there_are(flask, ada):
    told = refusal(issue(flask, plugin="weather"))
    assert told == "There is no plugin weather. There are: counter, keyed, personal."


def test_an_unknown_scope_is_refused_with_those_there_are(flask, ada):
    told = refusal(issue(flask, "--scope", "counts:admin"))
    assert told == "counter has no scope counts:admin. It has: counts:read, counts:write."


def test_a_scope_of_a_plugin_that_has_none_is_refused(flask, ada):
    told = refusal(issue(flask, "--scope", "admin", plugin="personal"))
    assert told.startswith("personal has no scope admin.")
    assert "It has: ." not in told


def test_a_plugin_that_knows_no_persons_takes_no_tokens(flask, ada):
    told = refusal(issue(flask, plugin="keyed"))
    assert told == "keyed takes no tokens: its auth does not identify a person."


@pytest.mark.parametrize("days", ["0", "-1", "3651", "many"])
def test_a_lifetime_has_bounds(flask, ada, days):
    status, output, errors = issue(flask, "--days", days)
    assert (status, output) == (2, "")
    assert "--days" in errors


@pytest.mark.parametrize(
    "words", [("user", "add"), ("user", "invite"), ("user", "link"), ("token", "issue")]
)
def test_what_a_command_needs_is_told(flask, words):
    status, output, errors = flask(*words)
    assert (status, output) == (2, "")
    assert "Missing" in errors


def test_a_command_without_its_ledger_says_so(app, flask):
    gateway = app.extensions["gateway"]
    gateway.ledger.engine.dispose()
    path = gateway.settings.data_dir / "ledger.sqlite3"
    path.unlink()
    path.mkdir()
    told = refusal(flask("user", "add", "ada@example.com"))
    assert told.startswith(
        "The gateway cannot reach its store at the moment, and nothing was done."
    )


def sign_in(client, address):
    """Open the link and press its button, as a person would."""
    page = client.get(address)
    assert page.status_code == 200
    inputs = re.findall(r"<input[^>]*>", page.text)
    fields = [
        (re.search(r'name="([^"]*)"', each), re.search(r'value="([^"]*)"', each)) for each in inputs
    ]
    form = {name[1]: html.unescape(value[1]) for name, value in fields if name and value}
    return client.post(
        "http://localhost:8000/login", data=form, headers={"Origin": "http://localhost:8000"}
    )


@pytest.fixture
def link(flask, ada):
    status, output, errors = flask("user", "link", ada)
    assert (status, errors) == (0, "")
    return output.strip()


def test_a_link_signs_in(app, link):
    assert re.fullmatch(r"http://localhost:8000/login\?token=gwl_[\w-]{43}", link)
    client = app.test_client()
    address = "http://localhost:8000/counter/pages/total"
    assert "secret total" not in client.get(address).text
    client.get(link)
    assert sign_in(client, link).status_code == 303
    assert "secret total" in client.get(address).text


def test_a_link_signs_in_once(app, link):
    first, second = app.test_client(), app.test_client()
    assert sign_in(first, link).status_code == 303
    assert second.get(link).status_code == 410
    assert "secret total" not in second.get("http://localhost:8000/counter/pages/total").text


def test_a_link_leads_to_the_public_root(start, flask):
    app = start(PLUGINS="counter", BASE_URL="https://plugins.example.com")
    flask("user", "add", "ada@example.com", of=app)
    status, output, _ = flask("user", "link", "ada@example.com", of=app)
    assert status == 0
    assert output.startswith("https://plugins.example.com/login?token=gwl_")


def run(folder, *words, **environ):
    """Run `flask` as its user does: in a process of its own, in the project's folder."""
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "PLUGINS": "counter", **environ}
    environ.setdefault("PLUGINS_DIR", str(ROOT / "tests" / "kit" / "plugins"))
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_real_command_line_makes_a_token_that_works(app, tmp_path):
    folder = tmp_path / "data"
    assert run(folder, "user", "add", "ada@example.com").returncode == 0
    done = run(folder, "token", "issue", "--user", "ada@example.com", "--plugin", "counter")
    assert (done.returncode, done.stderr) == (0, "")
    assert total(app, done.stdout.strip()).json == {"total": 0, "rows": 0}


def test_a_plugin_that_is_wrong_is_told_on_the_real_command_line(tmp_path):
    write_plugin(tmp_path, "1 / 0", name="mistaken")
    environ = {"PLUGINS": "mistaken", "PLUGINS_DIR": str(tmp_path)}
    done = run(tmp_path / "data", "user", "add", "ada@example.com", **environ)
    assert done.returncode != 0
    assert "mistaken: it cannot be imported (ZeroDivisionError: division by zero" in done.stderr
    assert done.stdout == ""


def test_flask_finds_the_samples_without_being_told(tmp_path):
    done = run(tmp_path, "routes", PLUGINS="", PLUGINS_DIR="")
    assert done.returncode == 0
    for path in SAMPLES.glob("*/__init__.py"):
        assert f"/{path.parent.name}/openapi.json" in done.stdout


def test_tokens_can_be_taken_back(app, flask, ada):
    status, output, _ = issue(flask)
    assert status == 0
    assert total(app, output.strip()).status_code == 200
    status, output_of_revoke, errors = flask(
        "token", "revoke", "--user", "ada@example.com", "--plugin", "counter"
    )
    assert (status, errors) == (0, "")
    assert "none of them works any more" in output_of_revoke
    assert total(app, output.strip()).status_code == 401
