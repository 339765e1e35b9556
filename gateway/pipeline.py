"""The one path of every call: authenticate, limit, load, confirm, run, dump. It knows no HTTP.

REST and every other transport end here, so they cannot disagree.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from .arguments import Arguments, load, thawed
from .auth.authenticate import authenticate, require_scopes
from .call import Answer, Call
from .config import Settings
from .confirmations.answers import answer
from .confirmations.approve import approve, find_own
from .confirmations.propose import Proposal, principal_of, recorded
from .confirmations.record import Confirmation
from .context import CallContext, Caller, current_call, entered
from .declaration import Declaration, Kind, Operation
from .errors import Problem, from_http_exception, internal_error
from .limits import RateLimits
from .storage.cache import Cache
from .storage.ledger import LazyTransaction, Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pipeline:
    """Runs operations. `page_path` gives the path of a plugin's page inside the plugin."""

    settings: Settings
    ledger: Ledger
    cache: Cache
    limits: RateLimits
    page_path: Callable[[str, str, Mapping[str, object]], str]

    def perform(self, call: Call) -> Answer:
        """Run one call to its answer; whatever goes wrong becomes a problem, never an exception."""
        try:
            return self._perform(call)
        except Problem as problem:
            return _refusal(problem)
        except HTTPException as error:
            return _refusal(from_http_exception(error))
        except Exception:
            log.exception("%s.%s failed", call.operation.plugin, call.operation.name)
            return _refusal(internal_error())

    def _perform(self, call: Call) -> Answer:
        with LazyTransaction(self.ledger) as reading:
            caller = authenticate(call, self.settings, reading)
            self.limits.check(call, caller)
            arguments = load(call)
            context = self._context(call, caller, reading)
            with entered(context):
                finish = self._prepared(call, caller, arguments)
        # The reading has ended: on SQLite it could keep the writer that follows from committing.
        with entered(context):
            return finish()

    def _prepared(self, call: Call, caller: Caller, arguments: Arguments) -> Callable[[], Answer]:
        """Do what only reads, and return what remains to be done."""
        operation = call.operation
        if operation.kind is Kind.APPROVAL:
            return partial(operation.function, **arguments.values)
        if operation.kind is Kind.QUERY:
            return partial(_given, _answered(operation, operation.function(**arguments.values)))
        proposal = Proposal(call, caller, arguments)
        earlier = proposal.answered(current_call().connection())
        if earlier:
            return partial(_given, earlier)
        return partial(recorded, proposal, proposal.asked(), self.ledger)

    def _context(self, call: Call, caller: Caller, reading: LazyTransaction) -> CallContext:
        return CallContext(
            plugin=call.operation.plugin,
            principal=principal_of(caller),
            caller=caller,
            door=call.door,
            connection=reading,
            settings=self.settings,
            cache=self.cache,
            page_path=self.page_path,
        )

    def get_confirmation(self, confirmation_id: str) -> Answer:
        """The function of the operation of that name: how one of the caller's actions stands."""
        return answer(_own(current_call().connection(), confirmation_id))

    def confirm_action(
        self,
        declaration: Declaration,
        confirmation_id: str,
        hash: str,  # noqa: A002 - the name on the wire
    ) -> Answer:
        """The function of the operation of that name: run what the caller confirms."""
        find = partial(_to_confirm, declaration, confirmation_id)
        return approve(self.ledger, find, hash, partial(_run_frozen, declaration))


def _own(connection: Connection, confirmation_id: str, *, lock: bool = False) -> Confirmation:
    context = current_call()
    return find_own(
        connection,
        confirmation_id,
        context.plugin,
        context.principal,
        context.caller.client,
        lock=lock,
    )


def _to_confirm(
    declaration: Declaration, confirmation_id: str, connection: Connection
) -> Confirmation:
    """The caller's own confirmation, held, when they may still do what it asks about."""
    found = _own(connection, confirmation_id, lock=True)
    require_scopes(_frozen_operation(declaration, found), current_call().caller.scopes)
    return found


def _frozen_operation(declaration: Declaration, confirmation: Confirmation) -> Operation:
    operation = declaration.operation(confirmation.operation)
    if operation is None:
        raise Problem(410, "action_expired", "The plugin has changed since. Call the action again.")
    return operation


def _run_frozen(
    declaration: Declaration, confirmation: Confirmation, connection: Connection
) -> Mapping[str, Any]:
    """Run the operation with what was frozen, in the transaction of the approval."""
    operation = _frozen_operation(declaration, confirmation)
    context = current_call()
    confirmed = replace(context.caller, confirmation_id=confirmation.id)
    values = thawed(operation, confirmation.arguments)
    with entered(replace(context, caller=confirmed, connection=lambda: connection)):
        return cast(Mapping[str, Any], operation.returns.dump(operation.function(**values)))


def _answered(operation: Operation, result: Any) -> Answer:
    """The answer of a query; the gateway's own operations answer by themselves."""
    return result if isinstance(result, Answer) else Answer(200, operation.returns.dump(result))


def _given(answer: Answer) -> Answer:
    return answer


def _refusal(problem: Problem) -> Answer:
    return Answer(problem.status, problem.body(), problem.headers, is_problem=True)
