"""Who has no token: refused by HTTP where all is protected, told in results where some is open."""

import re

import orjson
import pytest

from tests.kit.mcp_client import MODERN, Assistant, InProcess, request
from tests.kit.people import Person

PROBLEM = "application/problem+json"

METHODS = [
    ("server/discover", {}),
    ("tools/list", {}),
    ("prompts/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("tools/call", {"name": "search", "arguments": {"query": "coffee"}}),
    ("tools/call", {"name": "search", "arguments": {"query": 5}}),
    ("tools/call", {"name": "no_such_tool"}),
    ("tools/call", {}),
    ("prompts/get", {"name": "no_such_prompt"}),
    ("resources/read", {"uri": "http://localhost/knowledge/"}),
    ("resources/read", {"uri": "nothing://here"}),
    ("tools/list", {"cursor": "5"}),
    ("no/such/method", {}),
]


def parameters(challenge):
    """Those of one challenge, which must be well formed (RFC 9110 section 11.6.1)."""
    scheme, _, rest = challenge.partition(" ")
    assert scheme == "Bearer"
    assert re.fullmatch(r'\w+="[^"\\]*"(, \w+="[^"\\]*")*', rest)
    assert rest.isascii()
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


def metadata(plugin):
    return f"http://localhost/.well-known/oauth-protected-resource/{plugin}/mcp"


@pytest.mark.parametrize(
    "authorization", [None, "Bearer gwt_wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 5_000]
)
@pytest.mark.parametrize(("method", "params"), METHODS, ids=map(str, METHODS))
def test_a_protected_plugin_tells_nothing_without_a_token(wire, method, params, authorization):
    asked = request(method, params)
    asked.headers |= {"Authorization": authorization} if authorization else {}
    reply = wire.send(asked.headers, asked.bytes, path="/knowledge/mcp")
    assert (reply.status, reply.content_type) == (401, PROBLEM), reply.body
    challenge = parameters(reply.headers["WWW-Authenticate"])
    assert (challenge["realm"], challenge["resource_metadata"]) == (
        "knowledge",
        metadata("knowledge"),
    )
    tried = (authorization or "").startswith("Bearer ")
    assert challenge.get("error") == ("invalid_token" if tried else None)
    assert ("error_description" in challenge) is tried


def test_a_handshake_with_a_protected_plugin_needs_a_token_too(wire):
    client = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    asked = request("initialize", client, version=None)
    assert wire.send(asked.headers, asked.bytes, path="/knowledge/mcp").status == 401


def test_a_token_for_another_plugin_opens_nothing(app):
    ada = Person(app, "ada@example.com", "counter")
    asked = request("tools/list", **ada.headers)
    reply = InProcess(app).send(asked.headers, asked.bytes, path="/knowledge/mcp")
    assert (reply.status, reply.json["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("method", ["server/discover", "tools/list", "resources/list"])
def test_whoever_connects_is_told_all_scopes_so_that_the_user_is_asked_once(app, method):
    asked = request(method, {})
    reply = InProcess(app).send(asked.headers, asked.bytes, path="/booking/mcp")
    challenge = parameters(reply.headers["WWW-Authenticate"])
    assert challenge["scope"] == "bookings:read bookings:write"


def test_a_client_that_only_looks_whether_it_needs_an_account_is_told(wire):
    """Open WebUI sends no parameters; Codex looks with GET first, and 405 sends it on."""
    body = b'{"jsonrpc": "2.0", "method": "initialize", "params": {}, "id": 1}'
    reply = wire.send({"Content-Type": "application/json"}, body, path="/knowledge/mcp")
    assert reply.status == 401
    challenge = parameters(reply.headers["WWW-Authenticate"])
    assert challenge["resource_metadata"] == metadata("knowledge")
    old = {"MCP-Protocol-Version": "2024-11-05"}
    assert wire.send(old, b"", method="GET", path="/knowledge/mcp").status == 405


@pytest.mark.parametrize("version", [MODERN, "2025-06-18"])
def test_a_missing_scope_is_refused_by_http_where_all_is_protected(app, version):
    reader = Person(app, "ada@example.com", "knowledge", scopes=["notes:read"])
    named = {"name": "save_note", "arguments": {"title": "T", "text": "t"}}
    asked = request("tools/call", named, version=version, **reader.headers)
    reply = InProcess(app).send(asked.headers, asked.bytes, path="/knowledge/mcp")
    assert (reply.status, reply.content_type) == (403, PROBLEM)
    assert parameters(reply.headers["WWW-Authenticate"]) == {
        "realm": "knowledge",
        "resource_metadata": metadata("knowledge"),
        "scope": "notes:read notes:write",
        "error": "insufficient_scope",
        "error_description": reply.json["detail"],
    }
    asked = request("tools/list", version=version, **reader.headers)
    assert InProcess(app).send(asked.headers, asked.bytes, path="/knowledge/mcp").status == 200


def test_a_plugin_that_is_open_in_part_asks_for_a_token_in_a_result(anybody):
    assert anybody.call("echo", {"words": ["a"]})["structuredContent"] == {"words": ["a"]}
    refused = anybody.call("get_total")
    assert refused["isError"] is True
    assert orjson.loads(refused["content"][0]["text"])["code"] == "token_required"
    [challenge] = refused["_meta"]["mcp/www_authenticate"]
    assert parameters(challenge) == {
        "realm": "counter",
        "resource_metadata": metadata("counter"),
        "scope": "counts:read",
        "error": "insufficient_scope",
        "error_description": orjson.loads(refused["content"][0]["text"])["detail"],
    }


@pytest.mark.parametrize(
    ("scopes", "error"), [(None, "invalid_token"), (["counts:read"], "insufficient_scope")]
)
def test_what_is_wrong_with_a_token_is_told_in_the_same_place(app, scopes, error):
    """ChatGPT opens its page for linking by this, and wants both members, whatever the reason is."""
    token = Person(app, "ada@example.com", "counter", scopes=scopes).token if scopes else "gwt_old"
    refused = Assistant(InProcess(app), "counter", token).call("count", {"amount": 3})
    assert refused["isError"] is True
    [challenge] = refused["_meta"]["mcp/www_authenticate"]
    found = parameters(challenge)
    assert (found["error"], found["scope"]) == (error, "counts:read counts:write")
    assert "link their account again" in found["error_description"]


@pytest.mark.parametrize(
    ("lines", "statuses"),
    [
        (["Authorization: Bearer gwt_a", "Authorization: Bearer gwt_b"], {400, 401}),
        (["Authorization: Bearer gwt_a, Bearer gwt_b"], {401}),
        (["authorization: bearer gwt_a"], {401}),
        ([f"Authorization: Bearer {'x' * 8_000}"], {401}),
        ([f"Authorization: Bearer {'x' * 100_000}"], {400, 401, 431}),
        (["Authorization: Bearer gwt_\xe9\xff"], {401}),
        (["Authorization: Bearer"], {401}),
        (["Authorization:"], {401}),
    ],
    ids=lambda each: str(each)[:40],
)
@pytest.mark.parametrize("path", ["/knowledge/mcp", "/knowledge/notes"])
def test_odd_headers_are_refused_and_nothing_breaks(server, path, lines, statuses):
    """As they come over the wire: a server may refuse them before the gateway sees them."""
    body = b'{"jsonrpc": "2.0", "method": "initialize", "params": {}, "id": 1}'
    fixed = ["Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    head = "\r\n".join([f"POST {path} HTTP/1.1", *fixed, *lines, "", ""])
    assert server.send(head.encode("latin-1") + body).status in statuses
