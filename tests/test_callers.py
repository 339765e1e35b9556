"""Who is calling: anybody, an assistant with its key, a person with a token; and what is told else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gateway.app import SAMPLES
from gateway.auth import sessions, tokens
from gateway.declaration import Public
from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.people import Person

KEYS = "openai:key-one,other:key:two"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Every plugin there is, the samples and those of the tests."""
    folder = tmp_path_factory.mktemp("callers")
    with running_app(folder, folders=(SAMPLES, TEST_PLUGINS), SERVICE_KEYS=KEYS) as app:
        yield app


@pytest.fixture(scope="module")
def ada(app):
    return Person(app, "ada@example.com", "counter")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def get(app, path, **headers):
    return app.test_client().get(
        path, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )


def assert_refused(refused, status, code):
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert refused.mimetype == "application/problem+json"
    assert refused.headers["Cache-Control"] == "no-store"


def challenge(refused):
    """The parameters of the one challenge, which must be well formed (RFC 9110 section 11.6.1)."""
    (value,) = refused.headers.getlist("WWW-Authenticate")
    scheme, _, rest = value.partition(" ")
    assert scheme == "Bearer"
    assert re.fullmatch(r'\w+="[^"]*"(, \w+="[^"]*")*', rest)
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


METADATA = "http://localhost/.well-known/oauth-protected-resource/counter/mcp"


def linking(*scopes, error=None, told=""):
    """The challenge of the plugin `counter`, to whoever came by the path form."""
    expected = {"realm": "counter", "resource_metadata": METADATA, "scope": " ".join(scopes)}
    return {**expected, **({"error": error, "error_description": told} if error else {})}


# --- anybody


def test_anybody_may_call_what_is_public(app):
    assert get(app, "/counter/hints").json == {"region": None, "id": None}
    assert get(app, "/sports/scores?league=demo").status_code == 200


@pytest.mark.parametrize("sent", ["Bearer nonsense", "Basic YTpi", "Bearer", "", "x" * 5_000])
def test_what_is_public_asks_for_no_credential_and_reads_none(app, sent):
    assert get(app, "/counter/hints", Authorization=sent).json["id"] is None


def test_what_is_public_knows_nobody_even_with_a_good_token(ada):
    assert ada.get("/hints").json["id"] is None


# --- a person


def test_a_token_stands_for_its_person(app):
    personal = Person(app, "ada@example.com", "personal")
    assert personal.get("/who").json == {"id": personal.account.id}
    assert personal.account.id.startswith("usr_")


def test_the_scheme_is_read_in_any_case(app, ada):
    for scheme in ("bearer", "BEARER", "BeArEr"):
        answer = get(app, "/counter/total", Authorization=f"{scheme} {ada.token}")
        assert answer.status_code == 200


def test_two_people_see_their_own(app, ada):
    eve = Person(app, "eve@example.com", "counter")
    assert ada.do("/counts", {"amount": 7}).json["status"] == "executed"
    assert eve.get("/total").json["total"] == 0
    assert ada.get("/total").json["total"] >= 7


@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer  ", "Basic YTpi", "Digest x", "gwt_x"]
)
def test_without_a_token_the_challenge_names_no_error(app, sent):
    """RFC 6750 section 3.1: the caller has not tried yet."""
    headers = {} if sent is None else {"Authorization": sent}
    refused = get(app, "/counter/total", **headers)
    assert_refused(refused, 401, "token_required")
    assert challenge(refused) == linking("counts:read")
    assert refused.json["detail"] == (
        "Calling get_total needs a token, sent as Authorization: Bearer <token>. Ask the user to link"
        " their account."
    )


def test_the_challenge_names_all_scopes_that_the_operation_needs(app):
    refused = app.test_client().post("/counter/counts", json={"amount": 3})
    assert challenge(refused) == linking("counts:read", "counts:write")


@pytest.mark.parametrize("name", ["keyed", "personal"])
def test_where_no_account_is_linked_no_metadata_is_named(app, name):
    refused = get(app, f"/{name}/who")
    assert challenge(refused) == {"realm": name}
    assert refused.json["detail"].endswith("Ask the user for a token.")
    refused = get(app, f"/{name}/who", **bearer("nonsense"))
    assert "resource_metadata" not in challenge(refused)
    assert refused.json["detail"].endswith("Ask the user for a new token for this plugin.")


def test_the_metadata_is_named_in_the_form_of_the_door(app):
    as_host = "http://counter.localhost:8000"
    refused = get(app, f"{as_host}/total")
    metadata = f"{as_host}/.well-known/oauth-protected-resource/mcp"
    assert challenge(refused)["resource_metadata"] == metadata
    assert get(app, metadata).json["resource"] == f"{as_host}/mcp"
    assert get(app, METADATA).json["resource"] == "http://localhost/counter/mcp"


