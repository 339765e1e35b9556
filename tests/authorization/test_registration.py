"""Programs that register themselves, each in its own words (RFC 7591)."""

import json
import threading
import time
from datetime import timedelta

import pytest

from gateway.auth import accounts, grants
from gateway.authorization import clients
from gateway.authorization.errors import OAuthError
from gateway.storage import clock
from tests.kit.turned_clock import turned_clock

REGISTER = "/counter/oauth/register"
CALLBACK = "https://client.test/callback"
NONE = "token_endpoint_auth_method"

# As Codex 0.169 sends it, and others as their sources and issues have it.
CODEX = {
    "client_name": "Codex",
    "redirect_uris": ["http://127.0.0.1:46747/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
    "response_types": ["code"],
    "scope": "counts:read offline_access",
    "application_type": "native",
}
CHATGPT = {
    "client_name": "ChatGPT",
    "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_post",
    "logo_uri": "https://chatgpt.com/logo.png",
}
CLAUDE = {
    "client_name": "Claude",
    "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "scope": "counts:read counts:write",
    "client_uri": None,
    "contacts": None,
}
VS_CODE = {
    "client_name": "Visual Studio Code",
    "client_uri": "https://code.visualstudio.com",
    "grant_types": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "response_types": ["code"],
    "redirect_uris": [
        "https://insiders.vscode.dev/redirect",
        "https://vscode.dev/redirect",
        "http://127.0.0.1/",
        "http://127.0.0.1:33418/",
    ],
    "token_endpoint_auth_method": "none",
    "application_type": "native",
}
CURSOR = {
    "client_name": "Cursor",
    "redirect_uris": [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "application_type": "web",
}


@pytest.fixture
def app(start, request):
    """On SQLite; on both kinds of ledger where a test asks for `store`."""
    store = request.getfixturevalue("store") if "store" in request.fixturenames else {}
    return start(PLUGINS="counter,keyed,personal", **store)


@pytest.fixture
def register(app):
    """Register as a program would, from an address of its own each time."""
    numbers = iter(range(1, 255))

    def register(body=None, *, path=REGISTER, address=None, **changed):
        sent = body or {"redirect_uris": [CALLBACK], **changed}
        environ = {"REMOTE_ADDR": address or f"192.0.2.{next(numbers)}"}
        return app.test_client().post(path, json=sent, environ_base=environ)

    return register


def kept(app, client_id, plugin="counter"):
    with app.extensions["gateway"].ledger.read() as connection:
        return clients.find(connection, plugin, client_id)


def fault(reply, status=400):
    """The code of a refusal, which must have the one shape of OAuth."""
    assert (reply.status_code, reply.mimetype) == (status, "application/json")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json.keys() == {"error", "error_description"}
    assert reply.json["error_description"].endswith(".")
    return reply.json["error"]


@pytest.mark.parametrize("sent", [CODEX, CHATGPT, CLAUDE, VS_CODE, CURSOR])
def test_the_programs_of_today_are_registered(app, register, sent):
    reply = register(sent)
    assert (reply.status_code, reply.mimetype) == (201, "application/json")
    assert reply.headers["Cache-Control"] == "no-store"
    client = kept(app, reply.json["client_id"])
    assert client.name == sent["client_name"] == reply.json["client_name"]
    assert list(client.redirect_uris) == sent["redirect_uris"] == reply.json["redirect_uris"]
    assert client.auth_method == sent[NONE] == reply.json[NONE]
    assert client.refreshes
    assert client.needs_pkce
    assert not client.is_predefined
    assert client.home is None
    assert reply.json["grant_types"] == ["authorization_code", "refresh_token"]
    assert reply.json["response_types"] == ["code"]
    assert ("client_secret" in reply.json) == (sent[NONE] != "none")


def test_a_program_of_the_users_machine_may_come_back_on_any_port(app, register):
    client = kept(app, register(CODEX).json["client_id"])
    assert client.redirects_to("http://127.0.0.1:51234/callback")


def test_a_secret_is_given_once_and_kept_as_a_hash(store, app, register):
    reply = register(CHATGPT).json
    assert reply["client_secret"].startswith("gwk_")
    assert reply["client_secret_expires_at"] == 0
    assert abs(reply["client_id_issued_at"] - time.time()) < 5
    assert kept(app, reply["client_id"]).secret_hash not in (None, reply["client_secret"])


def test_whoever_says_nothing_gets_what_the_standard_says(app, register):
    reply = register().json
    assert reply[NONE] == "client_secret_basic"
    assert reply["client_name"] == "A program without a name"
    assert reply["scope"] == "counts:read counts:write offline_access"
    assert "client_secret" in reply


@pytest.mark.parametrize(
    ("asked", "scope"),
    [
        ("counts:read offline_access", "counts:read offline_access"),
        ("counts:write counts:read", "counts:read counts:write"),
        ("counts:read openid profile", "counts:read"),
        ("openid", "counts:read counts:write offline_access"),
        ("", "counts:read counts:write offline_access"),
        (None, "counts:read counts:write offline_access"),
        (["counts:read"], "counts:read counts:write offline_access"),
    ],
)
def test_it_is_told_which_of_its_scopes_there_are(register, asked, scope):
    assert register(scope=asked).json["scope"] == scope


def test_a_program_that_will_not_refresh_is_told_so(app, register):
    reply = register(grant_types=["authorization_code"]).json
    assert reply["grant_types"] == ["authorization_code"]
    assert not kept(app, reply["client_id"]).refreshes


@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        CALLBACK,
        [7],
        [CALLBACK, "javascript:alert(1)"],
        ["data:text/html,x"],
        ["http://client.test/callback"],
        ["http://169.254.169.254/"],
        ["https://*.client.test/callback"],
        ["https://client.test/callback#part"],
        ["https://user@client.test/callback"],
        ["myapp://callback"],
        [f"{CALLBACK}/{number}" for number in range(11)],
        [CALLBACK + "a" * 1_000],
    ],
)
def test_an_address_to_which_no_answer_should_go_is_refused(register, uris):
    assert fault(register(redirect_uris=uris)) == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "changed",
    [
        {NONE: "private_key_jwt"},
        {NONE: "client_secret_jwt"},
        {NONE: "tls_client_auth"},
        {NONE: 5},
        {NONE: ""},
        {NONE: ["none"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": ["implicit"]},
        {"grant_types": {}},
        {"grant_types": ["client_credentials"]},
        {"grant_types": []},
        {"grant_types": "authorization_code"},
        {"response_types": ["token"]},
        {"response_types": ["code token"]},
        {"response_types": "code"},
    ],
)
def test_a_program_that_cannot_be_served_is_told_and_not_kept(app, register, changed):
    assert fault(register(**changed)) == "invalid_client_metadata"
    with app.extensions["gateway"].ledger.read() as connection:
        assert clients.all_of(connection, "counter") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"redirect_uris": ["https://a.test/"], "redirect_uris": ["https://b.test/"]}',
        b'{"redirect_uris": NaN}',
        b"\xff",
    ],
)
def test_a_body_is_one_json_object(app, body):
    reply = app.test_client().post(REGISTER, data=body, content_type="application/json")
    assert fault(reply) == "invalid_client_metadata"


