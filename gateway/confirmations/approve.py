"""The second half of an action: what was frozen runs, once, in the transaction that records it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from ..call import Answer
from ..errors import Problem, from_http_exception, internal_error
from ..storage.failures import is_unavailable
from ..storage.ledger import Ledger
from . import record
from .answers import answer
from .record import Confirmation

log = logging.getLogger(__name__)

Run = Callable[[Confirmation, Connection], Mapping[str, Any]]


def find_own(
    connection: Connection,
    confirmation_id: str,
    plugin: str,
    principal: str,
    client: str | None,
    *,
    lock: bool = False,
) -> Confirmation:
    """The caller's own confirmation. Unknown, another person's and another client's are one 404."""
    found = record.find(connection, confirmation_id, lock=lock)
    owner = (plugin, principal, client)
    if found is None or (found.plugin, found.principal, found.client) != owner:
        raise Problem(
            404,
            "action_not_found",
            "There is no such confirmation. Use the confirmation_id that the action answered with.",
        )
    return found.at(datetime.now(UTC))


def approve(
    ledger: Ledger,
    find: Callable[[Connection], Confirmation],
    given_hash: str,
    run: Run,
) -> Answer:
    """Run what the confirmation froze and record the outcome, all or nothing; repeating is safe.

    `find` gives the confirmation, held against others. A refusal by the operation is recorded as
    failed; a failure that may pass, such as a store that is down, leaves the confirmation waiting.
    """
    with ledger.write() as connection:
        found = find(connection)
        if found.hash != given_hash:
            raise Problem(
                409,
                "arguments_changed",
                "The hash is not that of this action. Call the action again and ask the user again.",
            )
        if found.status == record.WAITING:
            return _executed(connection, found, run)
        return _already(found)


def _executed(connection: Connection, found: Confirmation, run: Run) -> Answer:
    problem: Problem | None = None
    result: Mapping[str, Any] | None = None
    try:
        with connection.begin_nested():
            result = run(found, connection)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded or raised again
        problem = _final(found, error)
    now = datetime.now(UTC)
    done = replace(
        found,
        status=record.FAILED if problem else record.EXECUTED,
        executed_at=now,
        result=result,
        error=problem.body() if problem else None,
    )
    changes = {name: getattr(done, name) for name in ("status", "executed_at", "result", "error")}
    if not record.move(connection, found, **changes):
        raise RuntimeError(f"{found.id} left the waiting state while it was locked")
    return failure(done) if problem else answer(done)


def _final(found: Confirmation, error: Exception) -> Problem:
    """The problem to record for good. Raises again what may pass, so that nothing is recorded."""
    if is_unavailable(error):
        raise error
    if isinstance(error, HTTPException):
        error = from_http_exception(error)
    if not isinstance(error, Problem):
        log.error("%s.%s failed", found.plugin, found.operation, exc_info=error)
        return internal_error()
    if error.retryable:
        raise error
    return error


def _already(found: Confirmation) -> Answer:
    if found.status == record.EXECUTED:
        return answer(found, replayed=True)
    if found.status == record.FAILED:
        return failure(found, replayed=True)
    raise _refusal(found)


def _refusal(found: Confirmation) -> Problem:
    status = 410 if found.status == record.EXPIRED else 409
    told = {
        record.EXPIRED: "Nobody confirmed in time, and nothing was done. Call the action again.",
        "declined": "The user declined, and nothing was done. Ask the user what they want instead.",
    }
    detail = told.get(
        found.status, f"The action is {found.status} and cannot be confirmed any more."
    )
    return Problem(status, f"action_{found.status}", detail)


def failure(done: Confirmation, *, replayed: bool = False) -> Answer:
    """The refusal that the operation gave, as it was recorded."""
    body = done.error or {}
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Answer(int(body["status"]), body, headers, is_problem=True)
