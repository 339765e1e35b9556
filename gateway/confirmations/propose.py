"""The first half of an action: freeze it and ask. A repeated call gets the first one's answer."""

from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..arguments import Arguments
from ..call import Answer, Call
from ..context import Caller
from ..envelope import Status
from ..errors import Problem
from ..storage.ledger import Ledger
from . import record
from .answers import answer
from .canonical import canonical, digest
from .person import hold_person
from .questions import ask
from .record import Confirmation


class Proposal:
    """One call of an action: what it would do, and the keys by which a repeat is known."""

    def __init__(self, call: Call, caller: Caller, arguments: Arguments) -> None:
        self.operation = call.operation
        self.client = caller.client
        self.principal = caller.principal
        self._repeater = _repeater(call, caller)
        self.values = arguments.values
        self.allow_duplicate = arguments.allow_duplicate
        self.now = datetime.now(UTC)
        self.frozen = self.operation.takes.dump(arguments.values)
        self.canonical = canonical(arguments.values, self.frozen)
        self.natural_key = digest(*self._identity, self._repeater, self.canonical)
        self.request_key = self._request_key(arguments.request_id)

    @property
    def waiting_key(self) -> str | None:
        """Set without a key of the caller's own: then the same call waits at most once."""
        return None if self.request_key else self.natural_key

    @property
    def _identity(self) -> list[str | None]:
        return [self.operation.plugin, self.operation.name, self.principal, self.client]

    def _request_key(self, request_id: str | None) -> str | None:
        if request_id is None:
            return None
        return digest(self.operation.plugin, self._repeater, self.client, request_id)

    def find_earlier_answer(self, connection: Connection) -> Answer | None:
        """The answer that an earlier call fixed for this one, if any did."""
        if self.request_key:
            return self._same_request(connection, self.request_key)
        waiting = record.find_waiting(connection, self.natural_key, self.now)
        if waiting:
            return answer(waiting, replayed=True)
        done = record.find_executed(connection, self.natural_key, self.now)
        if done is None or self.allow_duplicate or _was_undone(connection, done):
            return None
        return answer(done, replayed=True, duplicate=True)

    def _same_request(self, connection: Connection, request_key: str) -> Answer | None:
        found = record.find_by_request(connection, request_key, self.now)
        if found is None:
            return None
        if found.natural_key != self.natural_key:
            raise Problem(
                422,
                "idempotency_key_reused",
                "This key was used for another call. Use a new key, or repeat the first call unchanged.",
            )
        return answer(found.at(self.now), replayed=True)

    def adopt_unkeyed(self, connection: Connection) -> Answer | None:
        """The answer to the same call made without a key: a client that repeats may add one."""
        if self.request_key is None:
            return None
        adopted = record.adopt(connection, self.natural_key, self.request_key, self.now)
        return answer(adopted, replayed=True) if adopted else None

    def make_confirmation(self) -> Confirmation:
        """The confirmation with its question. Raises what the author's `confirm` aborts with."""
        question, quote = ask(self.operation, self.values)
        hashed = digest(*self._identity, self.canonical, canonical(quote, quote))
        return Confirmation(
            id=record.new_id(),
            plugin=self.operation.plugin,
            operation=self.operation.name,
            principal=self.principal,
            client=self.client,
            status=Status.WAITING,
            arguments=self.frozen,
            quote=quote,
            hash=f"sha256:{hashed}",
            question=question,
            match_code=record.new_match_code(),
            natural_key=self.natural_key,
            subject={name: self.frozen[name] for name in self.operation.path_names},
            created_at=self.now,
            expires_at=self.now + record.LIFETIME,
        )


def record_proposal(proposal: Proposal, confirmation: Confirmation, ledger: Ledger) -> Answer:
    """Record the question and answer with it, or with that of an equal call that was first.

    Fails closed: without the ledger nothing is asked.
    """
    with ledger.write() as connection:
        hold_person(connection, proposal.operation.auth, confirmation.principal)
        earlier = proposal.find_earlier_answer(connection) or proposal.adopt_unkeyed(connection)
        if earlier:
            return earlier
        try:
            record.add(connection, confirmation, proposal.waiting_key, proposal.request_key)
        except IntegrityError:
            # PostgreSQL lets two writers come this far; the second finds what the first recorded.
            earlier = proposal.find_earlier_answer(connection)
            if earlier is None:
                raise
            return earlier
    return answer(confirmation)


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
