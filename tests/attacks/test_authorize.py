"""Cases 5 to 11: what a link to the authorization endpoint may hold, and where it leads then."""

import pytest
from sqlalchemy import func, select

from gateway.storage.tables import authorizations
from tests.kit.attacked import assert_page, assert_refused, code_for
from tests.kit.oauth_client import REDIRECT_URI, parameters, s256
from tests.kit.wire import get, post_form

HOST = "assistant.example"
# Each is an address that some careless comparison takes for https://assistant.example/callback, or
# that a browser would follow there.
MUTATED = [
    # the end of the path
    *(
        f"{REDIRECT_URI}{end}"
        for end in ["/", "/x", "x", "//", "/.", "/..", "/../callback", ".", ";x"]
    ),
    *(
        f"{REDIRECT_URI}{end}"
        for end in ["%2f", "%2e", "%20", "%00", "%0d%0aLocation:%20//evil.example"]
    ),
    *(
        f"{REDIRECT_URI}{end}"
        for end in ["?", "?x=1", "?code=1", "#", "#x", "%23x", "%3fx", "&x", "\\", "*"]
    ),
    *(
        f"{REDIRECT_URI}{end}"
        for end in ["\x00", " ", "\t", "\r\n", ",https://evil.example/callback"]
    ),
    f"{REDIRECT_URI} https://evil.example/callback",
    f"\t{REDIRECT_URI}",
    f" {REDIRECT_URI}",
    f"{REDIRECT_URI}é",
    # the path
    f"https://{HOST}",
    f"https://{HOST}/",
    f"https://{HOST}/Callback",
    f"https://{HOST}/CALLBACK",
    f"https://{HOST}//callback",
    f"https://{HOST}/./callback",
    f"https://{HOST}/x/../callback",
    f"https://{HOST}/%2e/callback",
    f"https://{HOST}/%63allback",
    f"https://{HOST}/call%62ack",
    f"https://{HOST}\\callback",
    f"https://{HOST}/callbac",
    # the host
    "https://ASSISTANT.example/callback",
    f"https://{HOST}./callback",
    f"https://{HOST}:443/callback",
    f"https://{HOST}:8443/callback",
    f"https://{HOST}:/callback",
    f"https://evil.{HOST}/callback",
    f"https://evil{HOST}/callback",
    f"https://{HOST}.evil.example/callback",
    f"https://{HOST}evil/callback",
    f"https://{HOST}%2eevil.example/callback",
    f"https://{HOST}@evil.example/callback",
    f"https://{HOST}%40evil.example/callback",
    f"https://{HOST}\\@evil.example/callback",
    f"https://evil.example\\@{HOST}/callback",
    f"https://evil.example#@{HOST}/callback",
    f"https://evil.example?{REDIRECT_URI}",
    f"https://evil.example/{REDIRECT_URI}",
    f"https://user@{HOST}/callback",
    f"https://user:password@{HOST}/callback",
    f"https://@{HOST}/callback",
    f"https://{HOST.replace('i', 'ı')}/callback",
    f"https://{HOST.replace('a', 'а')}/callback",  # a Cyrillic letter
    f"https://{HOST.replace('.', '。')}/callback",
    "https://127.0.0.1/callback",
    "https://[::1]/callback",
    "https://*.example/callback",
    "https://evil.example/callback",
    # the scheme
    f"http://{HOST}/callback",
    f"HTTPS://{HOST}/callback",
    f"https:{HOST}/callback",
    f"https:/{HOST}/callback",
    f"https:///{HOST}/callback",
    f"https:\\\\{HOST}\\callback",
    f"//{HOST}/callback",
    "/callback",
    "callback",
    f"javascript://{HOST}/callback",
    f"javascript:location='{REDIRECT_URI}'",
    "data:text/html,callback",
    f"file://{HOST}/callback",
    f"assistant://{HOST}/callback",
    "",
]
# The same for a program on the user's own machine, whose port alone may be another.
LOOPBACK = "http://127.0.0.1:7777/callback"
MUTATED_LOOPBACK = [
    "http://localhost:7777/callback",
    "http://[::1]:7777/callback",
    "http://127.0.0.2:7777/callback",
    "http://127.1:7777/callback",
    "http://2130706433:7777/callback",
    "http://0.0.0.0:7777/callback",
    "https://127.0.0.1:7777/callback",
    "http://127.0.0.1:7777/callback/",
    "http://127.0.0.1:7777/callback?x=1",
    "http://127.0.0.1:7777/Callback",
    "http://127.0.0.1:99999/callback",
    "http://127.0.0.1:07777/callback",
    "http://127.0.0.1:-1/callback",
    "http://127.0.0.1:/callback",
    "http://127.0.0.1:7777@evil.example/callback",
    "http://user@127.0.0.1:7777/callback",
    "http://127.0.0.1.evil.example:7777/callback",
    "http://evil.example:7777/callback",
]
TWICE = (
    "response_type client_id redirect_uri scope state code_challenge code_challenge_method".split()
)


