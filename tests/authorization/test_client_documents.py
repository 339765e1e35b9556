"""Clients that publish a document: on a real site, over TLS, with an attacker's liberties."""

import json
import time

import pytest

from gateway.authorization.client_documents import ClientDocuments, client_from
from gateway.authorization.errors import OAuthError
from gateway.authorization.outward import Outward, is_public
from gateway.storage.cache import MemoryCache
from tests.kit.tls_server import HOST, REDIRECT

CALLBACK = "https://client.test/callback"
# As ChatGPT publishes it: the plural is what it can do, the singular is for older servers.
CHATGPT = "https://chatgpt.com/oauth/client.json"
CHATGPT_DOCUMENT = {
    "client_id": CHATGPT,
    "client_name": "ChatGPT",
    "client_uri": "https://chatgpt.com",
    "logo_uri": "https://chatgpt.com/logo.png",
    "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
}


@pytest.fixture
def documents(outward):
    return ClientDocuments(MemoryCache(), outward().get_json)


@pytest.fixture
def publish(site):
    """Publish a document that is right but for what the arguments change; its address."""

    def publish(path="/client.json", **changed):
        url = site.address(path)
        whole = {"client_id": url, "client_name": "Client", "redirect_uris": [CALLBACK], **changed}
        site.say(
            json.dumps({name: each for name, each in whole.items() if each != "absent"}).encode()
        )
        return url

    return publish


def refusal(find, *arguments):
    """The one sentence of a refusal."""
    with pytest.raises(OAuthError) as caught:
        find(*arguments)
    assert (caught.value.error, caught.value.status) == ("invalid_client", 400)
    told = caught.value.description
    assert told.isascii()
    assert told.endswith(".")
    assert not set('"\\') & set(told)
    return told


def described(**changed):
    """The client of a document that is right but for what the arguments change."""
    client_id = f"https://{HOST}/client.json"
    whole = {"client_id": client_id, "redirect_uris": [CALLBACK], **changed}
    return client_from(client_id, json.dumps(whole).encode())


def test_a_client_is_what_its_document_says(documents, publish, site):
    url = publish(grant_types=["authorization_code"])
    client = documents.find(url)
    assert (client.id, client.name, client.home) == (url, "Client", HOST)
    assert (client.auth_method, client.secret_hash) == ("none", None)
    assert client.needs_pkce
    assert not client.is_predefined
    assert not client.refreshes
    assert client.redirects_to(CALLBACK)
    assert not client.redirects_to(CALLBACK + "/")


def test_chatgpt_is_let_in():
    client = client_from(CHATGPT, json.dumps(CHATGPT_DOCUMENT).encode())
    assert (client.name, client.home, client.refreshes) == ("ChatGPT", "chatgpt.com", True)
    assert client.redirects_to("https://chatgpt.com/connector_platform_oauth_redirect")


def test_a_program_that_cannot_know_its_port_is_let_in(documents, publish):
    client = documents.find(publish(redirect_uris=["http://127.0.0.1/callback"]))
    assert client.redirects_to("http://127.0.0.1:46747/callback")


def test_a_document_is_asked_for_once_an_hour(documents, publish, site):
    url = publish()
    assert documents.find(url) == documents.find(url)
    assert len(site.asked) == 1


def test_each_address_has_its_document(documents, publish):
    first = publish("/first.json", client_name="First")
    assert documents.find(first).name == "First"
    second = publish("/second.json", client_name="Second")
    assert documents.find(second).name == "Second"
    assert documents.find(first).name == "First"


def test_a_failure_is_remembered_for_a_moment(documents, publish, site):
    url = publish(redirect_uris=[])
    told = refusal(documents.find, url)
    publish()
    assert refusal(documents.find, url) == told
    assert len(site.asked) == 1


def test_what_was_kept_is_checked_like_what_comes(publish, outward):
    class Spoilt(MemoryCache):
        def get(self, key):
            return b'+{"client_id": "https://evil.test/"}'

    told = refusal(ClientDocuments(Spoilt(), outward().get_json).find, publish())
    assert told == "The document of this client has another client_id than its own address."


