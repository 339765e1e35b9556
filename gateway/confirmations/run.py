"""Running what a confirmation froze, and what an error on the way means for its record."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from ..arguments import reload
from ..context import CallContext, Caller, entered
from ..declaration import Declaration, Operation
from ..envelope import Status
from ..errors import Problem, from_http_exception, internal_error
from ..hosts import Door
from ..image import without_picture
from ..storage.failures import is_unavailable
from .origin import caller_of, door_of
from .questions import Asked, ask_as
from .record import Confirmation

log = logging.getLogger(__name__)

MakeContext = Callable[[str, Caller, Door, Callable[[], Connection]], CallContext]


class Frozen:
    """One confirmation with the operation it is of: what was asked for, to be run as it was asked.

    `make` gives the context of a call; it runs as whoever asked, through the door they asked by.
    """

    def __init__(self, confirmation: Confirmation, operation: Operation, make: MakeContext) -> None:
        self.confirmation = confirmation
        self.operation = operation
        self.values = reload(operation, confirmation.arguments)
        self._make = make

    @property
    def effect_is_elsewhere(self) -> bool:
        return self.operation.policy is not None and self.operation.policy.effect == "external"

    def ask_again(
        self, connection: Callable[[], Connection], confirmation_id: str | None = None
    ) -> Asked:
        """The question as it would be asked now; as another confirmation, if an id is given."""
        name = confirmation_id or self.confirmation.id
        with entered(self._context(connection)):
            return ask_as(self.operation, self.values, name, connection)

    def run(self, connection: Callable[[], Connection]) -> Mapping[str, Any]:
        """The result of the operation. Raises whatever keeps it from one."""
        with entered(self._context(connection)):
            return self._dumped(self.operation.function(**self.values))

    def look_up(self, connection: Callable[[], Connection]) -> Mapping[str, Any] | None:
        """The result of an effect elsewhere that was made already; None where it was not."""
        assert self.operation.policy is not None
        assert self.operation.policy.lookup is not None
        with entered(self._context(connection)):
            found = self.operation.policy.lookup(**self.values)
        return None if found is None else self._dumped(found)

    def _context(self, connection: Callable[[], Connection]) -> CallContext:
        caller, door = caller_of(self.confirmation), door_of(self.confirmation)
        return self._make(self.operation.plugin, caller, door, connection)

    def _dumped(self, result: Any) -> Mapping[str, Any]:
        """As JSON. Raises here what no JSON can hold, and not when the outcome is to be recorded."""
        dumped = self.operation.returns.dump(without_picture(result))
        orjson.dumps(dumped)
        return cast(Mapping[str, Any], dumped)


def operation_of(
    declarations: Mapping[str, Declaration], confirmation: Confirmation
) -> Operation | None:
    """The operation that a confirmation is of; None where the plugin has changed since."""
    declaration = declarations.get(confirmation.plugin)
    return declaration.operation(confirmation.operation) if declaration else None


def succeeded(confirmation: Confirmation, result: Mapping[str, Any], now: datetime) -> Confirmation:
    """The confirmation with its result."""
    return replace(confirmation, status=Status.EXECUTED, executed_at=now, result=result)


def refused(confirmation: Confirmation, problem: Problem, now: datetime) -> Confirmation:
    """The confirmation with the refusal that ended it."""
    # An author may have put into it what is no JSON: the refusal must be kept all the same.
    error = orjson.loads(orjson.dumps(problem.body(), default=str))
    return replace(confirmation, status=Status.FAILED, executed_at=now, error=error)


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
