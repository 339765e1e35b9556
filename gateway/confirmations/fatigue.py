"""How often a person may be asked: whoever is asked too often says yes to anything.

The numbers are those of the threat model behind this design: five questions at a time, twenty an hour,
and after three declines within an hour an hour without questions of that assistant.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from ..envelope import Status
from ..errors import Problem
from ..storage.tables import confirmations
from . import record
from .changes import Change
from .record import Confirmation

MOST_WAITING, MOST_ASKED, MOST_DECLINED = 5, 20, 3
WINDOW = timedelta(hours=1)


def refuse_too_many(change: Change, new: Confirmation) -> None:
    """Raise 429 where the person of `new` has been asked too often."""
    connection, recently = change.connection, change.now - WINDOW
    theirs = (confirmations.c.principal == new.principal) & (confirmations.c.approve == "person")
    waiting = theirs & (confirmations.c.status == Status.WAITING)
    if record.count(connection, waiting, confirmations.c.expires_at > change.now) >= MOST_WAITING:
        raise _problem(
            "too_many_pending",
            f"The user has {MOST_WAITING} questions to answer already. Ask them to answer those first.",
            60,
        )
    client = new.client if new.client is not None else ""
    declined = theirs & (confirmations.c.status == Status.DECLINED)
    declined &= func.coalesce(confirmations.c.client, "") == client
    _refuse(connection, change, declined & (confirmations.c.created_at > recently), MOST_DECLINED)
    _refuse(connection, change, theirs & (confirmations.c.created_at > recently), MOST_ASKED)


def _refuse(connection: Connection, change: Change, which: ColumnElement[bool], most: int) -> None:
    """Raise 429 where there are as many, until the oldest that counts is an hour old."""
    asked = select(confirmations.c.created_at).where(which)
    newest = connection.execute(asked.order_by(confirmations.c.created_at.desc()).limit(most)).all()
    if len(newest) < most:
        return
    seconds = (newest[-1].created_at + WINDOW - change.now).total_seconds()
    reason = (
        f"The user has declined {most} times within an hour. Leave them in peace until they ask."
        if most == MOST_DECLINED
        else f"The user has been asked {most} times within an hour. Ask again later."
    )
    raise _problem("rate_limited", reason, max(1, int(seconds)))


def _problem(code: str, detail: str, seconds: int) -> Problem:
    return Problem(429, code, detail, headers={"Retry-After": str(seconds)})