def test_a_body_comes_as_json_and_is_not_endless(app, register):
    as_form = app.test_client().post(REGISTER, data={"redirect_uris": CALLBACK})
    assert fault(as_form) == "invalid_client_metadata"
    assert fault(register(padding="x" * 300_001), 413) == "invalid_client_metadata"


def test_what_means_nothing_here_is_passed_over(app, register):
    reply = register(
        software_statement="eyJ.eyJ.x",
        jwks={"keys": []},
        logo_uri="javascript:alert(1)",
        client_id="gwc_mine",
        client_secret="mine",
        is_predefined=True,
        needs_pkce=False,
    )
    assert reply.status_code == 201
    assert reply.json["client_id"] != "gwc_mine"
    assert "logo_uri" not in reply.json
    client = kept(app, reply.json["client_id"])
    assert client.needs_pkce
    assert not client.is_predefined


def test_a_name_is_cleaned(register):
    reply = register(client_name="a\u202egnp.\r\nChat\u200bGPT" + "x" * 1_000)
    assert reply.json["client_name"] == ("agnp. ChatGPT" + "x" * 100)[:100]


def test_a_client_is_known_to_its_plugin_only(store, app, register):
    client_id = register(CODEX).json["client_id"]
    assert kept(app, client_id).id == client_id
    with pytest.raises(OAuthError):
        kept(app, client_id, plugin="personal")


