"""JSON values as people read them. Whatever somebody else wrote is marked as that, and shown whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ..confirmations.questions import in_language
from .given import Given
from .language import reader_language, say
from .moments import day_in_words, moment_in_words, written_day, written_moment
from .readable import readable

# Characters on one line that a row shows as they are; more of them get a box of their own.
LONG = 200
# What arguments and results are usually called. Other names are shown as the author wrote them.
NAMES_ZH: Mapping[str, str] = {
    "address": "地址",
    "amount": "数量",
    "at": "时间",
    "characters": "字符数",
    "count": "数量",
    "currency": "币种",
    "date": "日期",
    "day": "日期",
    "due": "应付",
    "duration": "时长",
    "email": "邮箱",
    "end": "结束时间",
    "from": "从",
    "id": "编号",
    "message": "内容",
    "moved_from": "原时间",
    "name": "姓名",
    "note": "备注",
    "party_size": "人数",
    "path": "路径",
    "phone": "电话",
    "place": "地点",
    "price": "价格",
    "quantity": "数量",
    "reason": "原因",
    "recipient": "收件人",
    "service": "服务",
    "start": "开始时间",
    "status": "状态",
    "subject": "主题",
    "tags": "标签",
    "terms": "条款",
    "text": "正文",
    "time": "时间",
    "time_zone": "时区",
    "title": "标题",
    "to": "到",
    "total": "合计",
    "url": "链接",
    "words": "文字",
}


@dataclass(frozen=True)
class Value:
    """One value in words, or a list of some, or rows of them.

    `is_words` says that somebody wrote the text, and not the gateway or a plugin. `is_long` says
    that it needs a box, `unseen` how many characters are left out as nobody could see them.
    """

    text: str = ""
    is_words: bool = False
    is_long: bool = False
    unseen: int = 0
    parts: tuple["Value", ...] = ()
    rows: tuple["Row", ...] = ()


@dataclass(frozen=True)
class Row:
    """A value under its label. `given` is what the assistant wrote for what is shown, if other.

    `key` stands for the label where an assistant named the value.
    """

    name: str
    label: str
    value: Value
    given: Value | None = None
    key: Value | None = None


@dataclass(frozen=True)
class Reading:
    """How the values of a plugin are read: the zone of its moments, and what others gave it."""

    zone: ZoneInfo | None = None
    given: Given = field(default_factory=lambda: Given(()))


def label(name: str) -> str:
    """A field's name in words; in Chinese where that is known."""
    words = readable(name).text.replace("_", " ").strip()
    return say(words[:1].upper() + words[1:], NAMES_ZH.get(name, words))


def text(written: str, *, is_words: bool) -> Value:
    """A text, whole."""
    seen = readable(written)
    is_long = len(seen.text) > LONG or "\n" in seen.text.strip("\n")
    # A text that needs a box is marked, whoever wrote it.
    return Value(seen.text, is_words or is_long, is_long, seen.unseen)


def from_assistant(value: Any, *, is_moment: bool = False) -> Value:
    """What an assistant gave. Every text is somebody's words, but for the moments of a schema."""
    if is_moment and isinstance(value, str):
        return _moment(value, None) or text(value, is_words=True)
    return _shown(value, None)


def from_plugin(value: Any, reading: Reading) -> Value:
    """What a plugin says: its moments in their zone, and what it took from the assistant marked."""
    if isinstance(value, Mapping) and isinstance(value.get("text"), str):
        return _sentence(value["text"], reading)  # such as a sum, which says itself in words
    if isinstance(value, Mapping) and isinstance(value.get("en"), str):
        return _sentence(in_language(value, reader_language()), reading)  # as a question is
    return _shown(value, reading)


def in_zone(value: str, reading: Reading) -> Value:
    """A text of a plugin's, as a moment where it is one."""
    moment = _moment(value, reading.zone)
    return moment or text(value, is_words=reading.given.are_in(value))


def _sentence(written: str, reading: Reading) -> Value:
    return text(written, is_words=reading.given.are_in(written, is_sentence=True))


def _shown(value: Any, reading: Reading | None) -> Value:
    """A value as its plugin means it; without a reading, as the assistant wrote it."""
    if isinstance(value, bool):
        return Value(say("yes", "是") if value else say("no", "否"))
    if value is None:
        return Value(say("none", "无"))
    if value in ("", [], {}):
        return Value(say("(empty)", "（空）"))
    if isinstance(value, str):
        return in_zone(value, reading) if reading else text(value, is_words=True)
    if isinstance(value, Mapping):
        rows = tuple(_row(name, each, reading) for name, each in value.items())
        return Value(is_words=reading is None, rows=rows)
    if isinstance(value, Sequence):
        return Value(parts=tuple(_part(each, reading) for each in value))
    return Value(orjson.dumps(value).decode())


def _part(value: Any, reading: Reading | None) -> Value:
    return from_plugin(value, reading) if reading else _shown(value, None)


def _row(name: str, value: Any, reading: Reading | None) -> Row:
    """A value in another. Its name is shown as it was written if the assistant did that."""
    is_given = reading is None or name in reading.given.texts
    key = _shown(name, None) if is_given else None
    return Row(name, label(name), _part(value, reading), key=key)


def _moment(written: str, zone: ZoneInfo | None) -> Value | None:
    moment = written_moment(written)
    if moment:
        return Value(moment_in_words(moment, zone or _own_zone(moment)))
    day = written_day(written)
    return Value(day_in_words(day)) if day else None


def _own_zone(moment: datetime) -> ZoneInfo | None:
    return moment.tzinfo if isinstance(moment.tzinfo, ZoneInfo) else None


def with_given(row: Row, value: Value) -> Row:
    """The row, and what the assistant gave for it. What reads the same remains the assistant's."""
    is_same = replace(value, is_words=row.value.is_words) == row.value
    return replace(row, value=value) if is_same else replace(row, given=value)