@pytest.fixture(params=["GET", "POST"])
def open_link(request, client):
    """Follow a link to the authorization endpoint, or send what it holds as a form."""

    def open_link(url):
        address, _, query = url.partition("?")
        if request.param == "GET":
            return client.wire.send(get(url))
        sent = post_form(address, {})
        return client.wire.send(type(sent)("POST", address, query.encode(), sent.headers))

    return open_link


def asked_so_far(gateway):
    [[number]] = gateway.rows(select(func.count()).select_from(authorizations))
    return number


def sent_back(reply, asked, error):
    """It is told to the client, with its state, and by whom (RFC 9207)."""
    assert reply.status == 302, (reply.status, reply.body)
    answered = asked.answer(reply.headers["Location"])
    assert answered["error"] == error
    assert answered["error_description"]
    assert "code" not in answered
    return answered


def test_05_none_of_the_mutated_redirect_uris_is_redirected_to(gateway, client, open_link):
    assert len(set(MUTATED)) >= 60
    before = asked_so_far(gateway)
    for uri in MUTATED:
        reply = open_link(client.ask(redirect_uri=uri).url)
        assert_page(reply)
        # Nor is there a link that a person might click.
        assert b'href="https://evil' not in reply.body
        assert b"javascript:" not in reply.body
    assert asked_so_far(gateway) == before


def test_05_without_one_nobody_is_sent_anywhere(client, open_link):
    """Though the client has registered only one."""
    assert_page(open_link(client.ask(redirect_uri=None).url))


def test_05_of_a_program_on_the_users_machine_the_port_alone_may_change(gateway, open_link):
    native = gateway.client(redirect_uris=[LOOPBACK])
    for uri in MUTATED_LOOPBACK:
        assert_page(open_link(native.ask(redirect_uri=uri).url))
    for port in (7777, 1, 65_535, 50_123):
        reply = open_link(native.ask(redirect_uri=f"http://127.0.0.1:{port}/callback").url)
        assert reply.status == 303
        assert "/consent/" in reply.headers["Location"]


@pytest.mark.parametrize("name", TWICE)
def test_06_a_parameter_that_comes_twice_is_refused(gateway, client, open_link, name):
    """Two programs on the way may each read another of the two."""
    before = asked_so_far(gateway)
    right = parameters(client.ask().url)[name]
    for value in (right, "https://evil.example/callback"):
        assert_page(open_link(client.ask((name, value)).url))
    assert asked_so_far(gateway) == before


def test_06_what_stands_in_the_address_of_a_form_is_not_read(gateway, client, ada):
    """A form that asks for one client, at an address that names another redirect URI."""
    before = asked_so_far(gateway)
    other = gateway.client(redirect_uris=["https://evil.example/callback"])
    evil, good = other.ask(), client.ask()
    query = good.url.partition("?")[2]
    for url, fields in ((evil.url, {}), (evil.url, {"state": "x"})):
        reply = client.wire.send(post_form(url, fields))
        assert_page(reply)
    assert asked_so_far(gateway) == before
    sent = post_form(evil.url, {})
    reply = client.wire.send(type(sent)("POST", evil.url, query.encode(), sent.headers))
    assert reply.status == 303  # the form counts alone
    good.code(ada.allow(reply.headers["Location"]))


@pytest.mark.parametrize(
    "name", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "resource"]
)
def test_06_so_it_is_at_the_token_endpoint(client, ada, name):
    asked, code = code_for(client, ada)
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": asked.verifier,
        "client_id": client.client_id,
        "resource": client.resource,
    }
    for value in (fields[name], "other"):
        assert_refused(client.exchange(asked, code, (name, value)), "invalid_request")
    assert client.exchange(asked, code).status == 200


