"""The first half of an action: freeze it and ask. A repeated call gets the first one's answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..arguments import Arguments
from ..auth import accounts
from ..call import Answer, Call
from ..context import Caller, current_call
from ..declaration import Operation
from ..envelope import Status
from ..errors import Problem
from ..limits import counts_calls
from ..storage import clock
from ..storage.ledger import Ledger
from . import fatigue, origin, record
from .answers import answer
from .canonical import canonical, digest
from .changes import GATEWAY, Actor, Change, changing
from .person import account_is_deleted, calling, hold_person
from .questions import Asked, ask_as
from .record import Confirmation


class Proposal:
    """One call of an action: what it would do, and the keys by which a repeat is known."""

    def __init__(self, call: Call, caller: Caller, arguments: Arguments) -> None:
        self.operation = call.operation
        self.id = record.new_id()
        self.client = caller.client
        self.principal = caller.principal
        self._repeater = _repeater(call, caller)
        self.values = arguments.values
        self.allow_duplicate = arguments.allow_duplicate
        self.frozen = self.operation.takes.dump(arguments.values)
        self.canonical = canonical(arguments.values, self.frozen)
        self.natural_key = digest(*self._identity, self._repeater, self.canonical)
        self.request_key = self._request_key(arguments.request_id)

    @property
    def asks_elsewhere(self) -> bool:
        """Whether its question may rest on what is not in the ledger, and take long to find out."""
        policy = self.operation.policy
        return policy is not None and policy.effect == "external"

    @property
    def _identity(self) -> list[str | None]:
        return [self.operation.plugin, self.operation.name, self.principal, self.client]

    def _request_key(self, request_id: str | None) -> str | None:
        if request_id is None:
            return None
        return digest(self.operation.plugin, self._repeater, self.client, request_id)

    def find_earlier_answer(self, connection: Connection) -> Answer | None:
        """The answer that an earlier call fixed for this one, if any did."""
        now = clock.now(connection)
        if self.request_key:
            earlier = self._same_request(connection, self.request_key, now)
            return earlier or self._in_doubt(connection, now)
        waiting = record.find_open(connection, self.natural_key, now)
        if waiting:
            return answer(waiting, replayed=True)
        done = record.find_executed(connection, self.natural_key, now)
        if done is None or self.allow_duplicate or _was_undone(connection, done):
            return self._in_doubt(connection, now)
        return answer(done, replayed=True, duplicate=True)

    def _in_doubt(self, connection: Connection, now: datetime) -> Answer | None:
        """A new key makes no new intention of what may have been done already."""
        doubtful = record.find_doubtful(connection, self.natural_key, now)
        if doubtful is None or self.allow_duplicate:
            return None
        return answer(doubtful, replayed=True)

    def _same_request(
        self, connection: Connection, request_key: str, now: datetime
    ) -> Answer | None:
        found = record.find_by_request(connection, request_key, now)
        if found is None:
            return None
        if found.natural_key != self.natural_key:
            raise Problem(
                422,
                "idempotency_key_reused",
                "This key was used for another call. Use a new key, or repeat the first call unchanged.",
            )
        return answer(found.at(now), replayed=True)

    def ask(self, connection: Callable[[], Connection]) -> Asked:
        """The question and its quote. Raises what the author's `confirm` aborts with."""
        return ask_as(self.operation, self.values, self.id, connection)

    def confirmation(self, asked: Asked, now: datetime) -> Confirmation:
        """What is written down: frozen arguments and quote, with the question about them."""
        assert self.operation.policy is not None
        return Confirmation(
            id=self.id,
            plugin=self.operation.plugin,
            operation=self.operation.name,
            principal=self.principal,
            client=self.client,
            status=Status.WAITING,
            arguments=self.frozen,
            quote=asked.quote,
            hash=action_hash(self._identity, self.canonical, asked.quote),
            question=asked.question,
            match_code=record.new_match_code(),
            natural_key=self.natural_key,
            subject={name: self.frozen[name] for name in self.operation.path_names},
            created_at=now,
            expires_at=now + record.LIFETIME,
            approve=self.operation.policy.approve,
            origin=origin.frozen(current_call()),
            # Without a key of the caller's own, the same call waits at most once.
            waiting_key=None if self.request_key else self.natural_key,
        )

    def adopt_unkeyed(self, change: Change) -> Answer | None:
        """The answer to the same call made without a key: a client that repeats may add one."""
        if self.request_key is None:
            return None
        adopted = change.adopt(self.natural_key, self.request_key)
        return answer(adopted, replayed=True) if adopted else None


