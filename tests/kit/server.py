"""A gateway as users run it: gunicorn in a process of its own, asked over plain sockets."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]
# Seconds until it must answer, and until it must have stopped.
START, STOP = 20, 15
PORTS = 20_000, 32_000


@dataclass(frozen=True)
class Reply:
    """One HTTP response as it came over the wire."""

    status: int
    headers: Message
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get_content_type()

    @property
    def json(self):
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A gateway that runs: `log` is all that it says."""

    port: int
    process: subprocess.Popen
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def send(self, *parts: bytes) -> Reply:
        """Send bytes on a connection of their own, and read one response."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_reply(connection)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Send one well-formed request; `content_type=` stands for Content-Type."""
        lines = {"Host": f"localhost:{self.port}", "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(head(method, path, lines) + body)


def head(method: str, path: str, headers: dict[str, str]) -> bytes:
    """The request line and the headers, to the letter as they are given."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes, size: int = 65_536) -> bytes:
    """A body in chunks (RFC 9112 section 7.1)."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def read_reply(connection: socket.socket, method: str = "GET") -> Reply:
    """Read one response to a request with that method."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Reply(response.status, response.headers, response.read())


@contextmanager
def running(folder: Path, *, application: Path = ROOT, **environ: str) -> Iterator[Server]:
    """Run gunicorn with the project's own configuration; it must leave cleanly on SIGTERM.

    Its data and its log are in `folder`. `application` is the folder of the wsgi.py to serve.
    `environ` are settings of the gateway.
    """
    port = free_port()
    settings = {
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "PLUGINS_DIR": str(ROOT / "tests" / "kit" / "plugins"),
        "RATE_LIMIT": "off",
        "WEB_CONCURRENCY": "1",
        **environ,
    }
    log = folder / "gunicorn.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", ROOT / "gunicorn.conf.py"],
            cwd=application,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, log)
    try:
        wait_until_it_answers(server)
        yield server
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens at, below those that the system gives to outgoing connections: one of
    these could be taken again before a server has it.
    """
    while True:
        port = random.randrange(*PORTS)
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port


def wait_until_it_answers(server: Server) -> None:
    until = time.monotonic() + START
    while True:
        try:
            with urllib.request.urlopen(f"{server.address}/healthz", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError):
            assert server.process.poll() is None, server.log.read_text()
            assert time.monotonic() < until, server.log.read_text()
            time.sleep(0.05)
