"""An assistant that speaks MCP: right requests, for tests to send as they are or to bend first."""

import base64
import json
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from flask import Flask

from tests.kit.server import Reply, Server, head, read_reply

MODERN = "2026-07-28"
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26")
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


@dataclass
class Request:
    """One POST to an MCP server: change what you like before sending it."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def bytes(self) -> bytes:
        return json.dumps(self.body, ensure_ascii=False).encode()  # with numbers of any size


def request(
    method: str,
    params: dict[str, Any] | None = None,
    *,
    version: str | None = MODERN,
    identifier: Any = 1,
    capabilities: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
    **headers: str,
) -> Request:
    """A request of the newest revision, or of an older one; `version=None` sends no such header."""
    params, meta = dict(params or {}), dict(meta or {})
    lines = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    lines |= {"MCP-Protocol-Version": version} if version else {}
    if version == MODERN:
        meta = {VERSION_KEY: MODERN, CAPABILITIES_KEY: capabilities or {}, **meta}
        lines["Mcp-Method"] = method
        if NAMED_BY.get(method) in params:
            lines["Mcp-Name"] = header_text(params[NAMED_BY[method]])
    params |= {"_meta": meta} if meta else {}
    body = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}
    return Request(lines | {name.replace("_", "-"): text for name, text in headers.items()}, body)


def header_text(text: Any) -> str:
    """A text as clients put it into a header: in base64 where it is not plain ASCII."""
    text = str(text)
    return text if text.isascii() and text.isprintable() and text == text.strip() else coded(text)


def coded(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


class InProcess:
    """Sends to an app in this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def send(
        self, headers: dict[str, str], body: bytes, method: str = "POST", path: str = "/counter/mcp"
    ) -> Reply:
        host = {name: text for name, text in headers.items() if name == "Host"}
        response = self.app.test_client().open(
            path, method=method, data=body, headers={"Host": "localhost", **headers, **host}
        )
        found = Message()
        for name, text in response.headers:
            found[name] = text
        return Reply(response.status_code, found, response.data)


class OverSockets:
    """Sends to a real server, each header to the letter as it is given."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def send(
        self, headers: dict[str, str], body: bytes, method: str = "POST", path: str = "/counter/mcp"
    ) -> Reply:
        lines = {"Host": "localhost", "Content-Length": str(len(body)), **headers}
        with self.server.connect() as connection:
            connection.sendall(head(method, path, lines) + body)
            return read_reply(connection, method)


Wire = InProcess | OverSockets


@dataclass
class Assistant:
    """Speaks for one person, or for nobody, with one plugin."""

    wire: Wire
    plugin: str
    token: str | None = None
    version: str | None = MODERN
    capabilities: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> Reply:
        """Send a right request; `more` as for `request`."""
        asked = {"version": self.version, "capabilities": self.capabilities, **more}
        made = request(method, params, **asked)
        if self.token:
            made.headers["Authorization"] = f"Bearer {self.token}"
        return self.wire.send(made.headers, made.bytes, path=f"/{self.plugin}/mcp")

    def result(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> Any:
        """The result of a request that succeeds."""
        reply = self.ask(method, params, **more)
        assert reply.status == 200, reply.body
        assert "result" in reply.json, reply.body
        return reply.json["result"]

    def refusal(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> Any:
        """The HTTP status and the error of a request that is refused."""
        reply = self.ask(method, params, **more)
        assert "error" in reply.json, reply.body
        return reply.status, reply.json["error"]

    def call(self, tool: str, arguments: dict[str, Any] | None = None, **params: Any) -> Any:
        """The result of a tool."""
        return self.result("tools/call", {"name": tool, "arguments": arguments or {}, **params})

    def read(self, uri: str) -> Any:
        """The one content at an address."""
        [content] = self.result("resources/read", {"uri": uri})["contents"]
        return content
