"""What the newest revision wants in `_meta` and in headers, and that both say the same as the body."""

import base64

import pytest

from tests.kit.mcp_client import CAPABILITIES_KEY, MODERN, VERSION_KEY, coded, request

CHINESE = "sports://赛程/英超 决赛"


def refused(wire, asked, path="/counter/mcp"):
    reply = wire.send(asked.headers, asked.bytes, path=path)
    assert reply.content_type == "application/json"
    assert (reply.status, reply.json["id"]) == (400, 1), reply.body
    return reply.json["error"]


def answered(wire, asked, path="/counter/mcp"):
    reply = wire.send(asked.headers, asked.bytes, path=path)
    assert reply.status == 200, reply.body
    return reply.json["result"]


@pytest.mark.parametrize("meta", [None, [], "x", 5, True], ids=str)
def test_meta_must_be_there(wire, meta):
    asked = request("tools/list")
    asked.body["params"]["_meta"] = meta
    error = refused(wire, asked)
    assert error["code"] == -32602
    assert "_meta" in error["message"]


@pytest.mark.parametrize("lack", ["params", "_meta", VERSION_KEY, CAPABILITIES_KEY])
@pytest.mark.parametrize("method", ["server/discover", "tools/list", "tools/call", "no/such"])
def test_what_every_request_says_must_not_lack(wire, method, lack):
    asked = request(method, {"name": "echo"})
    params = asked.body["params"]
    where = {"params": asked.body, "_meta": params}.get(lack, params["_meta"])
    del where[lack]
    error = refused(wire, asked)
    assert error["code"] == -32602
    assert (lack if "/" in lack else "_meta") in error["message"]


@pytest.mark.parametrize("value", [None, [], "x", 5, True], ids=str)
def test_capabilities_are_an_object(wire, value):
    asked = request("tools/list", meta={CAPABILITIES_KEY: value})
    assert refused(wire, asked)["code"] == -32602


@pytest.mark.parametrize(
    "value", [{"elicitation": 5}, {"elicitation": {"form": "yes"}}, {"roots": []}]
)
def test_capabilities_are_of_their_shapes(wire, value):
    assert refused(wire, request("tools/list", capabilities=value))["code"] == -32602


def test_capabilities_that_nobody_knows_do_no_harm(wire):
    capabilities = {"teleportation": {"far": True}, "extensions": {"com.example/x": {}}}
    assert answered(wire, request("tools/list", capabilities=capabilities))["tools"]


@pytest.mark.parametrize("client", [None, {"name": "Test", "version": "1", "more": 1}])
def test_a_client_may_say_who_it_is(wire, client):
    meta = {"io.modelcontextprotocol/clientInfo": client} if client else {}
    assert answered(wire, request("tools/list", meta=meta))["tools"]


@pytest.mark.parametrize(
    "value", ["2025-11-25", "2026-07-27", "", "2026-07-28 ", None, 5, []], ids=repr
)
def test_the_version_is_the_same_in_header_and_body(wire, value):
    asked = request("tools/list", meta={VERSION_KEY: value})
    assert refused(wire, asked)["code"] == -32020


@pytest.mark.parametrize(
    "value",
    [None, "", "tools/call", "TOOLS/LIST", "tools/list/", "tools", "=?base64?dG9vbHMvbGlzdA==?="],
)
def test_the_method_is_the_same_in_header_and_body(wire, value):
    asked = request("tools/list")
    del asked.headers["Mcp-Method"]
    asked.headers |= {} if value is None else {"Mcp-Method": value}
    assert refused(wire, asked)["code"] == -32020


@pytest.mark.parametrize(
    ("plugin", "method", "params"),
    [
        ("counter", "tools/call", {"name": "echo"}),
        ("sports", "prompts/get", {"name": "example_1"}),
        ("sports", "resources/read", {"uri": "http://localhost/sports/"}),
    ],
)
@pytest.mark.parametrize(
    "value", [None, "", "ECHO", "echo,echo", "é", "=?base64?", "=?base64?ZWNobw?="]
)
def test_the_name_is_the_same_in_header_and_body(wire, plugin, method, params, value):
    asked = request(method, params)
    path = f"/{plugin}/mcp"
    assert answered(wire, asked, path)["resultType"] == "complete"
    del asked.headers["Mcp-Name"]
    asked.headers |= {} if value is None else {"Mcp-Name": value}
    assert refused(wire, asked, path)["code"] == -32020


def test_other_methods_need_no_name(wire):
    assert answered(wire, request("tools/list", Mcp_Name="whatever"))["tools"]


def test_a_name_may_come_in_base64(wire):
    asked = request("tools/call", {"name": "echo", "arguments": {"words": ["a"]}})
    asked.headers["Mcp-Name"] = coded("echo")
    assert answered(wire, asked)["structuredContent"] == {"words": ["a"]}


