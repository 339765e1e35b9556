"""Brings the ledger up to date at start: the gateway's own tables, then each plugin's.

One folder of Alembic revisions each, and one version table each, so that no plugin can hold up
another. All in one transaction behind a lock: many workers may start at once.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text

from ..boot import BootError
from . import patience
from .ledger import Ledger
from .tables import metadata

ENVIRONMENT = Path(__file__).parent / "migrations"
LOCK = 7_315_461_200  # any number that no other program takes for its lock in this database


class LedgerError(BootError):
    """A ledger that this gateway must not touch. The message is one sentence."""


@dataclass(frozen=True)
class History:
    """The revisions of one owner: the gateway, or a plugin by its name."""

    owner: str
    folder: Path
    metadata: MetaData

    @property
    def version_table(self) -> str:
        return f"{self.owner}_version"


GATEWAY = History("gateway", ENVIRONMENT / "versions", metadata)


def upgrade(ledger: Ledger, plugins: Iterable[History]) -> None:
    """Run every revision that is missing, however long it takes.

    Raises `LedgerError` for a ledger from a newer gateway, or one that may lose what it has kept.
    """
    seconds = patience.AT_START if ledger.is_sqlite else math.inf
    with patience.lasting(seconds), ledger.write() as connection:
        if not ledger.is_sqlite:
            _prepare_postgresql(connection)
        for history in (GATEWAY, *plugins):
            _upgrade(connection, history)


def _prepare_postgresql(connection: Connection) -> None:
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    if connection.execute(text("SHOW fsync")).scalar_one() != "on":
        raise LedgerError(
            "PostgreSQL runs with fsync = off, and a power cut would take what it has confirmed. Set"
            " fsync = on in postgresql.conf and reload it."
        )
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _upgrade(connection: Connection, history: History) -> None:
    _refuse_foreign_names(history)
    config = _config(connection, history)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    options = {"version_table": history.version_table}
    for head in MigrationContext.configure(connection, opts=options).get_current_heads():
        if head not in known:
            raise LedgerError(
                f"{history.owner}: the ledger is at revision {head}, which this version does not know."
                " It was made by a newer one: start that, or restore an older ledger."
            )
    command.upgrade(config, "head")
    _refuse_missing_tables(connection, history)


def _config(connection: Connection, history: History) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(history.folder))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = history.version_table
    config.attributes["metadata"] = history.metadata
    config.attributes["prefix"] = f"{history.owner}_"
    return config


def _refuse_foreign_names(history: History) -> None:
    for table in history.metadata.tables:
        if not table.startswith(f"{history.owner}_"):
            raise LedgerError(
                f"{history.owner}: the table {table} does not carry the plugin's name. Make it with"
                " plugin.table(...)."
            )
        if table == history.version_table:
            raise LedgerError(
                f"{history.owner}: the table {table} is where the ledger keeps the plugin's revision."
                " Give yours another name."
            )


def _refuse_missing_tables(connection: Connection, history: History) -> None:
    there = set(inspect(connection).get_table_names())
    for table in sorted(set(history.metadata.tables) - there):
        raise LedgerError(
            f"{history.owner}: no revision makes the table {table}. Write one in migrations/."
        )
