"""The way into MCP servers: POST only, one JSON reply; a stream only where progress is asked for."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Response, request
from mcp_types import CLIENT_CAPABILITIES_META_KEY, INVALID_REQUEST, PARSE_ERROR

from ...errors import Problem
from ...runtime import current_door
from .. import hints
from ..origins import refuse_foreign
from ..rest import respond, whole_body
from .endpoint import Endpoint
from .features import HttpRefusal, Progress, Request, Server
from .messages import JsonRpcError, Message, parse
from .replies import FAILED, error_reply, events, result_reply
from .versions import HANDSHAKE, has_handshake, protocol_version, with_assumed_meta

log = logging.getLogger(__name__)

# Bodies that are no requests are refused by HTTP in every version; no reply can be one to them.
NO_REQUEST = frozenset({PARSE_ERROR, INVALID_REQUEST})


@dataclass(frozen=True)
class View:
    """What Flask calls for the server that `make` gives.

    `is_lenient` takes requests of ChatGPT without their `_meta`.
    """

    make: Callable[[], Server]
    is_lenient: bool = False

    @cached_property
    def endpoint(self) -> Endpoint:
        """Made by the first request."""
        return Endpoint(self.make())

    def __call__(self) -> Response:
        refuse_foreign(request.headers.get("Origin"))
        message = None
        try:
            message = parse(_body())
            return self._answer(message)
        except HttpRefusal as refused:
            return respond(refused.answer)
        except JsonRpcError as error:
            identifier = message.identifier if message else error.identifier
            return _json(_status(error), error_reply(identifier, error))
        except Exception:
            log.exception("MCP %s failed", message.method if message else "request")
            return _json(
                FAILED.status, error_reply(message.identifier if message else None, FAILED)
            )

    def _answer(self, message: Message) -> Response:
        if self.is_lenient and request.user_agent.string.startswith("openai-mcp/"):
            message = with_assumed_meta(request.headers, message)
        version = protocol_version(request.headers, message)
        if message.identifier is None:
            return _accepted()
        given = self.endpoint.answer(_request(message, version))
        if isinstance(given, bytes):
            return _json(200, result_reply(message.identifier, given))
        return _streamed(message, given)


def other_methods() -> Response:
    """There are no sessions to end and no streams to listen to. OPTIONS is what browsers ask first."""
    if request.method == "OPTIONS":
        return Response(headers={"Allow": "OPTIONS, POST"})
    detail = "An MCP server takes POST only. Give its address to an assistant that speaks MCP."
    raise Problem(405, "method_not_allowed", detail, headers={"Allow": "POST"})


def _accepted() -> Response:
    response = Response(status=202)
    del response.headers["Content-Type"]
    return response


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise JsonRpcError(
            INVALID_REQUEST, "Send JSON, with Content-Type: application/json.", status=415
        )
    try:
        return whole_body()
    except Problem as problem:
        raise JsonRpcError(INVALID_REQUEST, problem.detail, status=problem.status) from problem


def _request(message: Message, version: str) -> Request:
    meta = _object(message.params.get("_meta"))
    return Request(
        method=message.method,
        params=message.params,
        version=version,
        is_modern=version not in HANDSHAKE,
        capabilities=_object(meta.get(CLIENT_CAPABILITIES_META_KEY)),
        door=current_door(),
        authorization=request.headers.get("Authorization"),
        address=request.remote_addr or "",
        hints=hints.from_meta(meta, hints.from_headers(request.headers)),
    )


def _object(value: Any) -> Mapping[str, Any]:
    """The value where it is an object: in versions with a handshake nobody has looked at it."""
    return value if isinstance(value, dict) else {}


def _status(error: JsonRpcError) -> int:
    """Clients of versions with a handshake read errors of methods in replies with status 200."""
    if has_handshake(request.headers) and error.code not in NO_REQUEST:
        return 200
    return error.status


def _json(status: int, body: bytes) -> Response:
    response = Response(body, status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _streamed(message: Message, given: Iterator[Progress | bytes]) -> Response:
    """Server-sent events where the client asked to be told how far it is, else the result alone."""
    token = message.params.get("_meta", {}).get("progressToken")
    if token is None or "text/event-stream" not in request.headers.get("Accept", ""):
        [result] = [each for each in given if isinstance(each, bytes)]
        return _json(200, result_reply(message.identifier, result))
    response = Response(events(message, given), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    return response
