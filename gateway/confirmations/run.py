"""Running what a confirmation froze, and what an error on the way means for its record."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from ..arguments import reload
from ..context import current_call, entered
from ..declaration import Operation
from ..envelope import Status
from ..errors import Problem, from_http_exception, internal_error
from ..image import without_picture
from ..storage.failures import is_unavailable
from .questions import ask
from .record import Confirmation

log = logging.getLogger(__name__)

CHANGED = Problem(
    409,
    "action_superseded",
    "What the question rests on has changed since, and nothing was done. Call the action again and"
    " ask the user again.",
)


def run(
    operation: Operation, confirmation: Confirmation, connection: Callable[[], Connection]
) -> Mapping[str, Any]:
    """The result of the operation for the frozen arguments. Raises whatever keeps it from one.

    What the question rested on is looked up again first: nobody gets what they were not asked about.
    """
    context = current_call()
    confirmed = replace(context.caller, confirmation_id=confirmation.id)
    values = reload(operation, confirmation.arguments)
    with entered(replace(context, caller=confirmed, connection=connection)):
        _refuse_changed_quote(operation, values, confirmation)
        result = without_picture(operation.function(**values))
        return cast(Mapping[str, Any], operation.returns.dump(result))


def succeeded(confirmation: Confirmation, result: Mapping[str, Any]) -> Confirmation:
    """The confirmation with its result."""
    now = datetime.now(UTC)
    return replace(confirmation, status=Status.EXECUTED, executed_at=now, result=result)


def refused(confirmation: Confirmation, problem: Problem) -> Confirmation:
    """The confirmation with the refusal that ended it."""
    status = Status.SUPERSEDED if problem is CHANGED else Status.FAILED
    now = datetime.now(UTC)
    return replace(confirmation, status=status, executed_at=now, error=problem.body())


def final_problem(confirmation: Confirmation, error: Exception) -> Problem:
    """The problem to record for good. Raises again what may pass, so that nothing is recorded."""
    if is_unavailable(error):
        raise error
    if isinstance(error, HTTPException):
        error = from_http_exception(error)
    if not isinstance(error, Problem):
        log.error("%s.%s failed", confirmation.plugin, confirmation.operation, exc_info=error)
        return internal_error()
    if error.retryable:
        raise error
    return error


def _refuse_changed_quote(
    operation: Operation, values: Mapping[str, Any], confirmation: Confirmation
) -> None:
    _, quote = ask(operation, values)
    if orjson.loads(orjson.dumps(quote)) != confirmation.quote:
        raise CHANGED