@pytest.mark.parametrize(
    "path", ["", "/client.json#part", "/a/../b", "/./b", "/%2e%2e/b", "/c lient", "/é", "/*"]
)
def test_an_address_has_one_reading(documents, publish, site, path):
    publish()
    assert refusal(documents.find, site.address(path)).startswith("A client_id that is an address")
    assert site.connections == 0


@pytest.mark.parametrize("host", ["[::::]", "[]", "[127.0.0.1]", "[::1", "a..b", "-a", "a_b"])
def test_an_address_has_a_host(documents, host):
    told = refusal(documents.find, f"https://{host}/client.json")
    assert told.startswith("A client_id that is an address")


@pytest.mark.parametrize("start", ["http://", "https://user@", "https://user:pass@", "HTTPS://"])
def test_an_address_is_https_of_a_host_alone(documents, site, start):
    url = site.address().replace("https://", start)
    assert refusal(documents.find, url).startswith("A client_id that is an address")
    assert site.connections == 0


def test_an_address_has_a_length(documents, site):
    path = "/" + "a" * (200 - len(site.address("/")))
    refusal(documents.find, site.address(path + "a"))
    assert site.connections == 0
    site.say(json.dumps({"client_id": site.address(path), "redirect_uris": [CALLBACK]}).encode())
    assert documents.find(site.address(path)).name == HOST


@pytest.mark.parametrize(
    "other",
    ["absent", None, 7, "https://chatgpt.com/oauth/client.json", f"https://{HOST}/client.json"],
)
def test_a_document_speaks_for_its_own_address_only(documents, publish, other):
    told = refusal(documents.find, publish(client_id=other))
    assert told == "The document of this client has another client_id than its own address."


def test_a_document_that_is_moved_is_refused(documents, publish, site):
    url = publish()
    site.say(site.parts[1], REDIRECT, Location=site.address("/other.json"))
    assert "status 302" in refusal(documents.find, url)
    assert len(site.asked) == 1


def test_a_document_of_five_megabytes_is_refused(documents, publish):
    assert "larger than" in refusal(documents.find, publish(padding="x" * 5_000_000))


def test_a_document_that_drips_is_given_up(outward, publish, site):
    url = publish()
    site.drip(20)
    begun = time.monotonic()
    slow = ClientDocuments(MemoryCache(), outward(seconds=0.5).get_json)
    assert "does not answer" in refusal(slow.find, url)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "localhost"]
)
def test_no_document_is_fetched_from_inside(authority, site, host):
    fetch = Outward(allowed=lambda address, port: is_public(address, 443), trust=authority.trust)
    find = ClientDocuments(MemoryCache(), fetch.get_json).find
    told = refusal(find, site.address(host=host))
    assert told.startswith(
        "The document of this client does not lead to a public address on port 443."
    )
    assert site.connections == 0


@pytest.mark.parametrize(
    "uris",
    [
        [],
        None,
        CALLBACK,
        [CALLBACK, "javascript:alert(1)"],
        ["http://client.test/callback"],
        ["https://*.client.test/"],
        ["https://client.test/callback#x"],
        [7],
    ],
)
def test_a_document_names_addresses_that_may_be_registered(uris):
    assert refusal(lambda: described(redirect_uris=uris)).startswith(
        "The document of this client is refused. "
    )


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "http://127.0.0.1/", 7, None])
def test_nothing_else_that_a_document_names_is_loaded_or_minded(documents, publish, site, uri):
    documents.find(publish(logo_uri=uri, client_uri=uri, tos_uri=uri, jwks_uri=uri))
    assert site.connections == 1


@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": None},
        {"token_endpoint_auth_methods_supported": ["none"]},
        {
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
            "token_endpoint_auth_method": "private_key_jwt",
        },
    ],
)
def test_a_client_that_can_do_without_a_key_is_let_in(methods):
    assert described(**methods).auth_method == "none"


