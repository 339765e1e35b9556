"""The ledger. Writes fail closed: when it is gone the answer is 503 and nothing is half done.

SQLite in `DATA_DIR`, or PostgreSQL by `DATABASE_URL`, through the same SQLAlchemy tables.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from ..config import Settings
from ..errors import Problem, store_unavailable

log = logging.getLogger(__name__)

# Seconds to wait for another writer, and for a connection. Assistants give up after 45.
PATIENCE = 3
CONNECTIONS_KEPT, CONNECTIONS_MOST = 5, 100


def _sqlite_module() -> Any:
    """The SQLite to use: the `pysqlite3` wheel where there is one, as it is newer than Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2


def journal_mode(version: tuple[int, ...]) -> str:
    """WAL only where SQLite has the fix of its WAL-reset bug (sqlite.org/wal.html#walresetbug)."""
    return "WAL" if version >= (3, 51, 3) else "TRUNCATE"


class Ledger:
    """The ledger's connections. `read()` and `write()` are transactions, as `with` blocks."""

    def __init__(self, settings: Settings) -> None:
        self.is_sqlite = not (settings.database_url or "").startswith("postgresql")
        self.engine = _sqlite(settings) if self.is_sqlite else _postgresql(settings)
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and changes nothing."""
        with _as_problems(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises.

        On SQLite one writer at a time, the threads of a process queueing at a lock: without it they
        would wake each other by polling.
        """
        with ExitStack() as stack:
            stack.enter_context(_as_problems())
            if self.is_sqlite:
                stack.enter_context(self._turn())
            connection = stack.enter_context(self.engine.connect())
            connection = connection.execution_options(gateway_writes=True)
            with connection.begin() as transaction:
                yield connection
                _commit(transaction.commit)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writing.acquire(timeout=PATIENCE):
            raise store_unavailable()
        try:
            yield
        finally:
            self._writing.release()

    def is_up(self) -> bool:
        """Whether the ledger answers just now."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except Problem:
            return False
        return True

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them under its feet."""
        self.engine.dispose(close=False)
        self._writing = threading.Lock()


class LazyTransaction:
    """The read transaction of one call, begun on first use: a call that reads nothing costs nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def __call__(self) -> Connection:
        if self._connection is None:
            self._connection = self._stack.enter_context(self._ledger.read())
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def _sqlite(settings: Settings) -> Engine:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    module = _sqlite_module()
    engine = create_engine(
        settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite3'}",
        module=module,
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
        pool_size=CONNECTIONS_KEPT,
        max_overflow=CONNECTIONS_MOST - CONNECTIONS_KEPT,
        pool_timeout=PATIENCE,
    )
    mode = journal_mode(module.sqlite_version_info)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by itself: it would begin them deferred.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={mode}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("gateway_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(settings: Settings) -> Engine:
    return create_engine(
        settings.database_url or "",
        connect_args={"connect_timeout": PATIENCE},
        pool_size=CONNECTIONS_KEPT,
        max_overflow=CONNECTIONS_MOST - CONNECTIONS_KEPT,
        pool_timeout=PATIENCE,
        pool_pre_ping=True,
    )


@contextmanager
def _as_problems() -> Iterator[None]:
    """A store that cannot be reached becomes a 503; what a query got wrong stays what it is."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        log.warning("The ledger failed: %s", error)
        raise store_unavailable() from error


def _commit(commit: Callable[[], None]) -> None:
    try:
        commit()
    except exc.DBAPIError as error:
        raise Problem(
            503,
            "outcome_unknown",
            "The store did not say whether this was kept. Repeat the same call: it never acts twice.",
            headers={"Retry-After": "2"},
        ) from error
