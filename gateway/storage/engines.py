"""The engines under the ledger: SQLite in `DATA_DIR`, or PostgreSQL by `DATABASE_URL`."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from ..config import Settings
from . import patience
from .lent_connection import refuse_statements_that_end
from .patience import PATIENCE

# Two workers take 80 at most, and PostgreSQL allows 100 by default.
CONNECTIONS_KEPT, CONNECTIONS_MOST = 5, 40
# Seconds for each address of a server, where nothing else ends the wait: at the start.
CONNECT_AT_START = 3
# What is promised to be kept is on the disk; a statement ends when nobody waits for it any more; and
# what somebody held who cannot be reached, or who forgot it, is let go (milliseconds, then seconds).
POSTGRESQL_OPTIONS = {
    "synchronous_commit": "on",
    "statement_timeout": round(PATIENCE * 1000),
    # Sooner than the statement, so that the log says that it was a lock.
    "lock_timeout": round(PATIENCE * 800),
    "idle_in_transaction_session_timeout": 60_000,
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
}
POOL: dict[str, Any] = {
    "hide_parameters": True,  # they are people's names and notes, and errors go to the log
    "pool_size": CONNECTIONS_KEPT,
    "max_overflow": CONNECTIONS_MOST - CONNECTIONS_KEPT,
    "pool_timeout": PATIENCE,
}


def postgresql(url: str) -> Engine:
    """PostgreSQL, which is not waited for any longer than `patience` says."""
    from .patient_connection import PatientConnection  # psycopg, for those who use it

    options = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_OPTIONS.items())
    arguments = {"connect_timeout": CONNECT_AT_START, "options": options}
    engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, **POOL)
    refuse_statements_that_end(engine)

    @event.listens_for(engine, "do_connect")
    def connect(_: Dialect, __: ConnectionPoolEntry, words: Any, named: Any) -> PatientConnection:
        return PatientConnection.connect(*words, **named)

    return engine


def sqlite(settings: Settings) -> Engine:
    """SQLite that loses nothing: every commit is on the disk before it is answered."""
    module = _sqlite_module()
    url = settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite3'}"
    engine = create_engine(url, module=module, connect_args={"check_same_thread": False}, **POOL)
    refuse_statements_that_end(engine)
    mode = journal_mode(module.sqlite_version_info)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by itself: it would begin them deferred.
        connection.isolation_level = None
        cursor = connection.cursor()
        _set_journal_mode(cursor, mode)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("gateway_reads", False)
        connection.exec_driver_sql(f"PRAGMA query_only={int(reads)}")
        connection.exec_driver_sql(_wait_for_others())
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
        if reads:  # to begin takes no lock yet, and the wait for it belongs here
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")

    @event.listens_for(engine, "commit")
    def commit(connection: Connection) -> None:
        connection.exec_driver_sql(_wait_for_others())

    return engine


def for_reading(engine: Engine) -> Engine:
    """The same engine, its pool shared, whose transactions see one state and can change nothing."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(gateway_reads=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def journal_mode(version: tuple[int, ...]) -> str:
    """WAL only where SQLite has the fix of its WAL-reset bug (sqlite.org/wal.html#walresetbug)."""
    return "WAL" if version >= (3, 51, 3) else "TRUNCATE"


def _set_journal_mode(cursor: DBAPICursor, mode: str) -> None:
    """SQLite waits for other writers everywhere but here, so the waiting is ours."""
    with patience.waiting():
        while True:
            cursor.execute(_wait_for_others())
            try:
                cursor.execute(f"PRAGMA journal_mode={mode}")
            except _sqlite_module().OperationalError:
                if patience.left() <= 0:
                    raise
                time.sleep(0.02)
            else:
                return


def _wait_for_others() -> str:
    """Let SQLite wait for a lock for as long as is left (milliseconds; 0 would be not at all)."""
    return f"PRAGMA busy_timeout={max(1, round(patience.left() * 1000))}"


def _sqlite_module() -> Any:
    """The `pysqlite3` wheel where there is one: it brings a newer SQLite than Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2
