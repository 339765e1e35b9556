"""HTTP by absolute addresses to a gateway on this machine, each request on a connection of its own.

All names lead to the gateway's port on loopback: `localhost` and `counter.localhost` alike.
"""

import contextlib
import json
import select
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.kit.server import Reply, head, read_reply

Fields = Mapping[str, str] | Sequence[tuple[str, str]]
# Seconds to wait for a reply. The machine may be busy with other things.
PATIENCE = 30


@dataclass(frozen=True)
class Request:
    """One request that is ready to be sent."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = {"Host": parts.netloc, "Content-Length": str(len(self.body)), **self.headers}
        return head(self.method, target, lines) + self.body


def get(url: str, **headers: str) -> Request:
    """Ask for a page or a document; `accept_language=` stands for Accept-Language."""
    return Request("GET", url, headers=_named(headers))


def post_form(url: str, fields: Fields, **headers: str) -> Request:
    """Send a form. `fields` as pairs may hold a name twice."""
    lines = {"Content-Type": "application/x-www-form-urlencoded", **_named(headers)}
    return Request("POST", url, urlencode(fields).encode(), lines)


def post_json(url: str, value: Any, **headers: str) -> Request:
    """Send a JSON body."""
    lines = {"Content-Type": "application/json", **_named(headers)}
    return Request("POST", url, json.dumps(value).encode(), lines)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").title(): text for name, text in headers.items()}


@dataclass(frozen=True)
class Wire:
    """The way to the gateway at `port`, from an address of the loopback range.

    What the gateway counts by address, it counts for each `source` by itself.
    """

    port: int
    source: str = "127.0.0.1"

    @property
    def root(self) -> str:
        return f"http://localhost:{self.port}"

    def base(self, plugin: str, door: str = "path") -> str:
        """The address of a plugin, as a "path" or as a "host"."""
        return {"path": f"{self.root}/{plugin}", "host": f"http://{plugin}.localhost:{self.port}"}[
            door
        ]

    def leads_to(self, url: str) -> bool:
        """Whether an address is one of the gateway's."""
        parts = urlsplit(url)
        name = parts.hostname or ""
        return parts.port == self.port and (name == "localhost" or name.endswith(".localhost"))

    def connect(self) -> socket.socket:
        address = ("127.0.0.1", self.port)
        connection = socket.create_connection(address, PATIENCE, (self.source, 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def send(self, request: Request) -> Reply:
        """Send a request and read its reply."""
        with self.connect() as connection:
            connection.sendall(bytes(request))
            return read_reply(connection, request.method)

    def try_to_send(self, request: Request) -> Reply | None:
        """Send a request that may be too much: None where the gateway hangs up without a reply."""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(bytes(request))
            return _reply_if_any(connection, request)

    def send_at_once(self, requests: Iterable[Request]) -> list[Reply | None]:
        """Send requests so that all are handled at the same moment: None where no reply came.

        Each is sent but for its last byte, and the last bytes then follow together: by then every
        worker has taken its share and waits.
        """
        asked = list(requests)
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(self.connect()) for _ in asked]
            for connection, request in zip(connections, asked, strict=True):
                connection.sendall(bytes(request)[:-1])
            for connection, request in zip(connections, asked, strict=True):
                with contextlib.suppress(OSError):
                    connection.sendall(bytes(request)[-1:])
            return [
                _reply_if_any(connection, request)
                for connection, request in zip(connections, asked, strict=True)
            ]

    def send_and_lose_the_reply(self, request: Request) -> None:
        """Send a request, and hang up when the reply has come, without reading it."""
        with self.connect() as connection:
            connection.sendall(bytes(request))
            select.select([connection], [], [], PATIENCE)


def _reply_if_any(connection: socket.socket, request: Request) -> Reply | None:
    """The reply, or None where the connection ended before there was a whole one."""
    try:
        return read_reply(connection, request.method)
    except (OSError, HTTPException):
        return None
