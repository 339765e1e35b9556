"""What HTTP itself refuses at `/mcp`: other methods, types, sizes, hosts, pages and missing tokens."""

import gzip
import socket

import orjson
import pytest

from gateway.transports.strict_json import LARGEST
from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.mcp_client import HANDSHAKE, MODERN, InProcess, OverSockets, request
from tests.kit.people import Person
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


@pytest.mark.parametrize("path", ["/counter/mcp/", "/counter/mcp/sse", "/mcp", "/nobody/mcp", "/counter/MCP"])
def test_there_is_one_address(wire, path):
    asked = request("tools/list")
    assert wire.send(asked.headers, asked.bytes, path=path).status == 404


@pytest.mark.parametrize("version", [MODERN, "2025-06-18"])
@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "text/json", "application/json-rpc", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json"],
)
def test_another_type_of_body_is_refused(wire, kind, version):
    """A page of elsewhere can send plain text and forms without asking."""
    asked = request("tools/list", version=version, Content_Type=kind)
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.content_type) == (415, "application/json")
    assert reply.json["error"]["code"] == -32600
    assert "application/json" in reply.json["error"]["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", " application/json "])
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
    ("header", "value"), [("Origin", "https://evil.example"), ("Content-Type", "text/plain"), ("MCP-Protocol-Version", "x")]
)
def test_a_body_that_was_refused_is_never_the_next_request(server, header, value):
    asked = request("tools/list", Host="localhost")
    lines = {**asked.headers, "Content-Length": str(len(asked.bytes)), header: value}
    with server.connect() as connection:
        connection.sendall(head("POST", "/counter/mcp", lines) + asked.bytes)
        assert read_reply(connection).status in (400, 403, 415)
        connection.sendall(head("GET", "/counter/echo?words=next", {"Host": "localhost"}))
        assert read_reply(connection).json == {"words": ["next"]}


FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://evil.localhost.example:8000",
    "https://chatgpt.com.evil.example",
    "https://evilchatgpt.com",
    "https://chatgpt.com:444",
    "http://chatgpt.com",
    "https://chatgpt.com/",
    "https://CHATGPT.com ,https://evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.2",
    "http://localhost:123456",
    "file://",
    "http://192.168.0.7:8000",
    "http://counter.localhost@evil.example",
    "https://苹果.example".encode().decode("latin-1"),
    "x" * 5_000,
]


@pytest.mark.parametrize("version", [MODERN, None])
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_elsewhere_is_refused(wire, origin, version):
    asked = request("tools/list", version=version, Origin=origin)
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.content_type) == (403, PROBLEM)
    assert reply.json["code"] == "forbidden_origin"
    assert len(reply.body) < 1_000
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://chatgpt.com",
        "https://chat.openai.com",
        "http://localhost",
        "http://localhost:6274",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://counter.localhost:8000",
        "https://localhost:8443",
    ],
)
def test_pages_of_assistants_and_of_this_machine_may_ask(wire, origin):
    asked = request("tools/list", Origin=origin)
    reply = wire.send(asked.headers, asked.bytes)
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A gateway with a public root."""
    folder = tmp_path_factory.mktemp("public")
    base = {"PLUGINS": "counter", "BASE_URL": "https://plugins.example.com"}
    with running_app(folder, folders=[TEST_PLUGINS], **base) as app:
        yield InProcess(app)


@pytest.mark.parametrize(
    ("host", "path"), [("plugins.example.com", "/counter/mcp"), ("counter.plugins.example.com", "/mcp")]
)
def test_in_public_only_its_own_pages_and_assistants_may_ask(public, host, path):
    own = ["https://plugins.example.com", f"https://{host}", "https://chatgpt.com"]
    for origin, status in [
        *((each, 200) for each in own),
        ("http://localhost:6274", 403),
        ("http://plugins.example.com", 403),
        ("https://other.plugins.example.com", 403),
        ("https://plugins.example.com:8443", 403),
    ]:
        asked = request("tools/list", Host=host, Origin=origin)
        assert public.send(asked.headers, asked.bytes, path=path).status == status, origin


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example", "nobody.localhost", "169.254.169.254", "counter.localhost:99999", "plugins.example.com"])
def test_a_host_that_is_not_served_is_refused(wire, host):
    asked = request("tools/list", Host=host)
    reply = wire.send(asked.headers, asked.bytes)
    assert reply.status in (400, 421)
    assert reply.status == 421 or not host  # gunicorn refuses an empty one by itself


def test_both_forms_of_the_address_answer_alike(wire):
    asked = request("tools/list")
    as_path = wire.send(asked.headers, asked.bytes)
    as_host = wire.send({**asked.headers, "Host": "counter.localhost:8000"}, asked.bytes, path="/mcp")
    assert as_host.body == as_path.body


@pytest.mark.parametrize(("origin", "is_known"), [("https://chatgpt.com", True), ("http://localhost:6274", True), ("https://evil.example", False)])
def test_a_browser_may_ask_first_whether_it_may(wire, origin, is_known):
    wanted = "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wanted}
    reply = wire.send(preflight, b"", "OPTIONS")
    assert (reply.status, reply.body) == (200, b"")
    if not is_known:
        assert "Access-Control-Allow-Origin" not in reply.headers
        return
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    allowed = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert set(wanted.split(",")) <= set(allowed)
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]


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


@pytest.mark.parametrize("authorization", [None, "Bearer gwt_wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 5_000])
@pytest.mark.parametrize(("method", "params"), METHODS, ids=map(str, METHODS))
def test_a_protected_plugin_tells_nothing_without_a_token(wire, method, params, authorization):
    asked = request(method, params)
    asked.headers |= {"Authorization": authorization} if authorization else {}
    reply = wire.send(asked.headers, asked.bytes, path="/knowledge/mcp")
    assert (reply.status, reply.content_type) == (401, PROBLEM), reply.body
    assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="knowledge"')


def test_a_handshake_with_a_protected_plugin_needs_a_token_too(wire):
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
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


def test_many_clients_at_once_get_each_its_own_answer(server):
    from concurrent.futures import ThreadPoolExecutor

    def ask(number):
        asked = request("tools/call", {"name": "echo", "arguments": {"words": [str(number)]}}, identifier=number)
        reply = OverSockets(server).send(asked.headers, asked.bytes)
        return reply.json["id"], reply.json["result"]["structuredContent"]["words"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(64)))
    assert answers == [(number, [str(number)]) for number in range(64)]
