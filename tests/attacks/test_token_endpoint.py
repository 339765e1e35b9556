"""Cases 15 and 16: who asks for tokens, and how."""

import base64
import secrets
from collections import Counter

import pytest

from tests.kit.attacked import assert_refused, code_for
from tests.kit.wire import Request, get, post_form, post_json

GUESSES = 10  # wrong secrets a minute


@pytest.fixture(params=["client_secret_post", "client_secret_basic"])
def keeper(request, gateway):
    """A client that has a secret, and shows it in its way."""
    return gateway.client(token_endpoint_auth_method=request.param)


def basic(client, secret=None):
    """The Authorization header that shows a secret (RFC 6749 section 2.3.1)."""
    pair = f"{client.client_id}:{secret or client.secret}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def with_header(asking: Request, headers) -> Request:
    return Request(asking.method, asking.url, asking.body, {**asking.headers, **headers})


def shown(client, asked, code, *, secret=None, method=None):
    """The exchange of a code, with a secret shown in one of the two ways."""
    method = method or client.auth_method
    if method == "client_secret_post":
        return client.exchanging(asked, code, client_secret=secret or client.secret)
    bare = client.exchanging(asked, code, client_secret=None, client_id=None)
    return with_header(bare, basic(client, secret))


def assert_unknown(reply):
    """RFC 6749 section 5.2: 401, and in which way a client shows who it is."""
    assert_refused(reply, "invalid_client", 401)
    assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_15_a_secret_opens_when_it_is_shown_as_registered(keeper, ada):
    asked, code = code_for(keeper, ada)
    tokens = keeper.tokens(keeper.wire.send(shown(keeper, asked, code)))
    assert keeper.call(tokens.access).status == 200


def test_15_a_wrong_or_absent_secret_opens_nothing(keeper, ada):
    asked, code = code_for(keeper, ada)
    for wrong in (keeper.secret[:-1], keeper.secret.upper(), "", "x", "é", "x" * 4_000):
        assert_unknown(keeper.wire.send(shown(keeper, asked, code, secret=wrong or " ")))
    assert_unknown(keeper.exchange(asked, code, client_secret=None))
    assert_unknown(keeper.exchange(asked, code, client_secret=""))
    assert keeper.wire.send(shown(keeper, asked, code)).status == 200


def test_15_a_secret_in_the_address_is_not_read(keeper, ada):
    """It would stand in the logs of every machine on the way."""
    asked, code = code_for(keeper, ada)
    bare = keeper.exchanging(asked, code, client_secret=None)
    for query in (f"client_secret={keeper.secret}", f"client_id={keeper.client_id}"):
        reply = keeper.wire.send(Request("POST", f"{bare.url}?{query}", bare.body, bare.headers))
        assert reply.status == 401, reply.body
        assert reply.json["error"] == "invalid_client"
    whole = keeper.exchanging(asked, code)
    nothing = post_form(f"{whole.url}?{whole.body.decode()}", {})
    assert_refused(keeper.wire.send(nothing), "invalid_request")
    assert keeper.wire.send(shown(keeper, asked, code)).status == 200


def test_15_two_ways_at_once_are_refused(keeper, ada):
    """RFC 6749 section 2.3: a client must not use more than one."""
    asked, code = code_for(keeper, ada)
    both = with_header(keeper.exchanging(asked, code), basic(keeper))
    reply = keeper.wire.send(both)
    assert reply.status == 401
    assert reply.json["error"] == "invalid_client"
    assert keeper.wire.send(shown(keeper, asked, code)).status == 200


def test_15_the_client_in_the_header_and_in_the_body_must_be_one(gateway, ada):
    keeper = gateway.client(token_endpoint_auth_method="client_secret_basic")
    other = gateway.client(token_endpoint_auth_method="client_secret_basic")
    asked, code = code_for(keeper, ada)
    mixed = keeper.exchanging(asked, code, client_secret=None)
    reply = keeper.wire.send(with_header(mixed, basic(other)))
    assert reply.status == 401, reply.body


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic Og==",
        "Basic AA==",
        "Basic /w==",
        "Bearer x",
        "Digest x",
    ],
)
def test_15_a_header_that_shows_nothing_is_no_failure_of_ours(keeper, ada, header):
    asked, code = code_for(keeper, ada)
    bare = keeper.exchanging(asked, code, client_secret=None)
    reply = keeper.wire.send(with_header(bare, {"Authorization": header}))
    assert reply.status == 401, reply.body
    assert reply.json["error"] == "invalid_client"


