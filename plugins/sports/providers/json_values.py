"""Reading JSON that somebody else wrote: anything may be missing, null or of another type."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

Object = Mapping[str, Any]

# What JSON may hold and UTF-8 (lone surrogates) or XML 1.0 (most control characters) may not.
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def document(body: bytes) -> Object:
    """The JSON object in `body`. ValueError for HTML, NaN, endless nesting; TypeError for lists."""
    try:
        value = json.loads(body, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
    if not isinstance(value, Mapping):
        raise TypeError("The JSON is not an object.")
    return value


def inner(value: Object, *path: str) -> Object:
    """The object at the end of a path of names; an empty one where any of them is missing."""
    for name in path:
        found = value.get(name)
        value = found if isinstance(found, Mapping) else {}
    return value


def objects(value: Object, name: str) -> Iterator[Object]:
    """The objects in a list; none where the list is missing."""
    return (each for each in array(value, name) if isinstance(each, Mapping))


def array(value: Object, name: str) -> list[Any]:
    """A list; an empty one where it is missing."""
    found = value.get(name)
    return found if isinstance(found, list) else []


def text(value: Object, *names: str) -> str | None:
    """The first of these names that holds words. What no reply or picture could carry goes."""
    found = (value.get(name) for name in names)
    words = (UNSPEAKABLE.sub("", each).strip() for each in found if isinstance(each, str))
    return next(filter(None, words), None)


def number(value: object) -> float | None:
    """A number, also one written as a string; None for anything else and for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def moment(seconds: object) -> datetime | None:
    """The moment so many seconds after 1970; None where it is none."""
    found = number(seconds)
    try:
        return datetime.fromtimestamp(found, UTC) if found else None
    except (ValueError, OverflowError, OSError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON.")
