"""The revisions that begin with a handshake, on the same address as the newest one."""

from uuid import uuid4

import orjson
import pytest

from tests.kit.mcp_client import HANDSHAKE, MODERN, Assistant, InProcess, request
from tests.kit.people import Person

NEWEST_ONLY = {"resultType", "ttlMs", "cacheScope", "inputRequests", "requestState"}
CLIENT = {"name": "Test", "version": "1"}


def initialize(version):
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
    return request("initialize", params, version=None)


def keys(node):
    """The name of every member, however deep."""
    if isinstance(node, dict):
        yield from node
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from keys(inner)


@pytest.fixture(params=[*HANDSHAKE, None])
def old(app, request):
    """An assistant of an older revision, for Ada."""
    person = Person(app, f"{uuid4()}@example.com", "counter")
    return Assistant(InProcess(app), "counter", token=person.token, version=request.param)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        *((version, version) for version in HANDSHAKE),
        *((version, "2025-11-25") for version in ("2024-11-05", MODERN, "2199-01-01", "1.0", "")),
    ],
)
def test_the_version_that_is_asked_for_is_spoken_if_it_is_known(wire, asked, answered):
    """2024-11-05 had another transport: nobody may be told that it is spoken here."""
    made = initialize(asked)
    reply = wire.send(made.headers, made.bytes)
    assert reply.status == 200
    assert "Mcp-Session-Id" not in reply.headers
    result = reply.json["result"]
    assert result["protocolVersion"] == answered
    assert set(result["capabilities"]) == {"tools", "resources"}
    assert result["serverInfo"]["name"] == "counter"
    assert result["serverInfo"]["icons"][0]["src"] == "http://localhost/counter/logo.png"
    assert result["instructions"].startswith("Count things, one at a time")
    assert not NEWEST_ONLY & set(result)


def test_a_handshake_says_what_it_wants(wire):
    for params in (
        {},
        {"protocolVersion": 5, "capabilities": {}, "clientInfo": CLIENT},
        {"protocolVersion": "2025-06-18"},
    ):
        asked = request("initialize", params, version=None)
        reply = wire.send(asked.headers, asked.bytes)
        assert (reply.status, reply.json["error"]["code"]) == (200, -32602)


def test_a_whole_conversation_of_the_past(wire):
    """What Codex and Claude Code have sent, one after the other."""
    asked = initialize("2025-06-18")
    version = wire.send(asked.headers, asked.bytes).json["result"]["protocolVersion"]
    asked = request("notifications/initialized", version=version)
    del asked.body["id"], asked.body["params"]
    assert wire.send(asked.headers, asked.bytes).status == 202
    assert wire.send({"MCP-Protocol-Version": version}, b"", "GET").status == 405
    asked = request("tools/list", version=version, identifier=2)
    tools = wire.send(asked.headers, asked.bytes).json["result"]["tools"]
    assert "echo" in {tool["name"] for tool in tools}
    asked = request("tools/call", {"name": "echo", "arguments": {"words": ["a"]}}, version=version)
    assert wire.send(asked.headers, asked.bytes).json["result"]["structuredContent"] == {
        "words": ["a"]
    }
    assert wire.send({"MCP-Protocol-Version": version}, b"", "DELETE").status == 405


def test_ping_is_answered_with_nothing(old):
    assert old.result("ping") == {}


def test_a_request_needs_no_parameters(wire):
    asked = request("tools/list", version=None)
    del asked.body["params"]
    assert wire.send(asked.headers, asked.bytes).json["result"]["tools"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/list", {}),
        ("tools/call", {"name": "echo"}),
        ("tools/call", {"name": "get_total"}),
        ("tools/call", {"name": "count", "arguments": {"amount": 3}}),
        ("tools/call", {"name": "count", "arguments": {"amount": "x"}}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "http://localhost/counter/pages/total"}),
    ],
)
def test_old_clients_read_nothing_that_they_do_not_know(old, method, params):
    result = old.result(method, params)
    assert not NEWEST_ONLY & set(keys(result))
    assert "io.modelcontextprotocol/serverInfo" not in orjson.dumps(result).decode()


def test_both_eras_are_given_the_same_tools(old):
    new = Assistant(old.wire, old.plugin, old.token)
    assert old.result("tools/list")["tools"] == new.result("tools/list")["tools"]
    for tool, arguments in (("echo", {"words": ["a"]}), ("get_total", {}), ("echo", {"times": 99})):
        as_new = new.call(tool, arguments)
        assert (as_new.pop("resultType"), *as_new.pop("_meta")) == (
            "complete",
            "io.modelcontextprotocol/serverInfo",
        )
        assert old.call(tool, arguments) == as_new


def test_old_clients_are_never_asked_in_place_of_an_answer(old):
    """They have no way to answer: the question is in the result, as over REST."""
    old.capabilities = {"elicitation": {}}
    asked = old.call("count", {"amount": 11})
    assert asked["structuredContent"]["status"] == "confirmation_required"
    named = {name: asked["structuredContent"][name] for name in ("confirmation_id", "hash")}
    done = old.call("confirm_action", named)
    assert done["structuredContent"]["status"] == "executed"
