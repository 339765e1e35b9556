"""Operations and actions in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from ..declaration import Auth, Declaration, Kind, OAuth, Operation, Public, ServiceKey, UserKey
from ..envelope import Status
from ..runtime import current_gateway

Words = tuple[str, str]  # in English, in Chinese

KINDS: Mapping[Kind, Words] = {
    Kind.QUERY: ("reads", "读取"),
    Kind.ACTION: ("acts, after a yes", "执行，需确认"),
    Kind.APPROVAL: ("confirms", "确认"),
}
ACCESS: Mapping[type[Auth], Words] = {
    Public: ("Open to everybody", "无需登录"),
    ServiceKey: ("Needs a service key", "需要服务密钥"),
    UserKey: ("Needs a personal key", "需要个人密钥"),
    OAuth: ("Needs a linked account", "需关联账户"),
}
OPEN_IN_PART: Words = ("Open in part", "部分无需登录")
# The first that fits counts: subclasses stand before what they derive from.
TYPES: tuple[tuple[type[fields.Field[Any]], Words], ...] = (
    (fields.Boolean, ("yes or no", "是或否")),
    (fields.Integer, ("whole number", "整数")),
    (fields.Number, ("number", "数字")),
    (fields.Date, ("day", "日期")),
    (fields.Time, ("time of day", "时刻")),
    (fields.DateTime, ("day and time", "日期和时间")),
    (fields.List, ("list", "列表")),
    (fields.Mapping, ("object", "对象")),
    (fields.Nested, ("object", "对象")),
)
TEXT = ("text", "文本")
STATES: Mapping[str, Words] = {
    Status.WAITING: ("Waiting for your answer", "等待你的答复"),
    Status.EXECUTING: ("Being done", "正在执行"),
    Status.OUTCOME_UNKNOWN: ("Being checked", "正在核实"),
    Status.EXECUTED: ("Done", "已完成"),
    Status.DECLINED: ("Declined", "已拒绝"),
    Status.EXPIRED: ("Expired", "已过期"),
    Status.FAILED: ("Failed", "未成功"),
    Status.SUPERSEDED: ("Out of date", "已失效"),
    Status.CANCELLED: ("Cancelled", "已取消"),
    Status.NEEDS_REVIEW: ("Being looked into", "人工核查中"),
}


@dataclass(frozen=True)
class Argument:
    """One argument of an operation, as a page shows it."""

    name: str
    type: Words
    required: bool
    description: str


def arguments(operation: Operation) -> list[Argument]:
    """The arguments of an operation, in the order of its declaration."""
    return [
        Argument(name, _type(field), field.required, field.metadata.get("description", ""))
        for name, field in operation.arguments.items()
    ]


def details(operation: Operation) -> str:
    """What the operation's description says beyond its first line."""
    return operation.description.removeprefix(operation.summary).strip()


def _type(field: fields.Field[Any]) -> Words:
    return next((words for kind, words in TYPES if isinstance(field, kind)), TEXT)


def access(declaration: Declaration) -> Words:
    """Who may call a plugin."""
    if declaration.is_open and not isinstance(declaration.auth, Public):
        return OPEN_IN_PART
    return ACCESS[type(declaration.auth)]


def title_named(plugin: str) -> str:
    """The title of the plugin of this name; the name itself where it is no longer served."""
    declaration = current_gateway().declarations.get(plugin)
    return title_of(declaration) if declaration else plugin


def title_of(declaration: Declaration) -> str:
    """The title of a plugin, with its name where another is served under the same title."""
    served = current_gateway().declarations.values()
    is_alone = [each.title for each in served].count(declaration.title) == 1
    return declaration.title if is_alone else f"{declaration.title} ({declaration.name})"