@pytest.mark.parametrize(
    "methods",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": ["none"]},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": []},
        {"token_endpoint_auth_methods_supported": "none"},
        {
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_method": "none",
        },
    ],
)
def test_a_client_that_needs_another_method_is_told(methods):
    assert "must offer the method none" in refusal(lambda: described(**methods))


def test_a_document_holds_no_secret():
    assert "client_secret" in refusal(lambda: described(client_secret="s"))


@pytest.mark.parametrize(
    ("grant_types", "refreshes"),
    [
        (["authorization_code", "refresh_token"], True),
        (["authorization_code"], False),
        (None, True),
    ],
)
def test_a_document_says_whether_a_link_is_to_last(grant_types, refreshes):
    assert described(grant_types=grant_types).refreshes is refreshes


@pytest.mark.parametrize("grant_types", [["refresh_token"], [], "authorization_code", [["x"]]])
def test_a_client_without_codes_is_refused(grant_types):
    assert "authorization_code" in refusal(lambda: described(grant_types=grant_types))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Client", "Client"),
        ("  Two\r\n words\t", "Two words"),
        ("客户端 🤖", "客户端 🤖"),
        ("a\u202egnp.tpGtahC", "agnp.tpGtahC"),
        ("Chat\u200bGPT\ufeff\u2066", "ChatGPT"),
        ("\x1b[31mred\x00", "[31mred"),
        ("\ud800half", "half"),
        ("\u3164\u2800\u200b\u00ad", HOST),
        ("\u2028line\u2029", "line"),
        ("x" * 1_000_00, "x" * 100),
        ("\u200b" * 10 + "x" * 200, "x" * 100),
        ("", HOST),
        ("   ", HOST),
        (None, HOST),
        (7, HOST),
        (["Client"], HOST),
    ],
)
def test_a_name_is_one_line_that_can_be_seen(name, shown):
    assert described(client_name=name).name == shown


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"\xff",
        b'{"client_id": NaN}',
        b'{"client_id": "a", "client_id": "b"}',
        b"[" * 20_000,
        b'{"a":' * 4_000,
    ],
)
def test_a_document_is_one_json_object(document):
    told = refusal(client_from, f"https://{HOST}/client.json", document)
    assert "JSON" in told


def test_too_many_fetches_are_no_fault_of_the_client(outward, publish):
    fetch = outward()
    for _ in range(8):
        fetch._turns.acquire()
    documents, url = ClientDocuments(MemoryCache(), fetch.get_json), publish()
    with pytest.raises(OAuthError) as caught:
        documents.find(url)
    assert (caught.value.error, caught.value.status) == ("temporarily_unavailable", 503)
    fetch._turns.release()
    assert documents.find(url).name == "Client"


@pytest.fixture
def ask(start, outward):
    """Ask for an authorization as such a client, at a gateway for which that site is the web."""
    app = start(PLUGINS="counter")
    app.extensions["gateway"].authorization.clients.documents.fetch = outward().get_json

    def ask(client_id, redirect_uri=CALLBACK):
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": "counts:read",
            "state": "s",
            "resource": "http://localhost/counter/mcp",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
        return app.test_client().get("/counter/oauth/authorize", query_string=asked)

    return ask


def test_a_person_is_asked_for_a_client_with_a_document(ask, publish):
    answer = ask(publish())
    assert answer.status_code == 303
    assert answer.location.startswith("http://localhost/consent/")


def test_for_one_without_a_good_document_nobody_is_asked_or_sent_anywhere(ask, publish, site):
    wrong = [
        ask(publish("/a.json", client_id="https://chatgpt.com/oauth/client.json")),
        ask(publish("/b.json", redirect_uris=["javascript:alert(1)"]), "javascript:alert(1)"),
        ask(publish("/c.json"), CALLBACK + "/"),
        ask(publish("/d.json").replace("https", "http")),
        ask("https://127.0.0.1/client.json"),
    ]
    assert [answer.status_code for answer in wrong] == [400] * 5
    assert not any(answer.location for answer in wrong)
    assert len(site.asked) == 3
