"""Bodies read strictly: two parsers must never read two different bookings in the same bytes."""

import json
from typing import IO, Any, NoReturn

from ..errors import Problem

# 100,000 characters is what assistants send at most; Chinese takes three bytes a character.
LARGEST = 300_000
DEEPEST = 50


def read_body(stream: IO[bytes], announced: int | None) -> bytes:
    """The whole body, never a part: a 413 problem for one too large, 400 for one that breaks off.

    `announced` is its Content-Length, None for a body in chunks.
    """
    if announced is not None and announced > LARGEST:
        raise _too_large()
    try:
        body = stream.read(LARGEST + 1)
        while len(body) <= LARGEST and (more := stream.read(LARGEST + 1 - len(body))):
            body += more
    except Exception as error:  # each server has errors of its own for chunks that are none
        raise _broken_off() from error
    if len(body) > LARGEST:
        raise _too_large()
    if announced is not None and len(body) < announced:
        raise _broken_off()
    return body


def _too_large() -> Problem:
    return Problem(413, "too_large", f"The body is too large: at most {LARGEST:,} bytes are read.")


def _broken_off() -> Problem:
    return Problem(400, "bad_request", "The body broke off before its end. Send the call again.")


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8, or a 400 problem that says what is wrong with it."""
    value = parse_json(body)
    if not isinstance(value, dict):
        raise _malformed("it is not an object")
    return value


def parse_json(body: bytes) -> Any:
    """A JSON value in UTF-8 (RFC 8259), or a 400 problem that says what is wrong with it."""
    try:
        text = body.decode("utf-8")
        _refuse_depth(text)
        value: Any = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        if "\\u" in text:  # a surrogate alone can only come escaped
            _refuse_surrogates(value)
    except (ValueError, RecursionError) as error:
        raise _malformed(
            str(error) if isinstance(error, _Fault) else "it is not valid JSON"
        ) from error
    return value


class _Fault(ValueError):
    """Valid for a lenient parser, and refused here."""


def _malformed(why: str) -> Problem:
    return Problem(
        400, "malformed_json", f"The body cannot be read: {why}. Send one JSON object in UTF-8."
    )


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                raise _Fault(f"it is nested more than {DEEPEST} deep")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Fault("it names a member twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise _Fault(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Fault("it holds a number that is too large")
    return number


def _refuse_surrogates(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _Fault("it holds half of a surrogate pair") from error
    elif isinstance(value, dict):
        for name, inner in value.items():
            _refuse_surrogates(name)
            _refuse_surrogates(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_surrogates(inner)
