"""What a confirmation is about, as rows that people read: each fact once, and no argument left out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from marshmallow import fields

from ..confirmations.questions import is_choice
from ..confirmations.record import Confirmation
from ..declaration import Operation
from .given import Given
from .moments import MOMENT, written_moment, zone_named
from .rendered import (
    Reading,
    Row,
    Value,
    from_assistant,
    from_plugin,
    in_zone,
    label,
    with_given,
)

ZONE = "time_zone"  # names the zone of the moments beside it
# `start_local` and `start_utc` are other spellings of `start`.
SPELLINGS = ("_local", "_utc")
NAME = "_name"  # `service_name` is what people call the `service`
MOMENTS = (fields.DateTime, fields.Date)


class Difference(NamedTuple):
    """A fact that was and is no longer, or is otherwise; None where it is not there at all."""

    label: str
    before: Value | None
    now: Value | None


def facts(confirmation: Confirmation, operation: Operation | None) -> tuple[Row, ...]:
    """What was asked for and what it rests on. Where both have a name, one row shows both."""
    quote = confirmation.quote
    reading = _reading(confirmation, operation, quote)
    known = {name: _named(name, quote) for name in quote if not _is_told(name, quote, reading.zone)}
    rows = [
        _fact(name, value, known, operation, reading)
        for name, value in confirmation.arguments.items()
        if name in known or not _is_left_out(name, value, operation)
    ]
    more = [name for name in known if name not in confirmation.arguments]
    return (*rows, *(Row(name, label(name), from_plugin(known[name], reading)) for name in more))


def _reading(
    confirmation: Confirmation, operation: Operation | None, values: Mapping[str, Any]
) -> Reading:
    """In the zone that the values name. Of the arguments, those count that can be any text."""
    free = (
        value
        for name, value in confirmation.arguments.items()
        if not is_choice(_field(name, operation))
    )
    return Reading(zone_named(values.get(ZONE)), Given(free))


def _fact(
    name: str,
    value: Any,
    known: Mapping[str, Any],
    operation: Operation | None,
    reading: Reading,
) -> Row:
    is_moment = isinstance(_field(name, operation), MOMENTS)
    asked = from_assistant(value, is_moment=is_moment)
    if name not in known:
        in_its_zone = in_zone(value, reading) if is_moment and isinstance(value, str) else asked
        return Row(name, label(name), in_its_zone)
    row = Row(name, label(name), from_plugin(known[name], reading))
    # What runs is the argument: it is left out only where it is the very same moment or text.
    return row if _is_same_moment(value, known[name]) else with_given(row, asked)


def outcome(
    confirmation: Confirmation, operation: Operation | None, page: str | None
) -> tuple[Row, ...]:
    """The result in readable rows, without its own page, which has a link of its own."""
    result = confirmation.result or {}
    reading = _reading(confirmation, operation, result)
    return tuple(
        Row(name, label(name), from_plugin(_named(name, result), reading))
        for name, value in result.items()
        if value is not None and value != page and not _is_told(name, result, reading.zone)
    )


def alternatives(confirmation: Confirmation) -> tuple[Value, ...]:
    """What would do instead of what failed."""
    reading = Reading(zone_named(confirmation.quote.get(ZONE)))
    offered = (confirmation.error or {}).get("alternatives", [])
    return tuple(in_zone(str(each), reading) for each in offered)


def differences(before: Sequence[Row], now: Sequence[Row]) -> list[Difference]:
    """What is otherwise, in the order of what is now."""
    old, new = ({row.name: row for row in rows} for rows in (before, now))
    return [
        Difference(
            (new.get(name) or old[name]).label,
            old[name].value if name in old else None,
            new[name].value if name in new else None,
        )
        for name in {**new, **old}
        if name not in old or name not in new or old[name].value != new[name].value
    ]


def _named(name: str, values: Mapping[str, Any]) -> Any:
    """What people call a value, where that stands beside it."""
    return values.get(name + NAME, values[name])


def _field(name: str, operation: Operation | None) -> fields.Field[Any] | None:
    return operation.takes.fields.get(name) if operation else None


def _is_left_out(name: str, value: Any, operation: Operation | None) -> bool:
    """Whether it is the nothing that the schema says whenever an assistant gives no argument."""
    field = _field(name, operation)
    if field is None or value not in (None, "", [], {}):
        return False
    default = field.load_default() if callable(field.load_default) else field.load_default
    return bool(default == value)


def _is_told(name: str, values: Mapping[str, Any], zone: ZoneInfo | None) -> bool:
    """Whether the rows beside it say the same: moments with their zone, or things by their name."""
    if name == ZONE:
        return zone is not None and any(_is_moment(each) for each in values.values())
    if name.endswith(NAME) and name.removesuffix(NAME) in values:
        return True
    return any(
        name.endswith(spelling) and _is_moment(values.get(name.removesuffix(spelling)))
        for spelling in SPELLINGS
    )


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and MOMENT.fullmatch(value) is not None


def _is_same_moment(one: Any, other: Any) -> bool:
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    moment = written_moment(one)
    return moment is not None and moment == written_moment(other)
