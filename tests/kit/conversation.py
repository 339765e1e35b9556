"""What one assistant says to one plugin over MCP, in any revision, and what it may be answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from flask import Flask
from mcp_types.methods import parse_server_result, serialize_server_result
from werkzeug.test import TestResponse

from tests.kit.mcp_client import HANDSHAKE, MODERN, SERVER_KEY, request

VERSIONS = (MODERN, *HANDSHAKE)
WITHOUT_HEADER = "2025-03-26"  # MCP-Protocol-Version came with the revision after it
CLIENT = {"name": "test", "version": "1.0.0"}


class Outcome(NamedTuple):
    """What came of a call over any transport."""

    is_problem: bool
    body: dict[str, Any]


@dataclass
class Conversation:
    """An assistant at `address`. Every result is held to its revision by the protocol's own types."""

    app: Flask
    address: str
    version: str = MODERN
    token: str | None = None
    capabilities: dict[str, Any] = field(default_factory=dict)
    name: str = "a conversation"

    def __post_init__(self) -> None:
        self._ids = count(1)

    def send(self, method: str, **params: Any) -> TestResponse:
        """One request as its revision wants it."""
        names_itself = method != "initialize" and self.version != WITHOUT_HEADER
        made = request(
            method,
            params,
            version=self.version if names_itself else None,
            identifier=next(self._ids),
            capabilities=self.capabilities,
        )
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.app.test_client().post(
            self.address,
            data=made.bytes,
            headers={"openai-conversation-id": self.name, **made.headers, **bearer},
        )

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a request, which must be all that its revision wants, and no more."""
        response = self.send(method, **params)
        assert (response.status_code, response.mimetype) == (200, "application/json"), response.text
        assert set(response.json) == {"jsonrpc", "id", "result"}, response.text
        result: dict[str, Any] = response.json["result"]
        parse_server_result(method, self.version, result)
        known = serialize_server_result(method, self.version, result)
        assert known == _without_what_openai_adds(result)
        return result

    def call(self, tool: str, arguments: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """The result of a tool."""
        return self.ask("tools/call", name=tool, arguments=dict(arguments), **more)

    def connect(self) -> dict[str, Any]:
        """What the server first says of itself: `capabilities`, `instructions`, `serverInfo`."""
        if self.version == MODERN:
            found = self.ask("server/discover")
            return {**found, "serverInfo": found["_meta"][SERVER_KEY]}
        return self.ask("initialize", **HANDSHAKE_OF[self.version])


# How a client of each of the older revisions begins.
HANDSHAKE_OF = {
    version: {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
    for version in HANDSHAKE
}


def outcome(result: Mapping[str, Any]) -> Outcome:
    """What the result of a tool says, which its text must say, too; pictures may follow."""
    text, *pictures = result["content"]
    body = json.loads(text["text"])
    assert all(each["type"] == "image" for each in pictures)
    if result["isError"]:
        assert "structuredContent" not in result
    else:
        assert result["structuredContent"] == body
    return Outcome(result["isError"], body)


def _without_what_openai_adds(result: Mapping[str, Any]) -> dict[str, Any]:
    """Without `securitySchemes` at the top of tools, which the protocol does not know."""
    if "tools" not in result:
        return dict(result)
    tools = [
        {name: value for name, value in tool.items() if name != "securitySchemes"}
        for tool in result["tools"]
    ]
    return {**result, "tools": tools}