def test_each_registration_is_a_client_of_its_own(register):
    ids = {register(CODEX).json["client_id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(each.startswith("gwc_") for each in ids)


def test_only_plugins_that_link_accounts_have_the_address(register):
    reply = register(path="/keyed/oauth/register")
    assert (reply.status_code, reply.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_the_address_takes_registrations_only(app, method):
    reply = getattr(app.test_client(), method)(REGISTER)
    assert reply.status_code == 405
    assert set(reply.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_both_doors_register_for_the_same_plugin(app, register):
    client = app.test_client()
    reply = client.post("/oauth/register", json=CODEX, base_url="http://counter.localhost:8000")
    assert kept(app, reply.json["client_id"]).name == "Codex"


def test_a_thousand_registrations_stop_at_thirty(app, register):
    replies = [register(CODEX, address="198.51.100.7") for _ in range(40)]
    assert [reply.status_code for reply in replies] == [201] * 30 + [429] * 10
    assert fault(replies[-1], 429) == "temporarily_unavailable"
    assert int(replies[-1].headers["Retry-After"]) > 60
    assert register(CODEX, address="198.51.100.8").status_code == 201
    with app.extensions["gateway"].ledger.read() as connection:
        assert len(clients.all_of(connection, "counter")) == 31


def test_a_network_of_ipv6_counts_as_one_address(register):
    """Whoever has one address of a /64 has all of them."""
    statuses = [
        register(CODEX, address=f"2001:db8:1:2::{number:x}").status_code for number in range(40)
    ]
    assert statuses == [201] * 30 + [429] * 10
    assert register(CODEX, address="2001:db8:1:3::1").status_code == 201


def test_many_may_register_at_once(store, app, register):
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(register(CODEX).status_code))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [201] * 12


def test_a_client_that_nobody_uses_is_forgotten_after_ninety_days(store, app, register):
    ledger = app.extensions["gateway"].ledger
    idle, used, linked = (register(CODEX).json["client_id"] for _ in range(3))
    with ledger.write() as connection:
        added, _ = clients.add(
            connection, "counter", "Added", [CALLBACK], auth_method="none", is_predefined=True
        )
        account = accounts.add(connection, "ada@example.com")
        now, who = clock.now(connection), {"client": linked, "client_name": "Codex"}
        grants.begin(connection, account.id, "counter", ["counts:read"], **who, now=now)
    later = now + timedelta(days=89)
    with ledger.write() as connection:
        assert clients.forget_unused(connection, later) == 0
        clients.used(connection, used, later)
        clients.used(connection, "https://client.test/client.json", later)
    with turned_clock(ledger) as turned:
        turned.shift(timedelta(days=91))
        newest = register(CODEX).json["client_id"]
    with ledger.read() as connection:
        left = {client.id for _, client in clients.all_of(connection)}
    assert left == {used, linked, added.id, newest}
    assert idle not in left


def test_what_can_be_no_id_of_ours_is_unknown(store, app):
    for client_id in ("", "gwc_", "gwc_\x00", "x" * 100_000, "gwc_" + "é" * 32, "http://a.test/"):
        with pytest.raises(OAuthError) as caught:
            kept(app, client_id)
        assert caught.value.error == "invalid_client"


def test_a_reply_that_says_everything_is_small(register):
    body = {**CODEX, "redirect_uris": [f"https://a.test/{'x' * 980}{n}" for n in range(10)]}
    assert len(json.dumps(register(body).json)) < 12_000
