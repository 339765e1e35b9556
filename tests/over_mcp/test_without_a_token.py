"""Who has no token: refused by HTTP where all is protected, told in results where some is open."""

import orjson
import pytest

from tests.kit.mcp_client import InProcess, request
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


@pytest.mark.parametrize(
    "authorization", [None, "Bearer gwt_wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 5_000]
)
@pytest.mark.parametrize(("method", "params"), METHODS, ids=map(str, METHODS))
def test_a_protected_plugin_tells_nothing_without_a_token(wire, method, params, authorization):
    asked = request(method, params)
    asked.headers |= {"Authorization": authorization} if authorization else {}
    reply = wire.send(asked.headers, asked.bytes, path="/knowledge/mcp")
    assert (reply.status, reply.content_type) == (401, PROBLEM), reply.body
    assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="knowledge"')


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


def test_a_plugin_that_is_open_in_part_asks_for_a_token_in_a_result(anybody):
    assert anybody.call("echo", {"words": ["a"]})["structuredContent"] == {"words": ["a"]}
    refused = anybody.call("get_total")
    assert refused["isError"] is True
    assert orjson.loads(refused["content"][0]["text"])["code"] == "token_required"
    [challenge] = refused["_meta"]["mcp/www_authenticate"]
    assert challenge.startswith('Bearer realm="counter"')
