"""The way into MCP servers: POST only, one JSON reply; a stream only where progress is asked for."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from flask import Response, request
from mcp_types import INVALID_REQUEST, PARSE_ERROR

from ...errors import Problem
from ...runtime import current_door
from .. import hints
from ..origins import refuse_foreign
from ..rest import respond, whole_body
from .endpoint import Endpoint, capabilities_of
from .features import Progress, Refused, Request, Server
from .messages import Message, Rejection, parse
from .replies import FAILED, events, refusal, reply
from .versions import HANDSHAKE, has_handshake, spoken, with_envelope

log = logging.getLogger(__name__)

# Bodies that are no requests are refused by HTTP in every revision; no reply can be one to them.
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
        except Refused as refused:
            return respond(refused.answer)
        except Rejection as rejection:
            identifier = message.identifier if message else rejection.identifier
            return _json(_status(rejection), refusal(identifier, rejection))
        except Exception:
            log.exception("MCP %s failed", message.method if message else "request")
            return _json(FAILED.status, refusal(message.identifier if message else None, FAILED))

    def _answer(self, message: Message) -> Response:
        if self.is_lenient and request.user_agent.string.startswith("openai-mcp/"):
            message = with_envelope(request.headers, message)
        version = spoken(request.headers, message)
        if message.identifier is None:
            return Response(status=202)
        given = self.endpoint.answer(_request(message, version))
        if isinstance(given, bytes):
            return _json(200, reply(message.identifier, given))
        return _streamed(message, given)


def refuse_other_methods() -> NoReturn:
    """There are no sessions to end and no streams to listen to."""
    detail = "An MCP server takes POST only. Give its address to an assistant that speaks MCP."
    raise Problem(405, "method_not_allowed", detail, headers={"Allow": "POST"})


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise Rejection(
            INVALID_REQUEST, "Send JSON, with Content-Type: application/json.", status=415
        )
    try:
        return whole_body()
    except Problem as problem:
        raise Rejection(INVALID_REQUEST, problem.detail, status=problem.status) from problem


def _request(message: Message, version: str) -> Request:
    meta = message.params.get("_meta")
    meta = meta if isinstance(meta, dict) else {}
    return Request(
        method=message.method,
        params=message.params,
        version=version,
        is_modern=version not in HANDSHAKE,
        capabilities=capabilities_of(meta),
        door=current_door(),
        authorization=request.headers.get("Authorization"),
        address=request.remote_addr or "",
        hints=hints.from_meta(meta, hints.from_headers(request.headers)),
    )


def _status(rejection: Rejection) -> int:
    """Clients of revisions with a handshake read errors of methods in replies with status 200."""
    if has_handshake(request.headers) and rejection.code not in NO_REQUEST:
        return 200
    return rejection.status


def _json(status: int, body: bytes) -> Response:
    response = Response(body, status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _streamed(message: Message, given: Iterator[Progress | bytes]) -> Response:
    """Server-sent events where the client asked to be told how far it is, else the result alone."""
    token = message.params.get("_meta", {}).get("progressToken")
    if token is None or "text/event-stream" not in request.headers.get("Accept", ""):
        [result] = [each for each in given if isinstance(each, bytes)]
        return _json(200, reply(message.identifier, result))
    response = Response(events(message, given), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    return response