@pytest.mark.parametrize(
    "secret",
    [
        "nonsense",
        "gwt_" + "A" * 43,
        "x" * 100_000,
        "a b",
        "é\xff",
        "'; DROP TABLE gateway_tokens; --",
        "null",
        "%00",
    ],
)
def test_a_wrong_token_is_refused(app, secret):
    refused = get(app, "/counter/total", **bearer(secret))
    assert_refused(refused, 401, "invalid_token")
    told = refused.json["detail"]
    assert challenge(refused) == linking("counts:read", error="invalid_token", told=told)
    assert told.endswith("Ask the user to link their account again.")
    assert secret not in refused.text


def test_a_token_is_good_to_the_letter_only(app, ada):
    for secret in (ada.token[:-1], ada.token + "x", ada.token.swapcase(), ada.token[4:]):
        assert_refused(get(app, "/counter/total", **bearer(secret)), 401, "invalid_token")


def test_a_token_in_the_address_or_in_a_cookie_is_not_read(app, ada):
    for name in ("access_token", "token", "authorization"):
        refused = get(app, f"/counter/total?{name}={ada.token}")
        assert_refused(refused, 401, "token_required")
    client = app.test_client()
    client.set_cookie("session", ada.token)
    assert client.get("/counter/total").status_code == 401


@pytest.mark.parametrize("sent", ["json", "data"])
def test_a_token_in_a_body_is_not_read(app, ada, sent):
    for name in ("access_token", "token", "authorization"):
        body = {sent: {name: ada.token, "amount": 3}}
        assert_refused(app.test_client().post("/counter/counts", **body), 401, "token_required")


def test_two_tokens_are_none_even_where_both_are_good(ada):
    """Over WSGI two headers are one, with a comma between them."""
    for sent in (f"Bearer {ada.token},Bearer {ada.token}", f"Bearer {ada.token}, {ada.token}"):
        assert_refused(get(ada.app, "/counter/total", Authorization=sent), 401, "invalid_token")


def test_a_browser_that_is_signed_in_is_no_assistant(ada):
    """A page elsewhere could make the browser call; only a token that it must send counts."""
    assert ada.browser().get("/counter/total").status_code == 401


def test_a_token_opens_its_own_plugin_and_no_other(app):
    declarations = app.extensions["gateway"].declarations.values()
    people = {
        each.name: Person(app, "ada@example.com", each.name)
        for each in declarations
        if each.auth.names_a_person
    }
    guarded = [
        operation
        for each in declarations
        for operation in each.operations
        if not isinstance(operation.auth, Public)
    ]
    assert {"counter", "personal"} < people.keys()
    assert {operation.plugin for operation in guarded} > people.keys()
    for operation in guarded:
        address = f"/{operation.plugin}{re.sub('<[^>]*>', 'x', operation.path)}"
        for name, person in people.items():
            answer = app.test_client().open(
                address, method=operation.method, headers=person.headers
            )
            if name == operation.plugin:
                assert answer.status_code not in (401, 403)
            else:
                assert_refused(answer, 401, "invalid_token")
                assert challenge(answer)["error"] == "invalid_token"


def test_nothing_guarded_answers_without_a_token(app):
    for each in app.extensions["gateway"].declarations.values():
        for operation in each.operations:
            address = f"/{operation.plugin}{re.sub('<[^>]*>', 'x', operation.path)}"
            answer = app.test_client().open(address, method=operation.method)
            is_open = isinstance(operation.auth, Public)
            assert (answer.status_code == 401) is not is_open, operation


def test_a_missing_scope_is_told(app):
    reader = Person(app, "ada@example.com", "counter", scopes=["counts:read"])
    assert reader.get("/total").status_code == 200
    refused = reader.post("/counts", {"amount": 3})
    assert_refused(refused, 403, "insufficient_scope")
    told = "This token does not allow count: it lacks counts:write. Ask the user to link their"
    assert refused.json["detail"] == f"{told} account again and allow it."
    scopes = ("counts:read", "counts:write")
    told = refused.json["detail"]
    assert challenge(refused) == linking(*scopes, error="insufficient_scope", told=told)


def test_a_token_without_scopes_reads_nothing(app):
    nobody = Person(app, "ada@example.com", "counter", scopes=[])
    assert_refused(nobody.get("/total"), 403, "insufficient_scope")


def test_a_token_expires(app, ada):
    with app.extensions["gateway"].ledger.write() as ledger:
        lifetime = timedelta(hours=1)
        scopes = ["counts:read"]
        secret = tokens.issue(ledger, ada.account, "counter", scopes, client="x", lifetime=lifetime)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        clock.shift(timedelta(minutes=59))
        assert get(app, "/counter/total", **bearer(secret)).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert_refused(get(app, "/counter/total", **bearer(secret)), 401, "invalid_token")


