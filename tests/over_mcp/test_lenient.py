"""MCP_LENIENT: ChatGPT has been seen to name its revision in a header and nothing in the body."""

import pytest

from tests.kit.mcp_client import CAPABILITIES_KEY, VERSION_KEY, InProcess, request

CHATGPT = "openai-mcp/1.0.0"


def bare(method, params=None, **headers):
    """A request that lacks its `_meta`."""
    asked = request(method, params, **headers)
    del asked.body["params"]["_meta"]
    return asked


def test_without_it_everybody_is_held_to_the_protocol(anybody):
    for agent in (CHATGPT, "Claude-User", ""):
        asked = bare("server/discover", User_Agent=agent)
        reply = anybody.wire.send(asked.headers, asked.bytes)
        assert (reply.status, reply.json["error"]["code"]) == (400, -32602)


@pytest.fixture
def lenient(start):
    return InProcess(start(PLUGINS="counter", MCP_LENIENT="true"))


def test_with_it_chatgpt_may_leave_out_meta(lenient):
    for method, params in (
        ("server/discover", {}),
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"words": ["a"]}}),
    ):
        asked = bare(method, params, User_Agent=CHATGPT)
        reply = lenient.send(asked.headers, asked.bytes)
        assert (reply.status, reply.json["result"]["resultType"]) == (200, "complete")
    asked = bare("tools/list", User_Agent=CHATGPT)
    del asked.body["params"]
    assert lenient.send(asked.headers, asked.bytes).status == 200


def test_what_is_there_is_kept_and_what_lacks_is_assumed(lenient):
    for meta in ({}, {VERSION_KEY: "2026-07-28"}, {CAPABILITIES_KEY: {}}, {"progressToken": 1}):
        asked = request("tools/list", User_Agent=CHATGPT)
        asked.body["params"]["_meta"] = meta
        assert lenient.send(asked.headers, asked.bytes).status == 200
    asked.body["params"]["_meta"] = {VERSION_KEY: "2025-06-18"}
    assert lenient.send(asked.headers, asked.bytes).json["error"]["code"] == -32020
    asked.body["params"]["_meta"] = {CAPABILITIES_KEY: "all"}
    assert lenient.send(asked.headers, asked.bytes).json["error"]["code"] == -32602
    asked.body["params"]["_meta"] = "none"
    assert lenient.send(asked.headers, asked.bytes).json["error"]["code"] == -32602


@pytest.mark.parametrize(
    "agent",
    [None, "", "openai", "openai-mcp", "Mozilla/5.0 openai-mcp/1.0.0", "OpenAI-MCP/1", "curl/8"],
)
def test_others_are_still_held_to_the_protocol(lenient, agent):
    asked = bare("tools/list")
    asked.headers |= {} if agent is None else {"User-Agent": agent}
    reply = lenient.send(asked.headers, asked.bytes)
    assert (reply.status, reply.json["error"]["code"]) == (400, -32602)


def test_headers_must_still_be_right(lenient):
    asked = bare("tools/list", User_Agent=CHATGPT, Mcp_Method="tools/call")
    assert lenient.send(asked.headers, asked.bytes).json["error"]["code"] == -32020
    asked = bare("tools/list", User_Agent=CHATGPT, MCP_Protocol_Version="2199-01-01")
    assert lenient.send(asked.headers, asked.bytes).status == 400
