"""One MCP server behind one address: from a message to the reply, in whichever revision it speaks."""

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import orjson
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    SERVER_INFO_META_KEY,
)
from mcp_types.methods import CACHEABLE_METHODS, serialize_server_result, validate_client_request
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from pydantic import ValidationError

from .features import Handler, InputRequired, Outcome, Progress, Request, Result, Server
from .messages import Rejection
from .versions import HANDSHAKE, MODERN

log = logging.getLogger(__name__)

# What a server says that it offers, by the method that shows it.
CAPABILITIES = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "completion/complete": "completions",
}
Feature = TypeVar("Feature")

# How long a client may keep a list, in milliseconds. Most change with a deployment only.
LISTS_LIVE = 300_000
OF_THE_MOMENT = frozenset({"resources/list", "resources/read"})


class Endpoint:
    """Answers the requests of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tools = {tool.name: tool for tool in server.tools}
        self._prompts = {prompt.name: prompt for prompt in server.prompts}
        self._prepared: dict[tuple[str, str], bytes] = {}

    def answer(self, request: Request) -> bytes | Iterator[Progress | bytes]:
        """The member `result` of the reply, as JSON, or what comes before it and it.

        Raises `Rejection` for a request that cannot be answered, and `Refused` where its client may
        not connect at all, whatever else is wrong.
        """
        try:
            return self._answer(request)
        except Rejection:
            self._server.admit(request)
            raise

    def _answer(self, request: Request) -> bytes | Iterator[Progress | bytes]:
        handler = self._handlers.get(request.method)
        if handler is None:
            raise _unknown_method(request.method)
        _validate(request)
        if request.method not in ("tools/call", "resources/read"):  # these ask who calls themselves
            self._server.admit(request)
        if request.method in ("tools/list", "prompts/list"):
            return self._list(handler, request)
        return self._finish(request, handler(request))

    def _list(self, handler: Handler, request: Request) -> bytes:
        """A list, made once for each revision: the same bytes for every client."""
        if request.params.get("cursor") is not None:
            raise Rejection(INVALID_PARAMS, "There is one page only: leave out the cursor.")
        key = (request.method, request.version)
        if key not in self._prepared:
            outcome = handler(request)
            assert isinstance(outcome, Mapping)
            self._prepared[key] = self._written(request, outcome)
        return self._prepared[key]

    def _finish(self, request: Request, outcome: Outcome) -> bytes | Iterator[Progress | bytes]:
        if isinstance(outcome, InputRequired | Mapping):
            return self._written(request, outcome)
        return (
            each if isinstance(each, Progress) else self._written(request, each) for each in outcome
        )

    def _written(self, request: Request, outcome: Result | InputRequired) -> bytes:
        """A result as JSON, with what every one carries, and without what its revision does not know."""
        result = self._common(request, outcome)
        try:
            known = serialize_server_result(request.method, request.version, result)
        except ValidationError as error:
            log.exception("the result of %s breaks the protocol", request.method)
            raise Rejection(
                INTERNAL_ERROR, "The server made a reply that it cannot send."
            ) from error
        if request.method == "tools/list":
            _keep_security(result["tools"], known["tools"])
        return orjson.dumps(known)

    def _common(self, request: Request, outcome: Result | InputRequired) -> dict[str, Any]:
        if isinstance(outcome, Mapping) and not request.is_modern:
            return dict(outcome)  # an empty one must stay so: of it the sieve takes nothing away
        result = _complete(outcome)
        own = self._server.information(request.door)
        name = {"name": own["name"], "version": own["version"]}
        meta = {SERVER_INFO_META_KEY: name, **result.get("_meta", {})}
        return {**self._caching(request.method), **result, "_meta": meta}

    def _caching(self, method: str) -> dict[str, Any]:
        if method not in CACHEABLE_METHODS:
            return {}
        if method in OF_THE_MOMENT:
            return {"ttlMs": 0, "cacheScope": "private"}
        return {
            "ttlMs": LISTS_LIVE,
            "cacheScope": "public" if self._server.is_public else "private",
        }

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


def _complete(outcome: Result | InputRequired) -> dict[str, Any]:
    """An outcome, saying whether it is the last word."""
    if isinstance(outcome, InputRequired):
        state = {} if outcome.state is None else {"requestState": outcome.state}
        return {"resultType": "input_required", "inputRequests": outcome.requests, **state}
    return {"resultType": "complete", **outcome}


def _named(features: Mapping[str, Feature], kind: str, request: Request) -> Feature:
    name = request.params["name"]
    if name not in features:
        known = ", ".join(features) or "none"
        raise Rejection(INVALID_PARAMS, f"There is no {kind} {name[:100]}. There are: {known}.")
    return features[name]


def _unknown_method(method: str) -> Rejection:
    return Rejection(METHOD_NOT_FOUND, f"This server has no method {method[:100]}.")


def _validate(request: Request) -> None:
    """Refuse a method that the revision does not know, and parameters of another shape than its own."""
    try:
        validate_client_request(request.method, request.version, request.params)
    except KeyError as error:
        raise _unknown_method(request.method) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]
        )
        raise Rejection(INVALID_PARAMS, f"Correct the parameters: {faults}.") from error


def _keep_security(made: list[Mapping[str, Any]], known: list[dict[str, Any]]) -> None:
    """Put back `securitySchemes`, which OpenAI reads at the top and the protocol does not know."""
    for tool, entry in zip(made, known, strict=True):
        if "securitySchemes" in tool:
            entry["securitySchemes"] = tool["securitySchemes"]


def capabilities_of(meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the client says in the request that it can do; nothing in revisions with a handshake."""
    found = meta.get(CLIENT_CAPABILITIES_META_KEY)
    return found if isinstance(found, Mapping) else {}
