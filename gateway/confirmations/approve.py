"""The second half of an action: what was frozen runs, once, in the transaction that records it.

Fails closed: when the ledger is gone, nothing has run.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from ..arguments import reload
from ..auth.authenticate import require_scopes
from ..call import Answer
from ..context import current_call, entered
from ..declaration import Declaration, Operation
from ..envelope import Status
from ..errors import Problem, from_http_exception, internal_error
from ..storage.failures import is_unavailable
from ..storage.ledger import Ledger
from . import record
from .answers import answer, failure
from .record import Confirmation

log = logging.getLogger(__name__)


def get_confirmation(confirmation_id: str) -> Answer:
    """How one of the caller's own actions stands."""
    return answer(_find_own(current_call().connection(), confirmation_id))


def confirm_action(
    declaration: Declaration,
    ledger: Ledger,
    confirmation_id: str,
    hash: str,  # noqa: A002 - the name on the wire
) -> Answer:
    """Run what the confirmation froze and record the outcome, all or nothing. Repeating is safe.

    A refusal by the operation is recorded as failed; a failure that may pass, such as a store that is
    down, leaves the confirmation waiting.
    """
    with ledger.write() as connection:
        found = _find_own(connection, confirmation_id, lock=True)
        operation = _operation_of(declaration, found)
        require_scopes(operation, current_call().caller.scopes)
        if found.hash != hash:
            raise Problem(
                409,
                "arguments_changed",
                "The hash is not that of this action. Call the action again and ask the user again.",
            )
        if found.status == Status.WAITING:
            return _execute(operation, found, connection)
        return _answer_again(found)


def _find_own(connection: Connection, confirmation_id: str, *, lock: bool = False) -> Confirmation:
    """The caller's own confirmation. Unknown, another person's and another client's are one 404."""
    context = current_call()
    found = record.find(connection, confirmation_id, lock=lock)
    owner = (context.plugin, context.caller.principal, context.caller.client)
    if found is None or (found.plugin, found.principal, found.client) != owner:
        raise Problem(
            404,
            "action_not_found",
            "There is no such confirmation. Use the confirmation_id that the action answered with.",
        )
    return found.at(datetime.now(UTC))


def _operation_of(declaration: Declaration, confirmation: Confirmation) -> Operation:
    operation = declaration.operation(confirmation.operation)
    if operation is None:
        raise Problem(410, "action_expired", "The plugin has changed since. Call the action again.")
    return operation


def _execute(operation: Operation, found: Confirmation, connection: Connection) -> Answer:
    problem: Problem | None = None
    result: Mapping[str, Any] | None = None
    try:
        with connection.begin_nested():
            result = _run(operation, found, connection)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded or raised again
        problem = _final_problem(found, error)
    done = replace(
        found,
        status=Status.FAILED if problem else Status.EXECUTED,
        executed_at=datetime.now(UTC),
        result=result,
        error=problem.body() if problem else None,
    )
    record.finish(connection, done)
    return failure(done) if problem else answer(done)


def _run(
    operation: Operation, confirmation: Confirmation, connection: Connection
) -> Mapping[str, Any]:
    """Run the operation with what was frozen, in the transaction of the approval."""
    context = current_call()
    confirmed = replace(context.caller, confirmation_id=confirmation.id)
    values = reload(operation, confirmation.arguments)
    with entered(replace(context, caller=confirmed, connection=lambda: connection)):
        return cast(Mapping[str, Any], operation.returns.dump(operation.function(**values)))


def _final_problem(found: Confirmation, error: Exception) -> Problem:
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


def _answer_again(found: Confirmation) -> Answer:
    if found.status == Status.EXECUTED:
        return answer(found, replayed=True)
    if found.status == Status.FAILED:
        return failure(found, replayed=True)
    raise _refusal(found)


def _refusal(found: Confirmation) -> Problem:
    messages: dict[str, str] = {
        Status.EXPIRED: "Nobody confirmed in time, and nothing was done. Call the action again.",
        Status.DECLINED: "The user declined, and nothing was done. Ask what they want instead.",
    }
    message = messages.get(found.status, f"The action is {found.status}: it cannot be confirmed.")
    return Problem(
        410 if found.status == Status.EXPIRED else 409, f"action_{found.status}", message
    )
