"""From what a caller sent to the arguments of a function: texts are read, JSON values keep their types.

Every fault is told at once, each field by its name, in one 422.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from .call import Call
from .declaration import Operation, is_one_part
from .envelope import REPEAT_FIELDS
from .errors import invalid_arguments

REPEATS = Schema.from_dict(REPEAT_FIELDS, name="Repeats")()
DIGITS = re.compile(r"[+-]?[0-9]{1,40}")  # Python would also read 1_0 and full-width digits
NUL = "must not contain the character NUL."
NOT_ONE_PART = "is one part of an address: it is not empty, no . or .., and has no slash."
GIVEN_TWICE = "is given twice, in the address and in the body."
OFF_CALENDAR = "is beyond the years that a calendar has."
UNKNOWN = "Unknown field."  # marshmallow's words for an argument that nobody declared


@dataclass(frozen=True)
class Arguments:
    """What a call gives its function, and what it says about being repeated."""

    values: Mapping[str, Any]
    request_id: str | None = None
    allow_duplicate: bool = False


def load(call: Call) -> Arguments:
    """The arguments of a call. Raises a 422 problem that names every field that does not fit."""
    operation = call.operation
    raw, faults = _collected(call)
    gateway_arguments = operation.gateway_arguments
    of_author = {name: value for name, value in raw.items() if name not in gateway_arguments}
    of_gateway = {name: value for name, value in raw.items() if name in gateway_arguments}
    values, wrong = _loaded(operation.takes, of_author)
    repeats, also_wrong = _loaded(REPEATS, of_gateway)
    # What was wrong before loading is why a field is missing now: it is told in place of that.
    faults = {**_sentences(operation, {**wrong, **also_wrong}), **faults}
    request_id = repeats.get("request_id")
    if call.idempotency_key and request_id not in (None, call.idempotency_key):
        faults["request_id"] = "differs from the Idempotency-Key header; send one of them."
    if faults:
        raise invalid_arguments(faults)
    return Arguments(
        values, call.idempotency_key or request_id, bool(repeats.get("allow_duplicate", False))
    )


def reload(operation: Operation, frozen: Mapping[str, Any]) -> dict[str, Any]:
    """Frozen arguments, loaded again. Raises a 422 problem as `load` does."""
    values, wrong = _loaded(operation.takes, frozen)
    if wrong:
        raise invalid_arguments(_sentences(operation, wrong))
    return values


def _collected(call: Call) -> tuple[dict[str, Any], dict[str, str]]:
    """All arguments in one bag, and what is wrong with them before any schema is asked."""
    known = call.operation.arguments
    raw: dict[str, Any] = dict(call.arguments)
    faults: dict[str, str | None] = {}
    for name, value in call.arguments.items():
        faults[name] = _wrong_type(known[name], value) if name in known else None
    for name, texts in call.texts.items():
        faults[name] = GIVEN_TWICE if name in raw else _wrong_text(known.get(name), texts)
        raw[name] = _from_text(known.get(name), texts)
    for name, value in raw.items():
        faults[name] = faults[name] or _wrong_content(call.operation, name, value)
    found = {name: fault for name, fault in faults.items() if fault}
    return {name: value for name, value in raw.items() if name not in found}, found


def _wrong_content(operation: Operation, name: str, value: Any) -> str | None:
    """What no transport lets in, whatever the type: over REST, a part of a path comes as one part."""
    if _has_nul(value):
        return NUL
    if name in operation.path_names and isinstance(value, str) and not is_one_part(value):
        return NOT_ONE_PART
    return None


def _wrong_text(field: fields.Field[Any] | None, texts: Sequence[str]) -> str | None:
    if isinstance(field, fields.List):
        return None
    if len(texts) > 1:
        return "is given more than once."
    if isinstance(field, fields.Integer) and not DIGITS.fullmatch(texts[0]):
        return "must be a whole number."
    return None


def _from_text(field: fields.Field[Any] | None, texts: Sequence[str]) -> Any:
    """A text for its field to read; a list is repeated in the address, or separated by commas."""
    if isinstance(field, fields.List):
        return [part for text in texts for part in text.split(",") if part]
    return texts[0]


def _loaded(schema: Schema, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        values = schema.load(raw, unknown=RAISE)
    except ValidationError as error:
        return {}, error.messages_dict
    return values, {
        name: [OFF_CALENDAR] for name, value in values.items() if _is_off_calendar(value)
    }


def _sentences(operation: Operation, messages: Mapping[str, Any]) -> dict[str, str]:
    """marshmallow's tree of messages as one sentence a field, `guests.0.name` for a nested one."""
    known = ", ".join(operation.arguments) or "none"
    return {
        name: f"is no argument of {operation.name}; known: {known}." if told == UNKNOWN else told
        for name, told in _flat(messages)
    }


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, " ".join(str(message) for message in messages)


def _wrong_type(field: fields.Field[Any], value: Any) -> str | None:
    """Why a JSON value is not of the promised type: marshmallow alone would coerce it."""
    if value is None:
        return None
    if isinstance(field, fields.Boolean):
        return None if isinstance(value, bool) else "must be true or false."
    if isinstance(field, fields.Integer):
        return None if _is_number(value) and value == int(value) else "must be a whole number."
    if isinstance(field, fields.Float):
        return None if _is_number(value) else "must be a number."
    return _wrong_inside(field, value)


def _wrong_inside(field: fields.Field[Any], value: Any) -> str | None:
    if isinstance(field, fields.List) and isinstance(value, list):
        return _first(_wrong_type(field.inner, each) for each in value)
    if isinstance(field, fields.Tuple) and isinstance(value, list):
        return _first(map(_wrong_type, field.tuple_fields, value))
    if isinstance(field, fields.Dict) and field.value_field and isinstance(value, Mapping):
        return _first(_wrong_type(field.value_field, each) for each in value.values())
    if isinstance(field, fields.Nested):
        parts = value if field.many and isinstance(value, list) else [value]
        return _first(_wrong_part(field.schema, each) for each in parts)
    return None


def _wrong_part(schema: Schema, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    known = schema.fields
    faults = (
        (name, _wrong_type(known[name], each)) for name, each in value.items() if name in known
    )
    return _first(f"{name} {fault}" for name, fault in faults if fault)


def _first(faults: Iterable[str | None]) -> str | None:
    return next(filter(None, faults), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_off_calendar(value: Any) -> bool:
    """Whether there is a moment in it that is in year 0 or 10,000 in UTC, which no store can keep."""
    if isinstance(value, Mapping):
        return any(_is_off_calendar(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(_is_off_calendar(each) for each in value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            value.astimezone(UTC)
        except OverflowError:
            return True
    return False


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(each) for each in value.values())
    return isinstance(value, Sequence) and any(_has_nul(each) for each in value)
