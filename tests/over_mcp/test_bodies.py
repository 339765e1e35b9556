"""What may stand in a body: one JSON-RPC request, or an error that says what is wrong with it."""

import json

import orjson
import pytest

from tests.kit.mcp_client import HANDSHAKE, MODERN, request

NO_JSON = {
    "nothing": b"",
    "white space": b" \r\n",
    "half a request": b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"',
    "two requests": b'{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2}',
    "two lines": b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2}',
    "single quotes": b"{'jsonrpc': '2.0'}",
    "an event": b'data: {"jsonrpc":"2.0","id":1,"method":"ping"}\n\n',
    "a method twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    "an argument twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"\\u0061":2}}',
    "NaN": b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
    "Infinity": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":Infinity}}',
    "a number beyond all": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1e999}}',
    "an id of 5,000 digits": b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"ping"}',
    "51 brackets": b"[" * 51 + b"]" * 51,
    "64 kB of brackets": b'{"jsonrpc":"2.0","id":1,"params":' + b"[" * 65_536 + b"}",
    "half of a surrogate pair": b'{"jsonrpc":"2.0","id":"\\ud83d","method":"ping"}',
    "a surrogate in bytes": b'{"jsonrpc":"2.0","id":"\xed\xa0\xbd","method":"ping"}',
    "a byte order mark": b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}',
    "UTF-16": '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"),
    "Latin-1": '{"jsonrpc":"2.0","id":"é","method":"ping"}'.encode("latin-1"),
    "a raw line feed in a text": b'{"jsonrpc":"2.0","id":"a\nb","method":"ping"}',
}

PING = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
# A body that is JSON and no request, and the id that can be read in it.
NO_REQUEST = {
    "an empty batch": ([], None),
    "a batch of one": ([PING], None),
    "a batch of two": ([PING, {**PING, "id": 8}], None),
    "a text": ("ping", None),
    "a number": (7, None),
    "null": (None, None),
    "true": (True, None),
    "an empty object": ({}, None),
    "a result": ({"jsonrpc": "2.0", "id": 7, "result": {}}, 7),
    "an error": ({"jsonrpc": "2.0", "id": 7, "error": {"code": -1, "message": "no"}}, 7),
    "no jsonrpc": ({"id": 7, "method": "tools/list"}, 7),
    **{
        f"jsonrpc {value!r}": ({**PING, "jsonrpc": value}, 7)
        for value in ("1.0", "2", 2.0, 2, None, True, ["2.0"], {})
    },
    "no method": ({"jsonrpc": "2.0", "id": 7, "params": {}}, 7),
    **{
        f"method {value!r}": ({**PING, "method": value}, 7)
        for value in (None, 5, True, [], ["tools/list"], {})
    },
    **{f"id {value!r}": ({**PING, "id": value}, None) for value in (None, True, 1.5, 7.0, [], {})},
    **{
        f"params {value!r}": ({**PING, "params": value}, 7)
        for value in (None, [], [{}], "x", "", 5, 0, True, False)
    },
}
IDS = (
    "a",
    "",
    "编号 七",
    "😀",
    '"\\</script>\r\n\0',
    0,
    -1,
    7,
    2**53 + 1,
    2**63,
    2**64,
    -(10**300),
)
ERAS = (MODERN, *HANDSHAKE, None)


@pytest.mark.parametrize("version", [MODERN, None])
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_a_parse_error(wire, body, version):
    reply = wire.send(request("tools/list", version=version).headers, body)
    assert (reply.status, reply.content_type) == (400, "application/json")
    assert reply.json["error"]["code"] == -32700
    assert reply.json["id"] is None


@pytest.mark.parametrize("version", [MODERN, None])
@pytest.mark.parametrize(("body", "identifier"), NO_REQUEST.values(), ids=NO_REQUEST)
def test_what_is_no_request_is_an_invalid_one(wire, body, identifier, version):
    reply = wire.send(request("tools/list", version=version).headers, orjson.dumps(body))
    assert (reply.status, reply.content_type) == (400, "application/json")
    assert reply.json["error"]["code"] == -32600
    assert reply.json["id"] == identifier


@pytest.mark.parametrize("version", [MODERN, None])
@pytest.mark.parametrize("identifier", IDS, ids=range(len(IDS)))
def test_an_id_comes_back_exactly(wire, identifier, version):
    for method in ("tools/list", "no/such/method"):
        asked = request(method, version=version, identifier=identifier)
        reply = wire.send(asked.headers, asked.bytes)
        assert ("result" in reply.json) is (method == "tools/list")
        assert reply.body.startswith(b'{"jsonrpc":"2.0","id":')
        assert json.loads(reply.body)["id"] == identifier


