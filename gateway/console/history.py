"""What became of a person's actions, in words: their rows of the audit trail, put together by action."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from ..audit import reading
from ..audit.reading import Row
from ..auth import grants
from ..auth.accounts import Account
from ..confirmations.questions import in_language
from ..envelope import Status
from ..runtime import current_gateway
from ..storage.tables import confirmations
from .described import STATES, Words, title_of
from .language import reader_language
from .linked import moment

ROWS = 50
EDGES: Mapping[str, Words] = {
    **STATES,
    "asked": ("Asked for", "提出请求"),
    "approved": ("Approved in the chat", "已在聊天中批准"),
    "claimed": ("Begun", "开始执行"),
    "put_back": ("Could not be done, to be tried again", "未能执行，稍后重试"),
    "wrong_person": ("Somebody else tried to answer", "他人曾试图代为答复"),
    Status.EXPIRED: ("Nobody answered in time, nothing was done", "未在有效期内答复，没有执行"),
    Status.OUTCOME_UNKNOWN: ("Not known yet whether it was done", "尚不清楚是否已完成"),
    Status.NEEDS_REVIEW: ("Handed to whoever runs this gateway", "已交由网关管理员处理"),
}
# What the person did themselves, on the page.
BY_HAND: Mapping[str, Words] = {
    "approved": ("You approved it", "你已批准"),
    Status.DECLINED: ("You declined it", "你已拒绝"),
    Status.CANCELLED: ("You cancelled it", "你已取消"),
}


@dataclass(frozen=True)
class Step:
    """One thing that happened. `at` is for programs, `when` for people."""

    at: str
    when: Words
    what: Words


@dataclass(frozen=True)
class Action:
    """Steps of one action that follow one another in the trail, the latest first.

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
    kept = _kept(connection, account, {row.confirmation_id for row in rows})
    names = {each.client: each.client_name for each in grants.of_account(connection, account.id)}
    together = groupby(rows, key=lambda row: row.confirmation_id)
    actions = [_action(list(each), kept.get(name), names) for name, each in together]
    return History(actions, rows[-1].seq if len(found) > ROWS else None)


def _kept(connection: Connection, account: Account, ids: Iterable[str]) -> Mapping[str, Any]:
    """The confirmations that are still in the ledger, by id."""
    own = (confirmations.c.principal == account.id) & confirmations.c.id.in_(ids)
    query = select(confirmations.c.id, confirmations.c.question, confirmations.c.origin).where(own)
    return {row.id: row for row in connection.execute(query)}


def _action(rows: list[Row], kept: Any, names: Mapping[str, str]) -> Action:
    first = rows[0]
    declaration = current_gateway().declarations.get(first.plugin)
    asked_by = kept.origin.get("caller", {}).get("client_name") if kept else None
    return Action(
        plugin=title_of(declaration) if declaration else first.plugin,
        client=asked_by or names.get(first.client or "", first.client),
        what=in_language(kept.question, reader_language()) if kept else _in_words(first.operation),
        page=f"/confirm/{first.confirmation_id}" if kept else None,
        steps=tuple(map(_step, rows)),
    )


def _step(row: Row) -> Step:
    by_hand = BY_HAND.get(row.edge) if row.actor == "person" else None
    named = _in_words(row.edge)
    what = by_hand or EDGES.get(row.edge, (named, named))
    return Step(row.at.isoformat(timespec="seconds"), moment(row.at), what)


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
