"""Outgoing HTTP against a real server that sends what it is told, as slowly as it is told."""

import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from gateway.storage.cache import VALUE_MOST
from tests.kit.written import write_plugin

TIMEOUT = 0.5  # seconds
CODE = f"""
from gateway import Upstream

SOURCE_URL = plugin.setting("SOURCE_URL", "http://127.0.0.1:1", "Where the bytes come from.")
source = Upstream("The source", SOURCE_URL, timeout={TIMEOUT})


@plugin.query("/size", returns={{"size": fields.Integer()}}, auth=Public())
def read_size():
    "Read how many bytes the source has."
    return {{"size": source.fetch("/", parse=len, fresh_for=60).value}}


@plugin.query("/strict", returns={{"size": fields.Integer()}}, auth=Public())
def read_strictly():
    "Read it where nothing may be missing."
    return {{"size": source.fetch("/", parse=len, fresh_for=60, missing=()).value}}
"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


class Source(ThreadingTCPServer):
    """Sends `parts` in answer to each request, and waits `pause` seconds before each but the first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.parts, self.pause = [HEAD % 3 + b"abc"], 0.0
        self.asked, self.connections = 0, 0

    def answer(self, body):
        self.parts = [HEAD % len(body) + body]

    def drip(self, reply, start=0):
        """Send the beginning at once, and from there a byte every tenth of a second."""
        parts = [reply[position : position + 1] for position in range(start, len(reply))]
        self.parts, self.pause = [reply[:start], *parts], 0.1


class Conversation(StreamRequestHandler):
    """One connection, for as many requests as come."""

    def handle(self):
        self.server.connections += 1
        try:
            while self.rfile.readline().strip():
                self.answer()
        except ConnectionError:
            pass  # the gateway hung up

    def answer(self):
        while self.rfile.readline().strip():
            pass
        self.server.asked += 1
        for number, part in enumerate(self.server.parts):
            time.sleep(self.server.pause if number else 0)
            self.wfile.write(part)


@pytest.fixture
def source():
    with Source() as source:
        threading.Thread(target=source.serve_forever, args=(0.05,), daemon=True).start()
        yield source
        source.shutdown()


@pytest.fixture
def app(start, tmp_path, source):
    folder = tmp_path / "plugins"
    write_plugin(folder, CODE)
    return start(folders=(folder,), WEATHER_SOURCE_URL=source.url)


def size(app, path="/weather/size"):
    return app.test_client().get(path)


@contextmanager
def in_time():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 2 * TIMEOUT


def assert_unavailable(answer, told):
    assert (answer.status_code, answer.json["code"]) == (503, "upstream_unavailable")
    assert f"The source {told}" in answer.json["detail"]


def test_a_reply_is_asked_for_once(app, source):
    assert [size(app).json for _ in range(3)] == [{"size": 3}] * 3
    assert source.asked == 1


@pytest.mark.parametrize("start_at", [0, 20, len(HEAD % 40)], ids=["status", "headers", "body"])
def test_a_reply_that_drips_holds_nobody_longer_than_the_timeout(app, source, start_at):
    source.drip(HEAD % 40 + b"x" * 40, start_at)
    with in_time():
        assert_unavailable(size(app), "did not answer")


def test_promises_to_continue_hold_nobody_either(app, source):
    source.parts, source.pause = [b"HTTP/1.1 100 Continue\r\n\r\n"] * 30, 0.1
    with in_time():
        assert_unavailable(size(app), "did not answer")


def test_a_reply_may_take_most_of_the_time_and_the_next_begins_anew(app, source):
    for body in (b"x" * 2, b"y" * 3):
        source.drip(HEAD % len(body) + body, len(HEAD % len(body)))
        app.extensions["gateway"].cache.set(key(source), b"", 60)
        assert size(app).json == {"size": len(body)}
    assert source.connections == 1


def key(source):
    return "upstream:" + sha256(f"{source.url}/".encode()).hexdigest()


@pytest.mark.parametrize(
    "kept",
    [b"", b"\n", b"nonsense", b"5\nx", b"[]\nx", b"[200, 5]\nx", b'[[], "2026-01-01"]\nx', b"\xff"],
)
def test_kept_bytes_that_are_not_ours_are_a_miss(app, source, kept):
    cache = app.extensions["gateway"].cache
    cache.set(key(source), kept, 60)
    assert size(app).json == {"size": 3}
    assert cache.get(key(source)).endswith(b"abc")
    assert size(app).json == {"size": 3}
    assert source.asked == 1


def test_a_large_reply_is_used_but_not_kept(app, source):
    source.answer(bytes(VALUE_MOST))
    assert [size(app).json for _ in range(2)] == [{"size": VALUE_MOST}] * 2
    assert source.asked == 2


def test_a_reply_that_is_too_large_is_refused(app, source):
    source.answer(bytes(5_000_001))
    assert_unavailable(size(app), "answered with too much")


def test_what_is_missing_for_one_is_a_refusal_for_another(app, source):
    source.parts = [b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"]
    assert size(app).json == {"size": None}
    assert_unavailable(size(app, "/weather/strict"), "refused with status 404")
