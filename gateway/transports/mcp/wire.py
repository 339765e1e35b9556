"""What comes in and what goes out, held to the protocol's own types (`mcp_types`)."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, SERVER_INFO_META_KEY
from mcp_types.methods import CACHEABLE_METHODS, serialize_server_result, validate_client_request
from pydantic import ValidationError

from .features import InputRequired, Request, Result, Server
from .messages import JsonRpcError

log = logging.getLogger(__name__)

# Values in the parameters, a tool's arguments aside, which are checked by their own schema. Types that
# allow one shape or another cost up to 15 errors a value: 90,000 took 14 seconds and 3 GB (measured).
MOST_VALUES = 500
FAULTS_TOLD, FAULT_LONGEST = 5, 200

# How long a client may keep a list, in milliseconds. Most change with a deployment only.
LISTS_LIVE = 300_000
OF_THE_MOMENT = frozenset({"resources/list", "resources/read"})

# What a result must hold. The types of 2026-07-28 let one without it pass for another kind of result.
HOLDS = {"tools/call": "content", "prompts/get": "messages", "resources/read": "contents"}


def unknown_method(method: str) -> JsonRpcError:
    """For a method that this server, or this version of the protocol, does not have."""
    return JsonRpcError(METHOD_NOT_FOUND, f"This server has no method {method[:100]}.")


def validate(request: Request) -> None:
    """Refuse a method that the version does not know, and parameters of another shape than its own."""
    _refuse_too_many(request.params)
    try:
        validate_client_request(request.method, request.version, request.params)
    except KeyError as error:
        raise unknown_method(request.method) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"[:FAULT_LONGEST]
            for each in error.errors(include_url=False, include_context=False)[:FAULTS_TOLD]
        )
        raise JsonRpcError(INVALID_PARAMS, f"Correct the parameters: {faults}.") from error


def written(server: Server, request: Request, outcome: Result | InputRequired) -> bytes:
    """A result as JSON, with what every one carries, and without what its version does not know."""
    result = _whole(server, request, outcome)
    try:
        known = serialize_server_result(request.method, request.version, result)
        _refuse_hollow(request.method, result)
    except ValueError as error:  # what pydantic raises is one, too
        log.exception("the result of %s breaks the protocol", request.method)
        raise JsonRpcError(
            INTERNAL_ERROR, "The server made a reply that it cannot send."
        ) from error
    if request.method == "tools/list":
        _keep_security(result["tools"], known["tools"])
    if "structuredContent" in known:  # written by one and the same writer as the text beside it
        known["structuredContent"] = result["structuredContent"]
    return orjson.dumps(known)


def _refuse_too_many(params: Mapping[str, Any]) -> None:
    count, waiting = 0, [value for name, value in params.items() if name != "arguments"]
    while waiting:
        value = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            count += len(value)
            waiting.extend(inner)
        if count > MOST_VALUES:
            raise JsonRpcError(
                INVALID_PARAMS, f"The parameters hold more than {MOST_VALUES} values. Send fewer."
            )


def _refuse_hollow(method: str, result: Mapping[str, Any]) -> None:
    member = HOLDS.get(method)
    if member and member not in result and result.get("resultType") != "input_required":
        raise ValueError(f"the result has no {member}")


def _whole(server: Server, request: Request, outcome: Result | InputRequired) -> dict[str, Any]:
    """The outcome with what every reply of its version says."""
    if isinstance(outcome, Mapping) and not request.is_modern:
        return dict(outcome)  # an empty one must stay so: the types take nothing away from it
    result = _complete(outcome)
    own = server.information(request.door)
    name = {"name": own["name"], "version": own["version"]}
    meta = {SERVER_INFO_META_KEY: name, **result.get("_meta", {})}
    return {**_caching(server, request.method), **result, "_meta": meta}


def _complete(outcome: Result | InputRequired) -> dict[str, Any]:
    """An outcome, saying whether it is the last word."""
    if isinstance(outcome, InputRequired):
        state = {} if outcome.state is None else {"requestState": outcome.state}
        return {"resultType": "input_required", "inputRequests": outcome.requests, **state}
    return {"resultType": "complete", **outcome}


def _caching(server: Server, method: str) -> dict[str, Any]:
    if method not in CACHEABLE_METHODS:
        return {}
    if method in OF_THE_MOMENT:
        return {"ttlMs": 0, "cacheScope": "private"}
    return {"ttlMs": LISTS_LIVE, "cacheScope": "public" if server.is_public else "private"}


def _keep_security(made: list[Mapping[str, Any]], known: list[dict[str, Any]]) -> None:
    """Put back `securitySchemes`, which OpenAI reads at the top and the protocol does not know."""
    for tool, entry in zip(made, known, strict=True):
        if "securitySchemes" in tool:
            entry["securitySchemes"] = tool["securitySchemes"]
