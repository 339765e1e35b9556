"""What HTTP itself refuses at `/mcp`: other methods, types and sizes."""

import gzip
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.transports.strict_json import LARGEST
from tests.kit.mcp_client import HANDSHAKE, MODERN, OverSockets, request
from tests.kit.server import chunked, head, read_reply

PROBLEM = "application/problem+json"
ERAS = [MODERN, *HANDSHAKE, "2024-11-05", "2199-01-01", None]


def padded(body, size):
    return body + b" " * (size - len(body))


@pytest.mark.parametrize("version", ERAS)
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
def test_there_is_post_only(wire, method, version):
    """Codex looks for OAuth with GET and 2024-11-05: 405 tells it that there is nothing wrong."""
    headers = {"MCP-Protocol-Version": version} if version else {}
    reply = wire.send({**headers, "Accept": "text/event-stream"}, b"", method)
    assert (reply.status, reply.content_type) == (405, PROBLEM)
    assert reply.headers["Allow"] == "POST"
    assert method == "HEAD" or "POST" in reply.json["detail"]


@pytest.mark.parametrize("method", ["BREW", "TRACE"])
def test_no_other_method_is_taken(wire, method):
    reply = wire.send({}, b"", method)
    assert reply.status == 405


@pytest.mark.parametrize("path", ["/counter/mcp/sse", "/mcp", "/nobody/mcp", "/counter/MCP"])
def test_there_is_one_address(wire, path):
    asked = request("tools/list")
    assert wire.send(asked.headers, asked.bytes, path=path).status == 404


@pytest.mark.parametrize("version", [MODERN, "2025-06-18"])
@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/json",
        "application/json-rpc",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "json",
    ],
)
def test_another_type_of_body_is_refused(wire, kind, version):
    """A page of elsewhere can send plain text and forms without asking."""
    asked = request("tools/list", version=version, Content_Type=kind)
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.content_type) == (415, "application/json")
    assert reply.json["error"]["code"] == -32600
    assert "application/json" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", " application/json "]
)
def test_json_is_known_by_its_type(wire, kind):
    asked = request("tools/list", Content_Type=kind)
    assert wire.send(asked.headers, asked.bytes).status == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP"])
def test_a_compressed_body_is_refused(wire, coding):
    asked = request("tools/list", Content_Encoding=coding)
    reply = wire.send(asked.headers, gzip.compress(asked.bytes))
    assert (reply.status, reply.content_type) == (415, "application/json")
    assert reply.json["error"]["code"] == -32600


@pytest.mark.parametrize("version", [MODERN, None])
def test_a_body_is_read_whole_up_to_the_limit(wire, version):
    asked = request("tools/list", version=version)
    assert wire.send(asked.headers, padded(asked.bytes, LARGEST)).status == 200
    reply = wire.send(asked.headers, padded(asked.bytes, LARGEST + 1))
    assert (reply.status, reply.content_type) == (413, "application/json")
    assert (reply.json["error"]["code"], reply.json["id"]) == (-32600, None)


def test_a_body_in_chunks_has_the_same_limit(server):
    asked = request("tools/list", Host="localhost", Transfer_Encoding="chunked")
    lines = head("POST", "/counter/mcp", asked.headers)
    assert server.send(lines + chunked(padded(asked.bytes, LARGEST))).status == 200
    for size in (LARGEST + 1, 1_000_000):
        reply = server.send(lines + chunked(padded(asked.bytes, size)))
        assert (reply.status, reply.json["error"]["code"]) == (413, -32600)


def test_a_body_that_is_announced_too_large_is_not_waited_for(server):
    asked = request("tools/list", Host="localhost", Content_Length="100000000000")
    assert server.send(head("POST", "/counter/mcp", asked.headers)).status == 413


@pytest.mark.parametrize(
    ("announced", "sent"),
    [
        ({"Content-Length": "1000"}, b"%b"),
        ({"Transfer-Encoding": "chunked"}, b"zz\r\n%b"),
        ({"Transfer-Encoding": "chunked"}, b"ffff\r\n%b"),
    ],
)
def test_a_body_that_breaks_off_is_never_taken_for_the_whole(server, announced, sent):
    asked = request("tools/list", Host="localhost")
    with server.connect() as connection:
        connection.sendall(head("POST", "/counter/mcp", {**asked.headers, **announced}))
        connection.sendall(sent % asked.bytes)
        connection.shutdown(socket.SHUT_WR)
        reply = read_reply(connection)
    assert (reply.status, reply.json["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Content-Type", "text/plain"),
        ("MCP-Protocol-Version", "x"),
    ],
)
def test_a_body_that_was_refused_is_never_the_next_request(server, header, value):
    asked = request("tools/list", Host="localhost")
    lines = {**asked.headers, "Content-Length": str(len(asked.bytes)), header: value}
    with server.connect() as connection:
        connection.sendall(head("POST", "/counter/mcp", lines) + asked.bytes)
        assert read_reply(connection).status in (400, 403, 415)
        connection.sendall(head("GET", "/counter/echo?words=next", {"Host": "localhost"}))
        assert read_reply(connection).json == {"words": ["next"]}


def test_many_clients_at_once_get_each_its_own_answer(server):
    def ask(number):
        asked = request(
            "tools/call", {"name": "echo", "arguments": {"words": [str(number)]}}, identifier=number
        )
        reply = OverSockets(server).send(asked.headers, asked.bytes)
        return reply.json["id"], reply.json["result"]["structuredContent"]["words"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(64)))
    assert answers == [(number, [str(number)]) for number in range(64)]
