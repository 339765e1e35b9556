"""How often a person may be asked: whoever is asked too often says yes to anything.

The numbers are those of the threat model behind this design: five questions at a time, twenty an hour,
and none of an assistant three of whose questions of the last hour were declined, until the oldest of
them is an hour old. They count for each assistant, with twice as many for all of a person's together:
otherwise one assistant could keep the others from asking.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, select

from ..envelope import Status
from ..errors import Problem
from ..storage.tables import confirmations
from . import record
from .changes import Change
from .record import Confirmation

MOST_WAITING, MOST_ASKED, MOST_DECLINED = 5, 20, 3
WINDOW = timedelta(hours=1)
ALL = 2  # times as many for all assistants of a person together

ANSWER_FIRST = "The user has many questions to answer already. Ask them to answer those first."
PEACE = f"The user has declined {MOST_DECLINED} times within an hour. Leave them in peace for now."
LATER = "The user has been asked very often within an hour. Ask again later."


def refuse_too_many(change: Change, new: Confirmation) -> None:
    """Raise 429 where the person of `new` has been asked too often."""
    theirs = (confirmations.c.principal == new.principal) & (confirmations.c.approve == "person")
    from_client = confirmations.c.client.is_not_distinct_from(new.client)
    waiting = theirs & (confirmations.c.status == Status.WAITING)
    waiting &= confirmations.c.expires_at > change.now
    for which, most in ((waiting & from_client, MOST_WAITING), (waiting, ALL * MOST_WAITING)):
        if record.count(change.connection, which) >= most:
            raise _problem("too_many_pending", ANSWER_FIRST, 60)
    asked = theirs & (confirmations.c.created_at > change.now - WINDOW)
    declined = asked & from_client & (confirmations.c.status == Status.DECLINED)
    _refuse(change, declined, MOST_DECLINED, PEACE)
    _refuse(change, asked & from_client, MOST_ASKED, LATER)
    _refuse(change, asked, ALL * MOST_ASKED, LATER)


def _refuse(change: Change, which: ColumnElement[bool], most: int, reason: str) -> None:
    """Raise 429 where there are as many, until the oldest that counts is an hour old."""
    asked = select(confirmations.c.created_at).where(which)
    newest = change.connection.execute(
        asked.order_by(confirmations.c.created_at.desc()).limit(most)
    ).all()
    if len(newest) < most:
        return
    seconds = (newest[-1].created_at + WINDOW - change.now).total_seconds()
    raise _problem("rate_limited", reason, max(1, int(seconds)))


def _problem(code: str, detail: str, seconds: int) -> Problem:
    return Problem(429, code, detail, headers={"Retry-After": str(seconds)})
