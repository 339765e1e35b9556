"""The second half of an action: the person's yes or no, and what it brings about, once.

Fails closed: when the ledger is gone, nothing runs.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from ..audit import reading, trail
from ..audit.edges import FORGOTTEN
from ..declaration import Declaration, Operation
from ..envelope import Status
from ..errors import Problem
from ..storage import clock
from ..storage.ledger import LazyTransaction, Ledger
from . import outbox, record
from .changes import GATEWAY, Actor, Change, changing
from .elsewhere import Elsewhere
from .person import hold_person
from .propose import successor
from .questions import Asked
from .record import Confirmation
from .run import Frozen, MakeContext, final_problem, operation_of, refused, succeeded

log = logging.getLogger(__name__)

STRANGERS_NOTED = 5  # tries of other people to answer one confirmation

# Raises the problem that keeps somebody from seeing or answering a confirmation.
Check = Callable[[Confirmation, Operation], None]


class Answered(NamedTuple):
    """How a confirmation stands after an answer; `again` when an earlier answer had settled it."""

    confirmation: Confirmation
    again: bool = False


class Changed(Exception):
    """What the question rests on is no longer so."""


class Approvals:
    """Takes answers to the questions of all plugins, from whoever a check lets give them.

    `declarations` are those of the plugins; `make` gives the context of a call.
    """

    def __init__(
        self, declarations: Mapping[str, Declaration], ledger: Ledger, make: MakeContext
    ) -> None:
        self._declarations = declarations
        self._ledger = ledger
        self._make = make
        self.elsewhere = Elsewhere(declarations, ledger, make)

    def find(self, confirmation_id: str, check: Check) -> Confirmation:
        """A confirmation as it stands now. Raises 404, 410, or what `check` raises."""
        return self._found(confirmation_id, check)[0]

    def approve(self, confirmation_id: str, principal: str, actor: Actor, check: Check) -> Answered:
        """Do what was asked, once, and tell how it stands. Repeating it is safe in every state.

        An effect in the ledger is made in the transaction that records the approval. An effect
        elsewhere is approved in one, which puts it into the outbox, and settled in another. Where
        what the question rests on has changed, nothing runs: it is asked anew, as a successor.
        """
        found, operation = self._found(confirmation_id, check)
        if found.status != Status.WAITING:
            return Answered(found, again=True)
        looked = self._look(Frozen(found, operation, self._make))
        with self._answering(confirmation_id, principal, check) as (change, found, operation):
            if found.status != Status.WAITING:
                return Answered(found, again=True)
            frozen = Frozen(found, operation, self._make)
            if looked is None:
                return Answered(_execute(change, frozen, actor))
            approved = _put_out(change, frozen, actor, looked)
        return Answered(self._brought_about(approved))

    def _brought_about(self, approved: Confirmation) -> Confirmation:
        """What came of an effect elsewhere. It is approved, whatever happens now: the sweeper of some
        worker takes up what cannot be begun here.
        """
        if approved.status != Status.EXECUTING:
            return approved
        try:
            return self.elsewhere.take_up(approved.id) or approved
        except Problem as problem:
            log.warning("%s waits for the sweeper: %s", approved.id, problem.detail)
            return approved

    def end(
        self, confirmation_id: str, status: Status, principal: str, actor: Actor, check: Check
    ) -> Answered:
        """Record a no. What has been done, or is being done, stays as it is."""
        with self._answering(confirmation_id, principal, check) as (change, found, _):
            if found.status != Status.WAITING:
                return Answered(found, again=True)
            return Answered(change.end(found, status, actor))

    def note_stranger(self, confirmation: Confirmation, actor: Actor) -> None:
        """Write into the trail that somebody else tried to answer, a few times at most: nobody shall
        fill another person's trail.
        """
        with changing(self._ledger) as change:
            own = (confirmation.id, confirmation.principal)
            if reading.count(change.connection, *own, "wrong_person") < STRANGERS_NOTED:
                change.note(confirmation, "wrong_person", actor)

    @contextmanager
    def forgetting(self, connection: Connection, principal: str) -> Iterator[None]:
        """Write into the trail that what was open is over, as its person deletes their account in the
        block: afterwards, as the trail is what a transaction locks last.
        """
        change = Change(connection)
        for each in record.find_unsettled(connection, principal):
            change.note(each, FORGOTTEN, Actor("person", principal))
        yield
        trail.append(connection, change.entries)

    def _found(self, confirmation_id: str, check: Check) -> tuple[Confirmation, Operation]:
        with self._ledger.read() as connection:
            found = record.find(connection, confirmation_id)
            now = clock.now(connection)
        return self._checked(found.at(now) if found else None, check)

    def _look(self, frozen: Frozen) -> Asked | Exception | None:
        """What the question of an effect elsewhere would be now; None for one in the ledger, which is
        asked in the transaction that makes the effect.
        """
        if not frozen.effect_is_elsewhere:
            return None
        try:
            with LazyTransaction(self._ledger) as reading:
                return frozen.ask_again(reading)
        except Exception as error:  # noqa: BLE001 - it is recorded, or raised again, in a transaction
            return error

    @contextmanager
    def _answering(
        self, confirmation_id: str, principal: str, check: Check
    ) -> Iterator[tuple[Change, Confirmation, Operation]]:
        """The confirmation, held for writing, if it may be answered."""
        with changing(self._ledger) as change:
            unlocked = record.find(change.connection, confirmation_id)
            _, operation = self._checked(unlocked, check)
            hold_person(change.connection, operation.auth, principal)
            yield change, *self._checked(change.lock(confirmation_id), check)

    def _checked(self, found: Confirmation | None, check: Check) -> tuple[Confirmation, Operation]:
        operation = operation_of(self._declarations, found) if found else None
        if found is None:
            raise not_found()
        if operation is None:
            raise Problem(
                410, "action_expired", "The plugin has changed since. Call the action again."
            )
        check(found, operation)
        return found, operation


def not_found() -> Problem:
    """One answer for what is unknown, another person's and another client's."""
    return Problem(
        404,
        "action_not_found",
        "There is no such confirmation. Use the confirmation_id that the action answered with.",
    )


def _execute(change: Change, frozen: Frozen, actor: Actor) -> Confirmation:
    """Make the effect in this very transaction; a refusal takes back what it had done so far."""
    found = frozen.confirmation
    try:
        with change.connection.begin_nested():
            if frozen.ask_again(lambda: change.connection).differs_from(found.quote):
                raise Changed  # noqa: TRY301 - it leaves the savepoint, and what was done in it
            result = frozen.run(lambda: change.connection)
    except Changed:
        # Asked again: what the first asking held for the person went with the savepoint.
        asked = frozen.ask_again(lambda: change.connection, record.new_id())
        return _supersede(change, frozen, actor, asked)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded or raised again
        done = refused(found, final_problem(found, error), change.now)
    else:
        done = succeeded(found, result, change.now)
    return change.move(found, done, ("approved", actor), (done.status, GATEWAY))


def _put_out(
    change: Change, frozen: Frozen, actor: Actor, looked: Asked | Exception
) -> Confirmation:
    """Approve an effect elsewhere and put it into the outbox, unless nothing is to be made."""
    found = frozen.confirmation
    if isinstance(looked, Exception):
        done = refused(found, final_problem(found, looked), change.now)
        return change.move(found, done, ("approved", actor), (done.status, GATEWAY))
    if looked.differs_from(found.quote):
        asked = replace(looked, confirmation_id=record.new_id())
        return _supersede(change, frozen, actor, asked)
    running = replace(found, status=Status.EXECUTING, executed_at=change.now)
    outbox.put(change.connection, found.id, change.now)
    return change.move(found, running, ("approved", actor))


def _supersede(change: Change, frozen: Frozen, actor: Actor, asked: Asked) -> Confirmation:
    before = frozen.confirmation
    moved = change.supersede(before, asked.confirmation_id, actor)
    successor(change, before, frozen.operation, asked)
    return moved