@pytest.mark.parametrize(
    ("version", "methods"),
    [
        (MODERN, "ping initialize logging/setLevel resources/subscribe resources/unsubscribe"),
        (MODERN, "subscriptions/listen tasks/get roots/list sampling/createMessage"),
        *(
            (version, "server/discover logging/setLevel subscriptions/listen")
            for version in ERAS[1:]
        ),
        *((version, "nonsense tools/List tools/list/ __class__ 工具/列表") for version in ERAS),
    ],
)
def test_an_unknown_method_is_not_found(wire, version, methods):
    for method in ["", *methods.split()]:
        asked = request(method, version=version)
        if not method.isascii():
            asked.headers.pop("Mcp-Method", None)
        reply = wire.send(asked.headers, asked.bytes)
        if version == MODERN and not method.isascii():  # it cannot stand in the header
            assert (reply.status, reply.json["error"]["code"]) == (400, -32020)
            continue
        assert reply.json["error"]["code"] == -32601
        assert reply.status == (404 if version == MODERN else 200)
        assert reply.json["id"] == 1


UNFIT = [
    ("tools/call", {}),
    ("tools/call", {"arguments": {"words": ["a"]}}),
    *(("tools/call", {"name": "echo", "arguments": value}) for value in ("a", 5, [], ["a"], True)),
    ("tools/list", {"cursor": 5}),
    ("tools/list", {"cursor": {}}),
    ("prompts/list", {"cursor": []}),
    ("resources/read", {}),
    ("resources/list", {"cursor": 0}),
    # What is right in itself, and names nothing that there is.
    ("tools/call", {"name": "no_such_tool", "arguments": {}}),
    ("tools/call", {"name": "", "arguments": {}}),
    ("tools/call", {"name": "decline_action", "arguments": {}}),
    ("tools/call", {"name": "__class__"}),
    ("tools/list", {"cursor": "2"}),
    ("tools/list", {"cursor": ""}),
    ("resources/list", {"cursor": "next"}),
    ("resources/list", {"cursor": "-1"}),
    ("resources/list", {"cursor": "１"}),
    ("resources/list", {"cursor": "9" * 30}),
]


@pytest.mark.parametrize("version", [MODERN, *HANDSHAKE])
@pytest.mark.parametrize(("method", "params"), UNFIT, ids=map(str, UNFIT))
def test_parameters_that_do_not_fit_are_refused(wire, method, params, version):
    path = "/sports/mcp" if method.startswith("prompts/") else "/counter/mcp"
    asked = request(method, params, version=version)
    reply = wire.send(asked.headers, asked.bytes, path=path)
    assert reply.json["error"]["code"] == -32602, reply.body
    assert reply.status == (400 if version == MODERN else 200)
    assert "Traceback" not in reply.body.decode()


@pytest.mark.parametrize("version", [MODERN, *HANDSHAKE])
@pytest.mark.parametrize("value", [5, None, True, [], {}, 1.5])
@pytest.mark.parametrize("method", ["tools/call", "resources/read", "prompts/get"])
def test_a_name_is_a_text(wire, method, value, version):
    """In the newest revision no header can say the same as a name that is no text."""
    asked = request(method, {"name": value, "uri": value}, version=version)
    reply = wire.send(asked.headers, asked.bytes, path="/sports/mcp")
    assert reply.json["error"]["code"] == (-32020 if version == MODERN else -32602)
    assert reply.status == (400 if version == MODERN else 200)


@pytest.mark.parametrize("version", [MODERN, *HANDSHAKE])
def test_what_is_not_there_is_named_with_what_is(wire, version):
    for method, name, known in (
        ("tools/call", "no_such", "get_scores"),
        ("prompts/get", "no", "example_1"),
    ):
        asked = request(method, {"name": name}, version=version)
        reply = wire.send(asked.headers, asked.bytes, path="/sports/mcp")
        assert reply.json["error"]["code"] == -32602
        assert known in reply.json["error"]["message"]


def test_a_long_name_does_not_come_back_whole(wire):
    name = "x" * 5_000
    asked = request("tools/call", {"name": name}, version="2025-06-18")
    assert len(wire.send(asked.headers, asked.bytes).body) < 1_000
    asked = request(name, version="2025-06-18")
    assert len(wire.send(asked.headers, asked.bytes).body) < 1_000


NOTICES = ("notifications/initialized", "notifications/cancelled", "no/such/notice", "tools/call")


@pytest.mark.parametrize("version", ERAS)
@pytest.mark.parametrize("method", NOTICES)
def test_a_notification_is_taken_without_a_word(wire, method, version):
    asked = request(method, {"name": "echo"}, version=version)
    del asked.body["id"]
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.body) == (202, b"")


def test_a_notification_of_an_unknown_revision_is_refused(wire):
    asked = request("notifications/initialized", version="2199-01-01")
    del asked.body["id"]
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.json["id"]) == (400, None)
    assert reply.json["error"]["code"] == -32022


def test_arguments_that_do_not_fit_are_a_result_and_no_error(wire):
    for arguments, field in (
        ({"times": "many"}, "times"),
        ({"surprise": 1}, "surprise"),
        ({"times": 2**70}, "times"),
    ):
        asked = request("tools/call", {"name": "echo", "arguments": arguments})
        reply = wire.send(asked.headers, asked.bytes)
        assert reply.status == 200
        result = reply.json["result"]
        assert result["isError"] is True
        problem = orjson.loads(result["content"][0]["text"])
        assert (problem["status"], problem["errors"][0]["field"]) == (422, field)
        assert "structuredContent" not in result