def test_a_chinese_address_comes_in_base64(wire):
    """There is no such resource: with the right header that is what is told, with a wrong one not."""
    asked = request("resources/read", {"uri": CHINESE})
    assert asked.headers["Mcp-Name"].startswith("=?base64?")
    error = refused(wire, asked)
    assert (error["code"], error["data"]) == (-32602, {"uri": CHINESE})
    wrong = [
        coded(CHINESE + "!"),
        coded(CHINESE).lower(),
        coded(CHINESE).replace("=?base64?", "=?BASE64?"),
        coded(CHINESE).replace("=?base64?", "=?base64?\t"),
        coded(CHINESE).rstrip("=?") + "?=",  # without padding
        f"=?base64?{base64.b64encode(CHINESE.encode('gbk')).decode()}?=",
        f"=?base64?{base64.b64encode(CHINESE.encode('utf-16')).decode()}?=",
        f"=?base64?{base64.b64encode(b'sports://' + bytes([0xFF])).decode()}?=",
        "=?base64?c3BvcnRz*?=",
        "=?base64?é?=",
        "=?base64??=",
        CHINESE.encode().decode("latin-1"),  # raw UTF-8
    ]
    for text in wrong:
        asked.headers["Mcp-Name"] = text
        assert refused(wire, asked)["code"] == -32020, text


@pytest.mark.parametrize(("name", "other"), [("a", "YR=="), ("ab", "YWK=")])
def test_base64_has_one_form(wire, name, other):
    """`YQ==` and `YR==` decode to the same letter, and only the first is how it is written."""
    assert base64.b64decode(other).decode() == name
    asked = request("tools/call", {"name": name})
    asked.headers["Mcp-Name"] = coded(name)
    assert refused(wire, asked)["code"] == -32602
    asked.headers["Mcp-Name"] = f"=?base64?{other}?="
    assert refused(wire, asked)["code"] == -32020


@pytest.mark.parametrize("space", ["", " ", "\t", " \t  "])
def test_white_space_around_a_value_is_none_of_it(wire, space):
    asked = request("tools/call", {"name": "echo", "arguments": {"words": ["a"]}})
    for name in ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"):
        asked.headers[name] = f"{space}{asked.headers[name]}{space}"
    assert answered(wire, asked)["structuredContent"] == {"words": ["a"]}


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_names_of_headers_have_no_case(wire, spelling):
    asked = request("tools/call", {"name": "echo"})
    asked.headers = {spelling(name): text for name, text in asked.headers.items()}
    assert answered(wire, asked)["structuredContent"] == {"words": []}


@pytest.mark.parametrize("header", ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])
def test_a_header_given_twice_matches_nothing(wire, header):
    """Two readers could each take another one of them. Names differ in case, for a dict's sake."""
    asked = request("tools/call", {"name": "echo"})
    asked.headers[header.swapcase()] = asked.headers[header]
    assert refused(wire, asked)["code"] == -32020


@pytest.mark.parametrize("version", ["2026-07-29", "2199-01-01", "2026-7-28", "1.0", "x" * 500])
def test_an_unknown_version_is_told_which_there_are(wire, version):
    asked = request("tools/list", meta={VERSION_KEY: version, CAPABILITIES_KEY: {}})
    asked.headers |= {"MCP-Protocol-Version": version, "Mcp-Method": "tools/list"}
    error = refused(wire, asked)
    assert error["code"] == -32022
    assert error["data"] == {"supported": [MODERN], "requested": version}
    assert "2025-11-25" in error["message"]
    assert len(error["message"]) < 300


def test_an_empty_version_is_none(wire):
    asked = request("tools/list", MCP_Protocol_Version="")
    assert refused(wire, asked)["code"] == -32020


def test_a_request_that_names_no_version_is_of_an_old_one(wire):
    """So it is by the rule of 2025-06-18, whatever its body says."""
    asked = request("tools/list")
    del asked.headers["MCP-Protocol-Version"]
    assert "resultType" not in answered(wire, asked)


@pytest.mark.parametrize("version", [MODERN, "2025-11-25"])
def test_sessions_and_streams_of_the_past_are_ignored(wire, version):
    asked = request("tools/list", version=version, Mcp_Session_Id="1234", Last_Event_ID="5")
    reply = wire.send(asked.headers, asked.bytes)
    assert reply.status == 200
    assert "Mcp-Session-Id" not in reply.headers


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "text/event-stream", "text/html", ""]
)
def test_the_answer_is_json_whatever_is_accepted(wire, accept):
    asked = request("tools/list")
    asked.headers["Accept"] = accept
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert reply.headers["Cache-Control"] == "no-store"