def test_15_a_client_without_a_secret_cannot_stand_for_one_that_has_one(client, confidential, ada):
    asked, code = code_for(confidential, ada)
    reply = client.exchange(asked, code, client_id=confidential.client_id)
    assert_unknown(reply)


def test_15_secrets_are_guessed_ten_times_a_minute_at_most(gateway, ada):
    """And from elsewhere the client goes on working meanwhile."""
    keeper = gateway.client(token_endpoint_auth_method="client_secret_post")
    asked, code = code_for(keeper, ada)
    elsewhere, keeper.wire = keeper.wire, gateway.wire()
    statuses = Counter()
    for _ in range(GUESSES * gateway.counters + 30):
        reply = keeper.exchange(asked, code, client_secret=secrets.token_urlsafe(32))
        statuses[reply.status] += 1
        if reply.status == 429:
            assert int(reply.headers["Retry-After"]) <= 60
        else:
            assert_unknown(reply)
    assert GUESSES <= statuses[401] <= GUESSES * gateway.counters
    assert statuses[429] == statuses.total() - statuses[401]
    keeper.wire = elsewhere
    assert keeper.exchange(asked, code).status == 200


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "nonsense",
        "AUTHORIZATION_CODE",
        "authorization_code ",
        "\x00",
    ],
)
def test_16_there_are_two_grant_types(client, ada, grant_type):
    asked, code = code_for(client, ada)
    more = (("username", "ada@example.com"), ("password", "x"))
    assert_refused(
        client.exchange(asked, code, *more, grant_type=grant_type), "unsupported_grant_type"
    )
    assert client.exchange(asked, code).status == 200


def test_16_one_must_be_named(client, ada):
    asked, code = code_for(client, ada)
    assert_refused(client.exchange(asked, code, grant_type=None), "invalid_request")


def test_16_a_body_in_json_is_for_clients_with_a_secret(client, ada):
    """Any page can send a form, and any page that is allowed to can send JSON: one way is enough."""
    asked, code = code_for(client, ada)
    fields = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "code": code,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": asked.verifier,
    }
    address = client.server["token_endpoint"]
    assert_refused(client.wire.send(post_json(address, fields)), "invalid_request")
    for bad in ([], [fields], None, "x", {**fields, "code": [code]}, {**fields, "code": 5}):
        assert_refused(client.wire.send(post_json(address, bad)), "invalid_request")
    assert client.exchange(asked, code).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "", "x"])
def test_16_a_form_is_said_to_be_one(client, ada, kind):
    asked, code = code_for(client, ada)
    asking = client.exchanging(asked, code)
    assert client.wire.send(with_header(asking, {"Content-Type": kind})).status in (400, 415)
    assert client.exchange(asked, code).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_16_tokens_are_given_to_post_only(client, ada, method):
    asked, code = code_for(client, ada)
    asking = client.exchanging(asked, code)
    query = Request(method, f"{asking.url}?{asking.body.decode()}")
    for request in (query, Request(method, asking.url, asking.body, asking.headers)):
        reply = client.wire.send(request)
        assert reply.status == 405
        assert "POST" in reply.headers["Allow"]
    assert client.exchange(asked, code).status == 200


def test_16_a_body_that_is_none_is_no_failure_of_ours(client):
    asking = client.refreshing("gwr_x")
    bodies = [
        b"",
        b"&",
        b"=",
        b"%",
        b"%ff=%ff",
        b"\xff",
        b"a" * 60_000,
        b"a&" * 20_000,
        b"\x00=\x00",
    ]
    for body in bodies:
        reply = client.wire.send(Request("POST", asking.url, body, asking.headers))
        assert reply.status in (400, 413), (body[:20], reply.status)
    huge = Request("POST", asking.url, b"a=" + b"x" * 2_000_000, asking.headers)
    reply = client.wire.try_to_send(huge)
    assert reply is None or reply.status == 413


def test_no_other_address_of_the_server_gives_anything(client):
    for path in ("introspect", "userinfo", "device_authorization", "jwks.json", "", "token/"):
        address = f"{client.base}/oauth/{path}"
        for request in (get(address), post_form(address, {"token": "x"})):
            assert client.wire.send(request).status in (404, 405), path