def test_a_refusal_comes_before_the_arguments_are_looked_at(app):
    """Who may not call learns nothing of what the call would have been."""
    for sent in ({"json": {"amount": "x"}}, {"data": "{", "content_type": "application/json"}):
        refused = app.test_client().post("/counter/counts", **sent)
        assert_refused(refused, 401, "token_required")
    refused = app.test_client().post("/counter/counts?amount=3")
    assert_refused(refused, 401, "token_required")


# --- an assistant


@pytest.mark.parametrize(("key", "name"), [("key-one", "openai"), ("key:two", "other")])
def test_a_service_key_names_its_assistant(app, key, name):
    assert get(app, "/keyed/who", **bearer(key)).json == {"id": f"service:{name}"}


@pytest.mark.parametrize(
    "key", ["", "key-on", "key-one-", "KEY-ONE", "openai", "openai:key-one", "é"]
)
def test_a_wrong_service_key_is_refused(app, key):
    refused = get(app, "/keyed/who", **bearer(key))
    assert_refused(refused, 401, "invalid_token" if key else "token_required")
    told = refused.json["detail"]
    error = {"error": "invalid_token", "error_description": told} if key else {}
    assert challenge(refused) == {"realm": "keyed", **error}


def test_a_plugin_can_have_keys_of_its_own(start):
    environ = {"SERVICE_KEYS": "openai:key-one", "KEYED_SERVICE_KEYS": "own:key-own"}
    app = start(PLUGINS="keyed", **environ, COUNTER_SERVICE_KEYS="stray:key-stray")
    assert get(app, "/keyed/who", **bearer("key-own")).json == {"id": "service:own"}
    assert get(app, "/keyed/who", **bearer("key-one")).json == {"id": "service:openai"}
    assert get(app, "/keyed/who", **bearer("key-stray")).status_code == 401


def test_without_keys_nobody_gets_in(start):
    app = start(PLUGINS="keyed")
    for secret in ("None", "x"):
        assert get(app, "/keyed/who", **bearer(secret)).status_code == 401


def test_a_service_key_opens_no_plugin_of_persons_and_a_token_none_of_services(app, ada):
    assert_refused(get(app, "/counter/total", **bearer("key-one")), 401, "invalid_token")
    assert_refused(get(app, "/keyed/who", **ada.headers), 401, "invalid_token")


# --- what is kept


def test_only_hashes_of_secrets_are_kept(start, tmp_path):
    app = start(PLUGINS="counter", SERVICE_KEYS="openai:key-in-the-environment")
    gateway = app.extensions["gateway"]
    ada = Person(app, "ada@example.com", "counter")
    with gateway.ledger.write() as ledger:
        link = sessions.new_link(ledger, ada.account)
        spent = sessions.new_link(ledger, ada.account)
        session = sessions.use_link(ledger, spent)
    gateway.ledger.engine.dispose()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("ledger*"))
    assert b"ada@example.com" in kept
    for secret in (ada.token, link, spent, session, "key-in-the-environment", gateway.secret):
        assert secret.encode() not in kept
        assert secret.partition("_")[2].encode() not in kept or "_" not in secret


def test_secrets_are_long_and_each_is_new(app):
    issued = {Person(app, "ada@example.com", "counter").token for _ in range(50)}
    assert len(issued) == 50
    assert all(re.fullmatch(r"gwt_[\w-]{43}", secret) for secret in issued)


# --- what an assistant says of its user


def region(app, code):
    return get(app, "/counter/hints", openai_subdivision_1_iso_code=code).json["region"]


@pytest.mark.parametrize(
    ("code", "told"), [("US-CA", "US-CA"), ("us-ca", "US-CA"), ("CN-BJ", "CN-BJ"), ("GB-1", "GB-1")]
)
def test_the_region_reaches_the_operation(app, code, told):
    assert region(app, code) == told


@pytest.mark.parametrize(
    "code",
    ["", "US", "US-", "-CA", "California", "US-CALI", "USA-CA", "US_CA", "US-CA,GB-1", "加州"],
)
def test_a_malformed_region_is_ignored(app, code):
    assert region(app, code.encode().decode("latin-1")) is None


def test_the_region_reaches_operations_that_need_a_token(app, ada):
    """It is a hint only: it changes nothing about who calls."""
    answer = ada.get("/hints", headers={"openai-subdivision-1-iso-code": "US-CA"})
    assert answer.json == {"region": "US-CA", "id": None}


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh-CN,zh;q=0.9", "为“a”计数 3 吗?"),
        ("zh", "为“a”计数 3 吗?"),
        ("de-DE,zh;q=0.9", "Count 3 for “a”?"),
        ("", "Count 3 for “a”?"),
        ("*", "Count 3 for “a”?"),
        ("../../etc", "Count 3 for “a”?"),
        ("x" * 5_000, "Count 3 for “a”?"),
    ],
)
def test_the_language_chooses_the_question(app, language, question):
    someone = Person(app, "lin@example.com", "counter")
    asked = someone.post("/counts", {"amount": 3, "note": "a"}, {"Accept-Language": language})
    assert asked.json["question"] == question
