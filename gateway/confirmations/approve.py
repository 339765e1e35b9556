"""The second half of an action: what was frozen runs, once, and its outcome is recorded.

Fails closed: when the ledger is gone, nothing runs.
"""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from ..auth.authenticate import require_scopes
from ..call import Answer
from ..context import current_call
from ..declaration import Declaration, Operation
from ..envelope import Status
from ..errors import Problem
from ..storage.ledger import LazyTransaction, Ledger
from . import record
from .answers import answer, failure
from .person import hold_person
from .record import Confirmation
from .run import final_problem, refused, run, succeeded


def get_confirmation(declaration: Declaration, confirmation_id: str) -> Answer:
    """How one of the caller's own actions stands."""
    found, _ = _find_own(declaration, current_call().connection(), confirmation_id)
    return answer(found)


def confirm_action(
    declaration: Declaration,
    ledger: Ledger,
    confirmation_id: str,
    hash: str,  # noqa: A002 - the name on the wire
) -> Answer:
    """Run what the confirmation froze and record the outcome. Repeating it is safe in every state.

    An effect in the ledger is made in the transaction that records it. An effect elsewhere is made
    between two: the first claims the confirmation, so that a crash leaves it "executing", and the
    claim can be taken over with the same confirmation id.
    """
    with ledger.write() as connection:
        hold_person(connection, declaration.auth, current_call().caller.principal)
        found, operation = _find_asked(declaration, connection, confirmation_id, hash)
        _refuse_unless_chat(operation)
        if not found.can_run(datetime.now(UTC)):
            return _answer_again(found)
        if operation.policy and operation.policy.effect == "ledger":
            return _execute_in(connection, operation, found)
        claimed = record.claim(connection, found)
    return _execute_elsewhere(ledger, operation, claimed)


def decline_action(
    declaration: Declaration,
    ledger: Ledger,
    confirmation_id: str,
    hash: str,  # noqa: A002 - the name on the wire
) -> Answer:
    """Record the person's no. What has been done, or is being done, stays as it is."""
    with ledger.write() as connection:
        found, _ = _find_asked(declaration, connection, confirmation_id, hash)
        if found.status != Status.WAITING:
            return answer(found, replayed=True)
        declined = replace(found, status=Status.DECLINED)
        record.finish(connection, declined)
    return answer(declined)


def _refuse_unless_chat(operation: Operation) -> None:
    """Whoever relays a yes, over whatever transport: some actions take none but the person's own."""
    if operation.policy is None or operation.policy.approve != "chat":
        raise Problem(
            403,
            "human_approval_required",
            "Only the user can approve this, on the page of confirm_url. Nothing is done yet: ask them"
            " to open it.",
        )


def _find_asked(
    declaration: Declaration, connection: Connection, confirmation_id: str, hashed: str
) -> tuple[Confirmation, Operation]:
    """The caller's own confirmation, held for writing, if it is of what the person was asked."""
    found, operation = _find_own(declaration, connection, confirmation_id, lock=True)
    if found.hash != hashed:
        raise Problem(
            409,
            "arguments_changed",
            "The hash is not that of this action. Call the action again and ask the user again.",
        )
    return found, operation


def _find_own(
    declaration: Declaration, connection: Connection, confirmation_id: str, *, lock: bool = False
) -> tuple[Confirmation, Operation]:
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
    operation = declaration.operation(found.operation)
    if operation is None:
        raise Problem(410, "action_expired", "The plugin has changed since. Call the action again.")
    require_scopes(operation, context.door, context.caller.scopes)
    return found.at(datetime.now(UTC)), operation


def _execute_in(connection: Connection, operation: Operation, found: Confirmation) -> Answer:
    """Make the effect in this very transaction; a refusal takes back what it had done so far."""
    try:
        with connection.begin_nested():
            done = succeeded(found, run(operation, found, lambda: connection))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded or raised again
        done = refused(found, final_problem(found, error))
    record.finish(connection, done)
    return _first_answer(done)


def _execute_elsewhere(ledger: Ledger, operation: Operation, claimed: Confirmation) -> Answer:
    """Make the effect while no transaction is held, as it may take long, then record it."""
    done = _outcome_elsewhere(ledger, operation, claimed)
    with ledger.write() as connection:
        record.finish(connection, done)
    return _first_answer(done)


def _outcome_elsewhere(ledger: Ledger, operation: Operation, claimed: Confirmation) -> Confirmation:
    try:
        with LazyTransaction(ledger) as reading:
            return succeeded(claimed, run(operation, claimed, reading))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded or raised again
        return _after_failure(ledger, claimed, error)


def _after_failure(ledger: Ledger, claimed: Confirmation, error: Exception) -> Confirmation:
    try:
        problem = final_problem(claimed, error)
    except Exception:
        with ledger.write() as connection:
            record.finish(connection, replace(claimed, status=Status.WAITING))
        raise
    if problem.code == "internal_error":  # it broke on the way: the effect may have been made
        return replace(claimed, status=Status.OUTCOME_UNKNOWN)
    return refused(claimed, problem)


def _first_answer(done: Confirmation) -> Answer:
    return failure(done) if done.error else answer(done)


def _answer_again(found: Confirmation) -> Answer:
    if found.status in (Status.EXECUTED, Status.EXECUTING, Status.OUTCOME_UNKNOWN):
        return answer(found, replayed=True)
    if found.error:
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
