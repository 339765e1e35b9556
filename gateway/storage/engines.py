"""The engines under the ledger: SQLite in `DATA_DIR`, or PostgreSQL by `DATABASE_URL`."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from ..config import Settings

# Seconds to wait for another writer, and for a connection. Assistants give up after 45.
PATIENCE = 3
# Two workers take 80 at most, and PostgreSQL allows 100 by default.
CONNECTIONS_KEPT, CONNECTIONS_MOST = 5, 40
# Nobody waits longer than this for a lock or a statement, whatever holds it (milliseconds).
POSTGRESQL_LIMITS = "-c lock_timeout=3000 -c statement_timeout=10000"
POOL: dict[str, Any] = {
    "hide_parameters": True,  # they are people's names and notes, and errors go to the log
    "pool_size": CONNECTIONS_KEPT,
    "max_overflow": CONNECTIONS_MOST - CONNECTIONS_KEPT,
    "pool_timeout": PATIENCE,
}


def postgresql(url: str) -> Engine:
    arguments = {"connect_timeout": PATIENCE, "options": POSTGRESQL_LIMITS}
    return create_engine(url, connect_args=arguments, pool_pre_ping=True, **POOL)


def sqlite(settings: Settings) -> Engine:
    """SQLite that loses nothing: every commit is on the disk before it is answered."""
    module = _sqlite_module()
    url = settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite3'}"
    arguments = {"timeout": PATIENCE, "check_same_thread": False}
    engine = create_engine(url, module=module, connect_args=arguments, **POOL)
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
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

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
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute(f"PRAGMA journal_mode={mode}")
        except _sqlite_module().OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _sqlite_module() -> Any:
    """The `pysqlite3` wheel where there is one: it brings a newer SQLite than Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2
