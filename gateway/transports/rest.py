"""REST: queries are GET with a query string, actions are POST with a JSON body."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from flask import Flask, Response, request

from ..call import Answer, Call
from ..confirmations.operations import confirming
from ..declaration import Declaration, Operation
from ..envelope import KEY_LONGEST
from ..errors import Problem
from ..pipeline import Pipeline
from ..runtime import Gateway, current_door
from . import hints
from .strict_json import parse_object, read_body


def install(app: Flask, gateway: Gateway) -> None:
    """Give every operation of every plugin its address."""
    for declaration in gateway.declarations.values():
        for operation in _answering(declaration, gateway):
            app.add_url_rule(
                f"/{declaration.name}{operation.path}",
                endpoint=f"rest:{declaration.name}:{operation.name}",
                view_func=_view(operation, gateway.pipeline),
                methods=[operation.method],
            )


def _answering(declaration: Declaration, gateway: Gateway) -> Sequence[Operation]:
    """All that is declared, and a relayed yes where it counts for nothing: it is told what does."""
    if not declaration.actions or declaration.operation("confirm_action"):
        return declaration.operations
    return (*declaration.operations, confirming(declaration, gateway.approvals))


def _view(operation: Operation, pipeline: Pipeline) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        call = _call(operation, path)
        if operation.method != "GET":
            try:
                call = replace(call, arguments=_body())
            except Problem as problem:
                return respond(pipeline.refuse(call, problem))
        return respond(pipeline.perform(call))

    return view


def respond(answer: Answer) -> Response:
    """An answer as bytes. Nobody may keep it: it is one caller's, or true for a moment only."""
    kind = "application/problem+json" if answer.is_problem else "application/json"
    body = orjson.dumps(answer.body, option=orjson.OPT_APPEND_NEWLINE)
    response = Response(body, answer.status, content_type=kind)
    response.headers.update(answer.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(problem: Problem) -> Response:
    """A problem that came up before there was a call."""
    return respond(Answer(problem.status, problem.body(), problem.headers, is_problem=True))


def _call(operation: Operation, path: Mapping[str, str]) -> Call:
    is_query = operation.method == "GET"
    asked = request.args.to_dict(flat=False) if is_query else {}
    return Call(
        operation=operation,
        door=current_door(),
        texts={**asked, **{name: [text, *asked.get(name, ())] for name, text in path.items()}},
        authorization=request.headers.get("Authorization"),
        idempotency_key=_idempotency_key(),
        address=request.remote_addr or "",
        hints=hints.from_headers(request.headers),
    )


def _body() -> dict[str, Any]:
    if request.args:
        raise Problem(
            400, "bad_request", "Send the arguments in the JSON body, not in the address."
        )
    body = whole_body()
    if not body:
        return {}
    if request.mimetype != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            "Send the body as JSON, with Content-Type: application/json.",
        )
    return parse_object(body)


def whole_body() -> bytes:
    """The body of the current request, never a part. Raises a 400, 413 or 415 problem."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "Send the body without a Content-Encoding.")
    # Werkzeug would cut a chunked body at its own limit and call that the whole.
    request.max_content_length = sys.maxsize
    return read_body(request.stream, request.content_length)


def _idempotency_key() -> str | None:
    """The Idempotency-Key header: a structured string, in quotes, or the bare word most clients send."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(key) > KEY_LONGEST:
        raise Problem(
            400, "bad_request", f"The Idempotency-Key is longer than {KEY_LONGEST} characters."
        )
    return key or None
