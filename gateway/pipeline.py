"""The one path of every call: authenticate, limit, load, confirm, run, dump. It knows no HTTP.

REST and every other transport end here, so they cannot disagree.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException

from .arguments import load
from .auth.authenticate import authenticate
from .call import Answer, Call
from .config import Settings
from .confirmations.propose import Proposal, record_proposal
from .context import CallContext, Caller, PagePath, entered
from .declaration import Kind, Operation, ServiceKey
from .errors import Problem, from_http_exception, internal_error
from .hosts import Door
from .image import Image, without_picture
from .limits import RateLimits
from .storage.cache import Cache
from .storage.ledger import LazyTransaction, Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pipeline:
    """Runs operations, with what the running app gives them."""

    settings: Settings
    ledger: Ledger
    cache: Cache
    limits: RateLimits
    page_path: PagePath

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

    def refuse(self, call: Call, problem: Problem) -> Answer:
        """The answer to a call whose arguments cannot be read. It is counted like any call.

        Whoever may not call is told that instead: what is wrong with a body is for those who may.
        """
        try:
            with LazyTransaction(self.ledger) as reading:
                caller = self._authenticate(call, reading)
            self.limits.count_call(call, caller)
        except Problem as refusal:
            return _refusal(refusal)
        return _refusal(problem)

    def _perform(self, call: Call) -> Answer:
        operation = call.operation
        with LazyTransaction(self.ledger) as reading:
            caller = self._authenticate(call, reading)
            reading.end()  # a slow operation must not hold what only authentication needed
            self.limits.count_call(call, caller)
            arguments = load(call)
            context = self.context(operation.plugin, caller, call.door, reading, call.address)
            with entered(context):
                if operation.kind in (Kind.QUERY, Kind.RESOURCE):
                    return _as_answer(operation, operation.function(**arguments.values))
                if operation.kind is Kind.ACTION:
                    proposal = Proposal(call, caller, arguments)
                    earlier = proposal.find_earlier_answer(reading())
                    if earlier:
                        return earlier
                    asked = proposal.ask(reading) if proposal.asks_elsewhere else None
        # The reading has ended: on SQLite it could keep the writer that follows from committing.
        with entered(context):
            if operation.kind is Kind.ACTION:
                return record_proposal(proposal, asked, self.ledger)
            return _as_answer(operation, operation.function(**arguments.values))

    def _authenticate(self, call: Call, reading: LazyTransaction) -> Caller:
        """Who is calling. After too many wrong service keys from an address, none of its is read.

        Only those are chosen by people and might be guessed. Tokens are random, and many users with
        an old one behind one address of an assistant must not lock the others out.
        """
        if not isinstance(call.operation.auth, ServiceKey):
            return authenticate(call, self.settings, reading)
        self.limits.refuse_guesses(call.operation.plugin, call.address)
        try:
            return authenticate(call, self.settings, reading)
        except Problem as problem:
            if problem.code == "invalid_token":
                self.limits.count_wrong_credential(call.operation.plugin, call.address)
            raise

    def context(
        self,
        plugin: str,
        caller: Caller,
        door: Door,
        connection: Callable[[], Connection],
        address: str = "",
    ) -> CallContext:
        """What an operation or a page of `plugin` sees while it runs."""
        return CallContext(
            plugin=plugin,
            caller=caller,
            door=door,
            connection=connection,
            settings=self.settings,
            cache=self.cache,
            page_path=self.page_path,
            address=address,
        )


def _as_answer(operation: Operation, result: Any) -> Answer:
    """The answer of a query; the gateway's own operations answer by themselves."""
    if isinstance(result, Answer):
        return result
    body = operation.returns.dump(without_picture(result))
    return Answer(200, body, image=result if isinstance(result, Image) else None)


def _refusal(problem: Problem) -> Answer:
    return Answer(problem.status, problem.body(), problem.headers, is_problem=True)
