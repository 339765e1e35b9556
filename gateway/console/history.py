"""What became of a person's actions, in words: their rows of the audit trail, put together by action."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ..audit import reading
from ..audit.reading import Row
from ..auth import grants
from ..auth.accounts import Account
from ..confirmations import record
from ..confirmations.origin import client_name_of
from ..confirmations.questions import in_language
from ..confirmations.record import Confirmation
from ..envelope import Status
from .described import STATES, Words, title_named
from .language import reader_language
from .moments import to_the_minute

ROWS = 50
EDGES: Mapping[str, Words] = {
    **STATES,
    "asked": ("Asked for", "提出请求"),
    "approved": ("Approved in the chat", "已在聊天中批准"),
    "claimed": ("Begun", "开始执行"),
    "put_back": ("Could not be done, to be tried again", "未能执行，稍后重试"),
    "forgotten": ("Your account was deleted", "账户已删除"),
    "wrong_person": ("Somebody else tried to answer", "他人曾试图代为答复"),
    Status.EXPIRED: ("Nobody answered in time, nothing was done", "未在有效期内答复，没有执行"),
    Status.OUTCOME_UNKNOWN: ("Not known yet whether it was done", "尚不清楚是否已完成"),
    Status.NEEDS_REVIEW: ("Handed to whoever runs this gateway", "已交由网关管理员处理"),
}
# What the person did themselves, on the page.
BY_HAND: Mapping[str, Words] = {
    "approved": ("You approved it", "你已批准"),
    Status.DECLINED: ("You declined it", "你已拒绝"),
}


@dataclass(frozen=True)
class Step:
    """One thing that happened. `at` is for programs, `when` for people."""

    at: str
    when: Words
    what: Words


@dataclass(frozen=True)
class Action:
    """The steps of one action that are on the page, the latest first.

    `what` is the question, and the name of the operation once that is gone; then there is no `page`.
    """

    plugin: str
    client: str | None
    what: str
    page: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class History:
    """Some of a person's actions, the latest first. `older` is where the next ones begin, if any do."""

    actions: list[Action]
    older: int | None


def history(connection: Connection, account: Account, before: int | None) -> History:
    """The latest of a person's actions, or those before a row of the trail."""
    found = reading.latest(connection, account.id, ROWS + 1, before)
    rows = found[:ROWS]
    kept = record.find_own(connection, account.id, {row.confirmation_id for row in rows})
    names = {each.client: each.client_name for each in grants.of_account(connection, account.id)}
    together: dict[str, list[Row]] = {}
    for row in rows:
        together.setdefault(row.confirmation_id, []).append(row)
    actions = [_action(each, kept.get(name), names) for name, each in together.items()]
    return History(actions, rows[-1].seq if len(found) > ROWS else None)


def _action(rows: list[Row], kept: Confirmation | None, names: Mapping[str, str]) -> Action:
    first = rows[0]
    asked_by = client_name_of(kept) if kept else None
    return Action(
        plugin=title_named(first.plugin),
        client=asked_by or names.get(first.client or "", first.client),
        what=in_language(kept.question, reader_language()) if kept else _in_words(first.operation),
        page=f"/confirm/{first.confirmation_id}" if kept else None,
        steps=tuple(map(_step, rows)),
    )


def _step(row: Row) -> Step:
    by_hand = BY_HAND.get(row.edge) if row.actor == "person" else None
    named = _in_words(row.edge)
    what = by_hand or EDGES.get(row.edge, (named, named))
    return Step(row.at.isoformat(timespec="seconds"), to_the_minute(row.at), what)


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
