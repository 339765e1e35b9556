"""The ledger. Writes fail closed: when it is gone the answer is 503 and nothing is half done."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, Transaction, text
from sqlalchemy.exc import DBAPIError

from ..config import Settings
from ..errors import Problem, store_unavailable
from . import engines, patience
from .engines import CONNECTIONS_MOST
from .failures import as_problems
from .lent_connection import LentConnection
from .patience import LAST_WAIT


class Ledger:
    """The ledger's connections. `read()` and `write()` are transactions, as `with` blocks."""

    def __init__(self, settings: Settings) -> None:
        url = settings.database_url or ""
        self.is_sqlite = not url.startswith("postgresql")
        self.engine = engines.sqlite(settings) if self.is_sqlite else engines.postgresql(url)
        self._reading = engines.for_reading(self.engine)
        self._make_locks()

    def _make_locks(self) -> None:
        self._writing = threading.Lock()
        # As many as the pool has: its own wait would not know how much patience is left.
        self._places = threading.BoundedSemaphore(CONNECTIONS_MOST)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger; a statement that would change it fails."""
        with as_problems(reading=True), ExitStack() as stack:
            connection, _ = _begin(self._reading, stack, self._places)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises.

        On SQLite one writer at a time, the threads of a process queueing at a lock: without it they
        would wake each other by polling.
        """
        turns = [self._writing, self._places] if self.is_sqlite else [self._places]
        with as_problems(), ExitStack() as stack:
            connection, transaction = _begin(self.engine, stack, *turns)
            yield connection
            _commit(connection, transaction)

    def is_up(self) -> bool:
        """Whether the ledger answers at the moment."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except Problem:
            return False
        return True

    def close(self) -> None:
        """Close the connections that are kept for the next call."""
        self.engine.dispose()

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them under its feet."""
        self.engine.dispose(close=False)
        self._make_locks()


class LazyTransaction:
    """The read transaction of one call, begun on first use: one that reads nothing costs nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def __call__(self) -> Connection:
        if self._connection is None:
            self._connection = self._stack.enter_context(self._ledger.read())
        return self._connection

    def end(self) -> None:
        """End it early: the next use begins a new one. A transaction is not held while others work."""
        self._connection = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def _begin(
    engine: Engine, stack: ExitStack, *turns: "threading.Lock | threading.Semaphore"
) -> tuple[Connection, Transaction]:
    """Begin a transaction, which ends with `stack`, once it is our turn everywhere.

    The waits for a turn, a connection and the store are one: together they end in time.
    """
    with patience.waiting():
        for turn in turns:
            _take(turn, stack)
        return LentConnection.lend(engine, stack)


def _take(turn: "threading.Lock | threading.Semaphore", stack: ExitStack) -> None:
    seconds = patience.left()
    if seconds <= 0 or not turn.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
        raise store_unavailable()
    stack.callback(turn.release)


def _commit(connection: Connection, transaction: Transaction) -> None:
    try:
        with patience.waiting(at_least=LAST_WAIT):
            transaction.commit()
    except DBAPIError as error:
        # Nothing is known of this connection any more; kept, it would hold its locks.
        connection.invalidate()
        raise Problem(
            503,
            "outcome_unknown",
            "The store did not say whether this was kept. Repeat the same call: it never acts twice.",
            headers={"Retry-After": "2"},
        ) from error
