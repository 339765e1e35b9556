"""Effects elsewhere: brought about while no transaction is held, and settled under a fence.

An effect is repeated only when it is known not to have been made: the function said so, or its `lookup`
did. Where neither can tell, a person must look: it is never repeated on a guess.
"""

import logging
import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from werkzeug.exceptions import HTTPException

from ..declaration import Declaration, Operation
from ..envelope import Status
from ..errors import Problem, from_http_exception
from ..storage import clock, patience
from ..storage.ledger import LazyTransaction, Ledger
from . import outbox
from .changes import GATEWAY, Change, changing
from .lease import held
from .outbox import Claim
from .record import Confirmation
from .run import Frozen, MakeContext, operation_of, refused, succeeded

log = logging.getLogger(__name__)

# How often an effect is tried, and for how long in all, before it is given up.
MOST_TRIES, MOST_TIME = 5, timedelta(minutes=10)
# Seconds until the next try, doubled each time and spread by a half: a provider that is in trouble is
# not asked by everybody at once. Also how long it may take a provider to show what it has just done.
PAUSE = 5
# Seconds for which a known outcome is kept while the store is away.
RECORDED_FOR = 600
# Statuses with which a function says that its effect was not made, and may be made later.
NOT_NOW = (429, 503)


@dataclass(frozen=True)
class Outcome:
    """What came of one try. `again` says that there is to be another; then `status` is until then."""

    status: Status
    result: Mapping[str, Any] | None = None
    problem: Problem | None = None
    again: bool = False


LOST = Outcome(Status.OUTCOME_UNKNOWN, again=True)
DOUBTFUL = Outcome(Status.NEEDS_REVIEW)


class Elsewhere:
    """Brings about what is in the outbox."""

    def __init__(
        self, declarations: Mapping[str, Declaration], ledger: Ledger, make: MakeContext
    ) -> None:
        self._declarations = declarations
        self._ledger = ledger
        self._make = make

    def due(self, most: int) -> list[str]:
        """Ids of what waits, or was left half way."""
        with self._ledger.read() as connection:
            return outbox.due(connection, clock.now(connection), most)

    def take_up(self, confirmation_id: str) -> Confirmation | None:
        """Bring about an effect that waits, and tell how it stands; None if somebody else was faster."""
        with changing(self._ledger) as change:
            found = change.lock(confirmation_id)
            claim = outbox.claim(change.connection, confirmation_id, change.now)
            if found is None or claim is None:
                return None
            change.note(found, "claimed", GATEWAY)
        return self.bring_about(found, claim)

    def bring_about(self, found: Confirmation, claim: Claim) -> Confirmation:
        """Try once, and record what came of it. The confirmation as it stands then.

        An outcome that cannot be recorded at once is kept by a thread that goes on trying: what is
        known must not become doubt because the store was away for a moment.
        """
        with held(self._ledger, claim):
            outcome = self._tried(found, claim)
        try:
            return self._recorded(found, claim, outcome)
        except Problem:
            later = threading.Thread(
                target=self._record_later, args=(found, claim, outcome), daemon=True
            )
            later.start()
            return found

    def _recorded(self, found: Confirmation, claim: Claim, outcome: Outcome) -> Confirmation:
        # What the effect took is not to be taken from the time that its record may take.
        with patience.lasting(), changing(self._ledger) as change:
            current = change.lock(found.id)
            if current is None:  # its person has deleted their account
                return found
            return self._settle(change, current, claim, outcome)

    def _record_later(self, found: Confirmation, claim: Claim, outcome: Outcome) -> None:
        for _ in range(RECORDED_FOR):
            time.sleep(1)
            with suppress(Problem):
                self._recorded(found, claim, outcome)
                return
        log.error("%s: what became of it could not be recorded: %s", found.id, outcome.status)

    def _tried(self, found: Confirmation, claim: Claim) -> Outcome:
        operation = operation_of(self._declarations, found)
        if operation is None:
            return DOUBTFUL
        can_look_up = operation.policy is not None and operation.policy.lookup is not None
        if claim.was_left or found.status == Status.OUTCOME_UNKNOWN:
            looked_up = self._looked_up(found, operation, claim) if can_look_up else DOUBTFUL
            if looked_up:
                return looked_up
        made: Outcome | None = None
        try:
            with LazyTransaction(self._ledger) as reading:
                result = Frozen(found, operation, self._make).run(reading)
                made = Outcome(Status.EXECUTED, result)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded
            if made is None:
                return _after(error, found) or (LOST if can_look_up else DOUBTFUL)
            log.warning("%s: it was done, and reading for it could not be ended", found.id)
        return made

    def _looked_up(self, found: Confirmation, operation: Operation, claim: Claim) -> Outcome | None:
        """What an earlier try came to; None where it made nothing, and may be repeated.

        A look-up that fails, however it words that, tells nothing.
        """
        try:
            with LazyTransaction(self._ledger) as reading:
                result = Frozen(found, operation, self._make).look_up(reading)
        except Exception:
            log.exception("%s: looking up what became of it failed", found.id)
            return LOST
        if result is not None:
            return Outcome(Status.EXECUTED, result)
        return DOUBTFUL if claim.fence > MOST_TRIES else None  # it ends every worker that tries

    def _settle(
        self, change: Change, found: Confirmation, claim: Claim, outcome: Outcome
    ) -> Confirmation:
        outcome = _given_up(outcome) if _is_over(claim, change.now) else outcome
        if outcome.again:
            due_at = change.now + _pause(claim.fence)
            holds = outbox.put_back(change.connection, claim, due_at)
        else:
            holds = outbox.settle(change.connection, claim)
        if not holds:
            log.warning("%s: an outcome came too late and was not counted", found.id)
            return found
        after = _with(found, outcome, change.now)
        edge = "put_back" if after.status == Status.EXECUTING else after.status
        if after.status == Status.NEEDS_REVIEW:
            log.error("%s: nobody knows whether it was done. Look at the provider.", found.id)
        return change.move(found, after, (str(edge), GATEWAY))


