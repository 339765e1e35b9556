"""Times and time zones as arguments: a time without a zone is refused, and so is one that the
clocks of its zone skip or show twice, with the times that could be meant.
"""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import ValidationError, fields

# RFC 3339 with an offset, RFC 9557 with a zone behind it, or (as in ECMAScript's Temporal) a zone
# in place of the offset. Seconds may be left out.
WRITTEN_TIME = re.compile(
    r"(?P<wall>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
    r"(\[!?(?P<zone>[^\[\]]{1,64})\])?"
)
NOT_A_TIME = (
    "This is not a time. Write it like 2027-03-02T09:00:00+00:00"
    " or 2027-03-02T09:00:00[Europe/London]."
)


class ZonedTime(fields.AwareDateTime):
    """An instant: read from RFC 3339 or RFC 9557, loaded and dumped in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        try:
            return instant(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError(NOT_A_TIME) from error


class TimeZone(fields.String):
    """An IANA time zone by name, loaded as a `ZoneInfo`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> ZoneInfo:
        return zone_named(super()._deserialize(value, attr, data, **options))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        return None if value is None else value.key


def instant(text: str) -> datetime:
    """The instant that `text` names, in UTC. A ValidationError tells how to name one."""
    written = WRITTEN_TIME.fullmatch(text)
    if written is None:
        raise ValidationError(NOT_A_TIME)
    wall, offset = datetime.fromisoformat(written["wall"].upper()), written["offset"]
    if written["zone"] is not None:
        return _in_zone(wall, offset, zone_named(written["zone"]))
    if offset is None:
        in_london = wall.replace(tzinfo=ZoneInfo("Europe/London")).isoformat()
        raise ValidationError(
            f"{text} names no time zone. Add a zone ({text}[Europe/London]) or the offset that holds"
            f" there then ({in_london})."
        )
    return _with_offset(wall, offset)


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name. A ValidationError when there is none."""
    if name not in _zone_names():
        raise ValidationError(
            f'There is no time zone "{name}". Write an IANA name such as Europe/London or'
            " Asia/Shanghai."
        )
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    """Asked of the disk once: it is hundreds of files."""
    return frozenset(available_timezones())


def _in_zone(wall: datetime, offset: str | None, zone: ZoneInfo) -> datetime:
    # RFC 9557 section 2: Z says nothing about the local offset, so it agrees with every zone.
    if offset in ("Z", "z"):
        return wall.replace(tzinfo=UTC)
    shown = _instants(wall, zone)
    meant = [each for each in shown if offset is None or each == _with_offset(wall, offset)]
    if len(meant) == 1:
        return meant[0]
    raise ValidationError(
        f"{_objection(wall, offset, zone, shown)} Write {_written(_readings(wall, zone), zone)}."
    )


def _objection(wall: datetime, offset: str | None, zone: ZoneInfo, shown: list[datetime]) -> str:
    if not shown:
        return f"The clocks of {zone.key} skip {wall.isoformat()}."
    if offset is not None:
        return f"{offset} is not the offset of {zone.key} at {wall.isoformat()}."
    return f"The clocks of {zone.key} show {wall.isoformat()} twice."


def _with_offset(wall: datetime, offset: str) -> datetime:
    return datetime.fromisoformat(wall.isoformat() + offset.upper()).astimezone(UTC)


def _instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the clocks of `zone` show `wall`: once, never (in a gap) or twice (in an overlap)."""
    return [
        reading
        for reading in _readings(wall, zone)
        if reading.astimezone(zone).replace(tzinfo=None) == wall
    ]


def _readings(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """`wall` read with the offset before a change of the clocks and with that after (PEP 495)."""
    return sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})


def _written(instants: list[datetime], zone: ZoneInfo) -> str:
    return " or ".join(each.astimezone(zone).isoformat() for each in instants)