def record_proposal(proposal: Proposal, asked: Asked | None, ledger: Ledger) -> Answer:
    """Record the question and answer with it, or with that of an equal call that was first.

    Where nobody has asked yet, it is asked in this transaction: what an author's `confirm` holds for
    the person is held if, and only if, the question is recorded. Fails closed: without the ledger
    nothing is asked.
    """
    with changing(ledger) as change:
        _hold(change.connection, proposal)
        earlier = proposal.find_earlier_answer(change.connection) or proposal.adopt_unkeyed(change)
        if earlier:
            return earlier
        try:
            with change.connection.begin_nested():
                recorded = _record(change, proposal, asked)
        except IntegrityError:
            # PostgreSQL lets two writers come this far; the second finds what the first recorded.
            earlier = proposal.find_earlier_answer(change.connection)
            if earlier is None:
                raise
            # The savepoint took back what these tell of, such as questions that were superseded.
            change.entries.clear()
            return earlier
    return answer(recorded)


def _hold(connection: Connection, proposal: Proposal) -> None:
    """One question of a person at a time where they are counted; else any number."""
    operation = proposal.operation
    if operation.policy is None or operation.policy.approve != "person":
        hold_person(connection, operation.auth, proposal.principal)
    elif not accounts.lock(connection, proposal.principal):
        raise account_is_deleted()


def _record(change: Change, proposal: Proposal, asked: Asked | None) -> Confirmation:
    change.free_waiting_key(proposal.natural_key)
    asked = asked or proposal.ask(lambda: change.connection)
    new = proposal.confirmation(asked, change.now)
    actor = calling()
    if new.approve == "person":
        _supersede_waiting(change, new, actor)
        if counts_calls(current_call().settings):
            fatigue.refuse_too_many(change, new)
    change.add(new, actor, proposal.request_key)
    return new


def _supersede_waiting(change: Change, new: Confirmation, actor: Actor) -> None:
    """A person is asked one thing about a thing: the newer question takes the place of the older."""
    for waiting in record.find_waiting_on_subject(change.connection, new, change.now):
        change.supersede(waiting, new.id, actor)


def successor(
    change: Change, before: Confirmation, operation: Operation, asked: Asked
) -> Confirmation:
    """The same action asked about anew, as what the question rests on has changed."""
    identity = [before.plugin, before.operation, before.principal, before.client]
    spelled = canonical(asked.values, operation.takes.dump(asked.values))
    new = replace(
        before,
        id=asked.confirmation_id,
        status=Status.WAITING,
        quote=asked.quote,
        question=asked.question,
        hash=action_hash(identity, spelled, asked.quote),
        match_code=record.new_match_code(),
        created_at=change.now,
        expires_at=change.now + record.LIFETIME,
        version=0,
    )
    change.add(new, GATEWAY)
    return new


def action_hash(identity: list[str | None], arguments: Any, quote: Mapping[str, Any]) -> str:
    """What names exactly this action: of this caller, with these arguments, on these terms."""
    return f"sha256:{digest(*identity, arguments, canonical(quote, quote))}"


def _repeater(call: Call, caller: Caller) -> str:
    """Whose repeats are repeats. Where no person is known, address and hints tell users apart."""
    if caller.id and call.operation.auth.names_a_person:
        return caller.id
    return digest(caller.id or call.address, call.hints.user, call.hints.conversation)


def _was_undone(connection: Connection, done: Confirmation) -> bool:
    """Whether the person has since acted on what `done` made: cancelled or moved that very booking.

    Known by the names: a later action whose path arguments are fields of the result of `done`.
    """
    made = done.result or {}
    return any(
        later.subject and later.subject.items() <= made.items()
        for later in record.executed_since(connection, done)
    )