@pytest.mark.parametrize("name", ["grant_type", "refresh_token", "client_id", "resource", "scope"])
def test_06_and_for_refresh_tokens(client, ada, name):
    tokens = client.link(ada)
    scope = {"scope": "counts:read"}
    for value in ("counts:read", "other"):
        again = client.refresh(tokens.refresh, (name, value), **scope)
        assert_refused(again, "invalid_request")
    assert client.refresh(tokens.refresh).status == 200


@pytest.mark.parametrize(
    "client_id",
    [
        "gwc_00000000000000000000000000000000",
        "nobody",
        "",
        None,
        "' OR 1=1 --",
        "\x00",
        "x" * 4_000,
        "javascript:alert(1)",
        "https://",
        "data:,",
    ],
)
def test_07_an_unknown_client_sends_nobody_anywhere(client, open_link, client_id):
    """Whatever else is wrong too, of which the client would be told if it were one."""
    for changes in ({}, {"response_type": "token"}, {"scope": "nonsense"}, {"state": "<script>"}):
        reply = open_link(client.ask(client_id=client_id, **changes).url)
        assert_page(reply)
        assert b"<script>" not in reply.body


@pytest.mark.parametrize(
    "changes", [{"response_type": "token"}, {"scope": "nonsense"}, {"code_challenge": None}]
)
def test_07_a_wrong_redirect_uri_comes_before_all_other_faults(client, open_link, changes):
    for uri in ("https://evil.example/", "javascript:alert(1)", "//evil.example", None):
        assert_page(open_link(client.ask(redirect_uri=uri, **changes).url))


def test_07_a_client_of_another_plugin_is_unknown(gateway, client, open_link):
    booking = gateway.client("booking")
    assert_page(open_link(client.ask(client_id=booking.client_id).url))


@pytest.mark.parametrize(
    "response_type",
    [
        "token",
        "id_token",
        "code token",
        "code id_token",
        "none",
        "CODE",
        "code code",
        " code",
        None,
    ],
)
def test_08_there_is_no_other_response_type_than_code(client, open_link, response_type):
    asked = client.ask(response_type=response_type)
    sent_back(open_link(asked.url), asked, "unsupported_response_type")


@pytest.mark.parametrize("kind", ["client", "confidential"])
def test_09_and_10_without_a_challenge_there_is_no_code(request, kind, open_link):
    """Of a client that has a secret, too."""
    client = request.getfixturevalue(kind)
    for changes in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "", "code_challenge_method": ""},
    ):
        asked = client.ask(**changes)
        sent_back(open_link(asked.url), asked, "invalid_request")


VERIFIER = "v" * 43


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": "S256 plain"},
        {"code_challenge": s256(VERIFIER)[:-1]},
        {"code_challenge": s256(VERIFIER) + "="},
        {"code_challenge": s256(VERIFIER)[:-1] + "+"},
        {"code_challenge": "é" * 43},
        {"code_challenge": "x" * 4_000},
    ],
    ids=str,
)
def test_11_the_challenge_is_a_hash_or_there_is_no_code(client, open_link, changes):
    asked = client.ask(**changes)
    sent_back(open_link(asked.url), asked, "invalid_request")


@pytest.mark.parametrize(
    "state", ["<script>alert(1)</script>", "a&code=evil#b", '{~}%41+ "', "x" * 2_000]
)
def test_what_a_client_sent_comes_back_as_it_was(client, open_link, state):
    asked = client.ask(state=state, scope="nonsense")
    sent_back(open_link(asked.url), asked, "invalid_scope")


def test_a_query_that_is_no_text_is_no_failure_of_ours(client, open_link):
    url = client.ask().url
    for bad in ("%ff", "%", "%zz", "%00", "&" * 2_000, "&a" * 2_000, "&=", "%ed%a0%80"):
        for place in (f"{url}{bad}", f"{url}&{bad}={bad}", f"{url}&state{bad}=x"):
            assert open_link(place).status in (302, 303, 400, 414), place


@pytest.mark.parametrize("state", ["状态", "a\r\nLocation: //evil.example", "\x00", "x" * 2_001])
def test_a_state_that_no_client_sends_is_told_on_a_page(client, open_link, state):
    """RFC 6749 appendix A.5: visible ASCII and spaces. Anything else could break a header or a line."""
    assert_page(open_link(client.ask(state=state).url))
