"""Bodies are read strictly by a real server: whole or not at all, and in one way only."""

import gzip
import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.transports.strict_json import LARGEST
from tests.kit.apps import running_app
from tests.kit.people import Person
from tests.kit.server import chunked, head, read_reply, running

PROBLEM = "application/problem+json"

MALFORMED = {
    "no JSON": b"amount=3",
    "white space": b"  \n",
    "half an object": b'{"amount": 3',
    "two objects": b'{"amount": 3}{"amount": 4}',
    "single quotes": b"{'amount': 3}",
    "a comment": b'{"amount": 3} // three',
    "a trailing comma": b'{"amount": 3,}',
    "a name twice": b'{"amount": 3, "amount": 4}',
    "a name twice, spelled differently": b'{"amount": 3, "\\u0061mount": 4}',
    "a name twice inside": b'{"amount": 3, "note": {"a": 1, "a": 2}}',
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": Infinity}',
    "-Infinity": b'{"amount": -Infinity}',
    "a number beyond all": b'{"amount": 1e999}',
    "a number beyond all, below zero": b'{"amount": -1e999}',
    "5,000 digits": b'{"amount": ' + b"9" * 5_000 + b"}",
    "a high surrogate alone": b'{"amount": 3, "note": "\\ud83d"}',
    "a low surrogate alone": b'{"amount": 3, "note": "\\ude00"}',
    "surrogates the wrong way round": b'{"amount": 3, "note": "\\ude00\\ud83d"}',
    "a surrogate in a name": b'{"amount": 3, "\\ud83d": 1}',
    "a surrogate deep inside": b'{"amount": 3, "note": [{"a": ["\\ud83d"]}]}',
    "a surrogate in bytes": b'{"amount": 3, "note": "\xed\xa0\xbd"}',
    "UTF-16": '{"amount": 3}'.encode("utf-16"),
    "UTF-16 without a mark": '{"amount": 3}'.encode("utf-16-le"),
    "UTF-32": '{"amount": 3}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"amount": 3}',
    "Latin-1": '{"amount": 3, "note": "café"}'.encode("latin-1"),
    "GBK": '{"amount": 3, "note": "苹果"}'.encode("gbk"),
    "an overlong slash": b'{"amount": 3, "note": "\xc0\xaf"}',
    "a raw line feed in a text": b'{"amount": 3, "note": "a\nb"}',
    "2,000 brackets": b"[" * 2_000,
    "2,000 brackets that close": b"[" * 2_000 + b"]" * 2_000,
    "2,000 objects": b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    "64 kB of brackets in a field": b'{"amount": 3, "note": ' + b"[" * 65_536 + b"}",
    "a list": b'[{"amount": 3}]',
    "a text": b'"amount"',
    "a number": b"3",
    "null": b"null",
    "true": b"true",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A real server, and the same gateway in this process, to look at its ledger."""
    folder = tmp_path_factory.mktemp("served")
    with (
        running(folder, PLUGINS="counter") as server,
        running_app(folder, PLUGINS="counter") as app,
    ):
        yield server, Person(app, "ada@example.com", "counter")


@pytest.fixture
def post(served):
    """Post a body to the action `count` as Ada, and nothing but that."""

    def post(body, *, in_chunks=False, path="/counter/counts", kind="application/json", **more):
        server, ada = served
        headers = {"Host": f"localhost:{server.port}", **ada.headers}
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        if in_chunks:
            headers["Transfer-Encoding"] = "chunked"
            return server.send(head("POST", path, headers) + chunked(body))
        headers["Content-Length"] = str(len(body))
        return server.send(head("POST", path, headers) + body)

    return post


def padded(body, size):
    """The same JSON in that many bytes: a reader that cuts would find it whole."""
    return body + b" " * (size - len(body))


def assert_problem(reply, status):
    assert (reply.status, reply.content_type) == (status, PROBLEM), reply.body
    assert reply.json["status"] == status


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_is_read_whole_up_to_the_limit(post, in_chunks):
    reply = post(padded(b'{"amount": 3}', LARGEST), in_chunks=in_chunks)
    assert reply.status == 202
    note = "苹" * ((LARGEST - 30) // 3)
    reply = post(json.dumps({"amount": 3, "note": note}, ensure_ascii=False).encode())
    assert reply.status == 202


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("size", [LARGEST + 1, 1_000_000])
def test_a_body_over_the_limit_is_refused_and_never_cut(post, in_chunks, size):
    reply = post(padded(b'{"amount": 3}', size), in_chunks=in_chunks)
    assert_problem(reply, 413)
    assert "300,000 bytes" in reply.json["detail"]


def test_a_body_that_is_announced_too_large_is_not_waited_for(served):
    server, ada = served
    headers = {"Host": "localhost", "Content-Length": "100000000000", **ada.headers}
    assert_problem(server.send(head("POST", "/counter/counts", headers)), 413)


@pytest.mark.parametrize("path", ["/counter/nowhere", "/counter/echo", "/counter/counts"])
def test_a_body_that_nobody_wanted_is_never_the_next_request(served, path):
    server, _ = served
    smuggled = head("GET", "/counter/echo?words=smuggled", {"Host": "localhost"})
    headers = {"Host": "localhost", "Content-Length": str(len(smuggled))}
    with server.connect() as connection:
        connection.sendall(head("POST", path, headers) + smuggled)
        assert read_reply(connection).status in (401, 404, 405, 415)
        connection.sendall(head("GET", "/counter/echo?words=next", {"Host": "localhost"}))
        assert read_reply(connection).json == {"words": ["next"]}


@pytest.mark.parametrize(
    ("announced", "sent"),
    [
        ({"Content-Length": "100"}, b'{"amount": 77}'),
        ({"Transfer-Encoding": "chunked"}, b'e\r\n{"amount": 77}\r\n'),
        ({"Transfer-Encoding": "chunked"}, b'64\r\n{"amount": 77}'),
    ],
)
def test_a_body_that_breaks_off_is_never_taken_for_the_whole(served, announced, sent):
    server, ada = served
    headers = {"Host": "localhost", "Content-Type": "application/json", **ada.headers, **announced}
    with server.connect() as connection:
        connection.sendall(head("POST", "/counter/counts", headers) + sent)
        connection.shutdown(socket.SHUT_WR)
        assert_problem(read_reply(connection), 400)


@pytest.mark.parametrize(
    "sent", [b"zz\r\n{}\r\n0\r\n\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n"]
)
def test_chunks_that_are_none_are_the_clients_fault(served, sent):
    server, ada = served
    headers = {"Host": "localhost", "Content-Type": "application/json", **ada.headers}
    headers["Transfer-Encoding"] = "chunked"
    assert_problem(server.send(head("POST", "/counter/counts", headers) + sent), 400)


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_two_readers_could_read_differently_is_refused(post, body, in_chunks):
    reply = post(body, in_chunks=in_chunks)
    assert_problem(reply, 400)
    assert reply.json["code"] == "malformed_json"
    assert reply.json["detail"].endswith("Send one JSON object in UTF-8.")


def test_nesting_has_a_depth_that_every_reader_can_follow(post):
    def nested(depth):
        return b'{"amount": 3, "more": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert_problem(post(nested(50)), 422)
    refused = post(nested(51))
    assert_problem(refused, 400)
    assert "nested more than 50 deep" in refused.json["detail"]


def test_what_is_refused_reaches_no_operation(served, post):
    _, ada = served
    before = ada.get("/total").json
    for body in MALFORMED.values():
        post(body)
    assert ada.get("/total").json == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": 3, "note": "\\ud83d\\ude00"}',
        '{"amount": 3, "note": "😀 [[[ 苹果 \\" [[["}'.encode(),
        b'{"amount": 3, "note": "' + b"[" * 2_000 + b'"}',
        b' \r\n{"amount" : 3.0 }\t',
    ],
)
def test_what_is_unusual_and_right_is_read(post, body):
    assert post(body).status == 202


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_by_its_type(post, kind):
    assert post(b'{"amount": 3}', kind=kind).status == 202


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_a_body_of_another_type_is_refused(post, kind):
    reply = post(b'{"amount": 3}', kind=kind)
    assert_problem(reply, 415)
    assert "application/json" in reply.json["detail"]


def test_a_compressed_body_is_refused(post):
    reply = post(gzip.compress(b'{"amount": 3}'), Content_Encoding="gzip")
    assert reply.status in (400, 415)
    assert_problem(reply, reply.status)


def test_an_empty_body_is_no_argument(post):
    reply = post(b"")
    assert_problem(reply, 422)
    assert [error["field"] for error in reply.json["errors"]] == ["amount"]


def test_unknown_fields_are_named(post):
    reply = post('{"amount": 3, "amuont": 4, "数量": 5}'.encode())
    assert_problem(reply, 422)
    assert {error["field"] for error in reply.json["errors"]} == {"amuont", "数量"}
    for name in ("amuont", "数量", "amount, note, at, request_id, allow_duplicate"):
        assert name in reply.json["detail"]


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/counter/nowhere", 404),
        ("POST", "/counter/nowhere", 404),
        ("GET", "/counter/confirmations", 404),
        ("GET", "/counter/%ff%00", 404),
        ("GET", "/counter/echo/../total", 404),
        ("POST", "/counter/echo", 405),
        ("GET", "/counter/counts", 405),
        ("DELETE", "/counter/counts", 405),
        ("BREW", "/counter/counts", 405),
        ("TRACE", "/counter/echo", 405),
        ("GET", "/counter/counts/x/uncount", 405),
        ("POST", "/counter/openapi.json", 405),
        ("PUT", "/counter/.well-known/ai-plugin.json", 405),
        ("GET", "/counter/echo?times=many", 422),
        ("GET", "/counter/echo?words=%00", 422),
        ("GET", "/counter/total", 401),
        ("POST", "/counter/counts", 401),
    ],
)
def test_an_api_answers_in_problem_json_whatever_is_asked(served, method, path, status, accept):
    server, _ = served
    reply = server.ask(method, path, Accept=accept)
    assert_problem(reply, status)
    assert ("Allow" in reply.headers) is (status == 405)


def test_a_header_of_100_kb_does_no_harm(served):
    server, _ = served
    reply = server.ask("GET", "/counter/total", Authorization=f"Bearer {'x' * 100_000}")
    assert reply.status in (401, 431)
    assert server.ask("GET", "/counter/echo?words=a").json == {"words": ["a"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["amount", "note", "at", "request_id", "allow_duplicate", "more"])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(NAMES, JSON).map(lambda value: json.dumps(value).encode()) | st.binary())
def test_no_body_whatever_is_a_fault_of_ours(post, body):
    reply = post(body)
    assert reply.status in (202, 400, 422)
    assert reply.content_type == ("application/json" if reply.status == 202 else PROBLEM)
