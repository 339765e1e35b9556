"""One MCP server behind one address: from a message to the reply, in whichever version it speaks."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from mcp_types import INVALID_PARAMS, SERVER_INFO_META_KEY
from mcp_types.version import LATEST_HANDSHAKE_VERSION

from .features import Handler, InputRequired, Outcome, Progress, Request, Result, Server
from .messages import JsonRpcError
from .versions import HANDSHAKE, MODERN
from .wire import unknown_method, validate, written

# What a server says that it offers, by the method that shows it.
CAPABILITIES = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "completion/complete": "completions",
}
AUTHENTICATED_BY_THEIR_HANDLERS = frozenset(
    {"tools/call", "resources/list", "resources/read", "completion/complete"}
)
Feature = TypeVar("Feature")


class Endpoint:
    """Answers the requests of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tools = {tool.name: tool for tool in server.tools}
        self._prompts = {prompt.name: prompt for prompt in server.prompts}
        self._prepared: dict[tuple[str, str], bytes] = {}

    def answer(self, request: Request) -> bytes | Iterator[Progress | bytes]:
        """The member `result` of the reply, as JSON, or what comes before it and it.

        Raises `JsonRpcError` for a request that cannot be answered, and `HttpRefusal` where its client
        may not connect at all, whatever else is wrong.
        """
        if request.method not in AUTHENTICATED_BY_THEIR_HANDLERS:
            self._server.admit(request)
            return self._answer(request)
        try:
            return self._answer(request)
        except JsonRpcError:  # perhaps before its handler has asked who calls
            self._server.admit(request)
            raise

    def _answer(self, request: Request) -> bytes | Iterator[Progress | bytes]:
        handler = self._handlers.get(request.method)
        if handler is None:
            raise unknown_method(request.method)
        validate(request)
        if request.method in ("tools/list", "prompts/list"):
            return self._list(handler, request)
        return self._finish(request, handler(request))

    def _list(self, handler: Handler, request: Request) -> bytes:
        """A list, made once for each version: the same bytes for every client."""
        if request.params.get("cursor") is not None:
            raise JsonRpcError(INVALID_PARAMS, "There is one page only: leave out the cursor.")
        key = (request.method, request.version)
        if key not in self._prepared:
            outcome = handler(request)
            assert isinstance(outcome, Mapping)
            self._prepared[key] = written(self._server, request, outcome)
        return self._prepared[key]

    def _finish(self, request: Request, outcome: Outcome) -> bytes | Iterator[Progress | bytes]:
        if isinstance(outcome, InputRequired | Mapping):
            return written(self._server, request, outcome)
        return (
            each if isinstance(each, Progress) else written(self._server, request, each)
            for each in outcome
        )

    @cached_property
    def _handlers(self) -> Mapping[str, Handler]:
        """What this server can answer; what is missing here is an unknown method."""
        server = self._server
        handlers: dict[str, Handler] = {
            "server/discover": self._discover,
            "initialize": self._initialize,
            "ping": lambda _: {},
            "tools/list": lambda _: {"tools": [tool.descriptor for tool in server.tools]},
            "tools/call": self._call,
        }
        if server.prompts:
            handlers["prompts/list"] = lambda _: {
                "prompts": [each.descriptor for each in server.prompts]
            }
            handlers["prompts/get"] = self._get_prompt
        if server.resources:
            handlers["resources/list"] = server.resources.listing
            handlers["resources/templates/list"] = server.resources.templates
            handlers["resources/read"] = server.resources.read
        if server.complete:
            handlers["completion/complete"] = server.complete
        return handlers

    @property
    def _capabilities(self) -> dict[str, Any]:
        return {name: {} for method, name in CAPABILITIES.items() if method in self._handlers}

    def _discover(self, request: Request) -> Result:
        return {
            "supportedVersions": list(MODERN),
            "capabilities": self._capabilities,
            "instructions": self._server.instructions,
            "_meta": {SERVER_INFO_META_KEY: self._server.information(request.door)},
        }

    def _initialize(self, request: Request) -> Result:
        asked = request.params["protocolVersion"]
        return {
            "protocolVersion": asked if asked in HANDSHAKE else LATEST_HANDSHAKE_VERSION,
            "capabilities": self._capabilities,
            "serverInfo": self._server.information(request.door),
            "instructions": self._server.instructions,
        }

    def _call(self, request: Request) -> Outcome:
        return _named(self._tools, "tool", request).call(request)

    def _get_prompt(self, request: Request) -> Outcome:
        return _named(self._prompts, "prompt", request).get(request)


def _named(features: Mapping[str, Feature], kind: str, request: Request) -> Feature:
    name = request.params["name"]
    if name not in features:
        known = ", ".join(features) or "none"
        raise JsonRpcError(INVALID_PARAMS, f"There is no {kind} {name[:100]}. There are: {known}.")
    return features[name]
