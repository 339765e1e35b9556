"""What an operation may answer: its own shape, or a problem (RFC 9457)."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema

from ..declaration import Kind, Operation, Public
from ..envelope import Problem

ANY_CALL = {
    "404": "There is no such thing. The detail says what there is.",
    "422": "The arguments do not fit. `errors` names each of them.",
    "429": "Too many calls. Wait as many seconds as Retry-After says.",
    "503": "Something that the answer needs cannot be reached. Repeat the call later.",
    "default": "Any other problem, in the same form.",
}
WITH_AUTH = {
    "401": "No valid credential was sent.",
    "403": "The credential does not allow this.",
}
WITH_BODY = {
    "400": "The body is not well-formed JSON.",
    "409": "Things have changed, and it cannot be done so. The detail says what to do.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
}
APPROVAL = {"410": "The confirmation has expired. Call the action again."}
APPROVAL_OF_A_PERSON = {
    "403": "The credential does not allow this, or only the user can approve it, at `confirm_url`."
}


def responses(operation: Operation) -> dict[str, Any]:
    """What may come, by status. The schemas are marshmallow's still, for apispec to place."""
    told = {status: text for part in _problems(operation) for status, text in part.items()}
    problems = {
        status: _response(told[status], "application/problem+json", Problem)
        for status in sorted(told)  # "default" comes last
    }
    return {**_answers(operation), **problems}


def _answers(operation: Operation) -> dict[str, Any]:
    if operation.envelope is None:
        return {"200": _response("The answer.", "application/json", operation.returns)}
    return {
        "200": _response("Where the action stands.", "application/json", operation.answers),
        "202": _response(
            "Nothing is done yet, or it is not known: `next_step` says what to do.",
            "application/json",
            operation.answers,
        ),
    }


def _problems(operation: Operation) -> Iterator[dict[str, str]]:
    yield ANY_CALL
    if not isinstance(operation.auth, Public):
        yield WITH_AUTH
    if operation.kind is not Kind.QUERY:
        yield WITH_BODY
    if operation.kind is Kind.APPROVAL:
        yield APPROVAL
        yield APPROVAL_OF_A_PERSON if operation.auth.names_a_person else {}


def _response(description: str, media_type: str, schema: Schema | type[Schema]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}
