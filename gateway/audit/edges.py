"""What the rows of one action may say, one after the other.

An action that is over stays over, and nothing is done without exactly one yes, to exactly that action,
given by the person whose action it is, where only theirs counts.
"""

from dataclasses import dataclass

from ..envelope import Status
from .reading import Row

# Its person deleted their account while it was open.
FORGOTTEN = "forgotten"
OVER = frozenset(
    (
        Status.EXECUTED,
        Status.FAILED,
        Status.DECLINED,
        Status.EXPIRED,
        Status.CANCELLED,
        Status.SUPERSEDED,
        Status.NEEDS_REVIEW,
        FORGOTTEN,
    )
)
# What takes no yes: it is the yes, or a no, or came to nothing before there was one.
BEFORE_A_YES = OVER - {Status.EXECUTED, Status.NEEDS_REVIEW} | {"approved"}
# What moves nothing, and may be told of an action that is over.
NOTES = frozenset(("wrong_person",))
SAME = (
    *("plugin", "operation", "principal", "client"),
    *("approve", "action_hash", "question_hash"),
)


@dataclass(frozen=True)
class Open:
    """An action that is not over: what it is, in the columns of `SAME`, and whether it has its yes."""

    frozen: tuple[str | None, ...]
    approved: bool = False


class Edges:
    """The actions that are open at one point of the trail, by id. Those that are over are forgotten."""

    def __init__(self) -> None:
        self.open: dict[str, Open] = {}

    def fault(self, row: Row) -> str | None:
        """Why `row` cannot follow what came before it, as a clause; None when it can."""
        if row.edge in NOTES:
            return None
        frozen = tuple(getattr(row, name) for name in SAME)
        before = self.open.pop(row.confirmation_id, None)
        wrong = _asked_wrongly(before) if row.edge == "asked" else _wrong(row, before, frozen)
        if wrong is None and row.edge not in OVER:
            approved = row.edge == "approved" or (before is not None and before.approved)
            self.open[row.confirmation_id] = Open(frozen, approved)
        return wrong


def _is_by_the_person(row: Row) -> bool:
    return row.actor == "person" and row.account == row.principal


def _asked_wrongly(before: Open | None) -> str | None:
    return None if before is None else "asks about an action that was asked about before"


def _wrong(row: Row, before: Open | None, frozen: tuple[str | None, ...]) -> str | None:
    if before is None:
        return f"is {row.edge!r} of an action that is over, or was never asked about"
    changed = [
        name for name, old, new in zip(SAME, before.frozen, frozen, strict=True) if old != new
    ]
    if changed:
        return f"is {row.edge!r} with another {changed[0]} than the action was asked with"
    if row.edge == "approved" and row.approve == "person" and not _is_by_the_person(row):
        return "approves on the page what the person did not approve"
    if row.edge == "approved" and before.approved:
        return "approves an action that was approved before"
    if row.edge not in BEFORE_A_YES and not before.approved:
        return f"is {row.edge!r} of an action that nobody approved"
    return None
