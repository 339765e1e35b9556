"""Moments as people read them: with the weekday and the zone, in the reader's language."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from .described import Words
from .language import say

# RFC 3339; what RFC 9557 puts behind it names the zone.
MOMENT = re.compile(
    r"(?P<instant>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2}))"
    r"(\[(?P<zone>[A-Za-z0-9_+/-]{1,64})\])?"
)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WEEKDAYS_ZH = "一二三四五六日"
# Spelled out, as strftime would follow the language of the machine.
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)


def zone_named(name: object) -> ZoneInfo | None:
    """The IANA zone of that name, if there is one."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (OSError, ValueError):
        return None


def written_moment(text: str) -> datetime | None:
    """The moment that a text is, if it is nothing else; in its own zone."""
    written = MOMENT.fullmatch(text)
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written["instant"])
        zone = zone_named(written["zone"])
        return moment.astimezone(zone) if zone else moment
    except (ValueError, OverflowError):
        return None


def written_day(text: str) -> date | None:
    """The day that a text is, if it is nothing else."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_in_words(day: date) -> str:
    """Tuesday 2 March 2027"""
    return say(
        f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}",
        f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS_ZH[day.weekday()]}）",
    )


def moment_in_words(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """Tuesday 2 March 2027, 09:00 GMT (Europe/London): in `zone`, else in the moment's own.

    The short name, GMT or BST, tells an hour apart that the clocks show twice.
    """
    local = moment.astimezone(zone) if zone else moment
    time = local.time().isoformat("auto" if local.second or local.microsecond else "minutes")
    name = local.tzname() or ""
    if zone is None or zone.key == "UTC":
        return say(
            f"{day_in_words(local)}, {time} {name}", f"{day_in_words(local)}{time}（{name}）"
        )
    return say(
        f"{day_in_words(local)}, {time} {name} ({zone.key})",
        f"{day_in_words(local)}{time}（{zone.key} 时间，{name}）",
    )


def to_the_minute(at: datetime) -> Words:
    """A moment in UTC. To the minute: a program that was linked twice on a day is on the page twice."""
    return (
        f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC",
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}（UTC）",
    )


def utc(moment: datetime) -> str:
    """The moment in UTC."""
    return moment_in_words(moment.astimezone(UTC))
