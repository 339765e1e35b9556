"""Times and terms in the words of English and Chinese readers."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .services import Service

WEEKDAYS_ZH = "一二三四五六日"
Wording = dict[str, str]


def english_time(start: datetime, zone: ZoneInfo) -> str:
    """Tuesday 2 March 2027, 09:00"""
    local = start.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def chinese_time(start: datetime, zone: ZoneInfo) -> str:
    """2027年3月2日（星期二）09:00"""
    local = start.astimezone(zone)
    weekday = WEEKDAYS_ZH[local.weekday()]
    return f"{local.year}年{local.month}月{local.day}日（星期{weekday}）{local:%H:%M}"


def english_moment(start: datetime, zone: ZoneInfo) -> str:
    """Tuesday 2 March 2027, 09:00 GMT (Europe/London); GMT and BST tell a repeated hour apart."""
    return f"{english_time(start, zone)} {start.astimezone(zone):%Z} ({zone.key})"


def moment(start: datetime, zone: ZoneInfo) -> Wording:
    """A time with its weekday and zone."""
    local = start.astimezone(zone)
    return {
        "en": english_moment(start, zone),
        "zh": f"{chinese_time(start, zone)}（{zone.key} 时间，{local:%Z}）",
    }


def clock_time(instant: datetime, zone: ZoneInfo) -> str:
    """09:05 GMT"""
    return f"{instant.astimezone(zone):%H:%M %Z}"


def party(name: str, persons: int) -> Wording:
    """Who comes, and how many in all."""
    if persons == 1:
        return {"en": f"“{name}”", "zh": f"“{name}”"}
    return {"en": f"“{name}”, {persons} persons", "zh": f"“{name}”等 {persons} 人"}


def terms(service: Service) -> Wording:
    """What it costs to cancel."""
    hours = service.notice // timedelta(hours=1)
    return {
        "en": f"Cancelling is free until {hours} hours before; after that the price stays due.",
        "zh": f"开始前 {hours} 小时以上可免费取消，之后取消仍须付全款。",
    }