def _after(error: Exception, found: Confirmation) -> Outcome | None:
    """What an error of the function means; None where the effect may have been made before it.

    Only the author can say that it was not: with `abort(4xx)` for good, with 429 or 503 for now. 502
    and 504 do not say that, nor does a ledger that went while the provider was asked.
    """
    if not isinstance(error, HTTPException):
        log.error("%s.%s failed", found.plugin, found.operation, exc_info=error)
        return None
    problem = from_http_exception(error)
    if problem.status in NOT_NOW:
        return Outcome(Status.EXECUTING, problem=problem, again=True)
    return Outcome(Status.FAILED, problem=problem) if 400 <= problem.status < 500 else None


def _is_over(claim: Claim, now: datetime) -> bool:
    return claim.fence >= MOST_TRIES or now - claim.begun_at >= MOST_TIME


def _given_up(outcome: Outcome) -> Outcome:
    """What a last try means: a refusal that was to pass is one for good, and doubt is for a person."""
    if not outcome.again:
        return outcome
    if outcome.problem:
        return Outcome(Status.FAILED, problem=outcome.problem)
    return DOUBTFUL


def _pause(tries: int) -> timedelta:
    return timedelta(seconds=PAUSE * 2 ** (tries - 1) * random.uniform(1, 1.5))  # noqa: S311 - no secret


def _with(found: Confirmation, outcome: Outcome, now: datetime) -> Confirmation:
    if outcome.status == Status.EXECUTED and outcome.result is not None:
        return succeeded(found, outcome.result, now)
    if outcome.status == Status.FAILED and outcome.problem:
        return refused(found, outcome.problem, now)
    return replace(found, status=outcome.status)
