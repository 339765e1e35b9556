"""A gateway under attack: gunicorn with four workers, its ledger in view, and those who take part."""

import itertools
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Executable, Table, select, update

from gateway.app import SAMPLES
from gateway.storage.ledger import Ledger
from gateway.storage.types import Instant
from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.oauth_client import Asked, OAuthClient
from tests.kit.server import ROOT, Reply, Server, running
from tests.kit.user_browser import Browser
from tests.kit.wire import Wire

WORKERS = 4
WRONG_PASSWORD = "wrong horse battery staple 8"


def new_email() -> str:
    """An address that nobody has used yet."""
    return f"{secrets.token_hex(6)}@example.com"


@dataclass
class Attacked:
    """The gateway that is attacked.

    `counters` is how many count attempts by themselves: each worker, or Redis for all of them.
    """

    server: Server
    app: Flask
    environ: dict[str, str]
    counters: int
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def ledger(self) -> Ledger:
        """The same ledger, used from this process."""
        return self.app.extensions["gateway"].ledger

    def wire(self) -> Wire:
        """A way to it from an address that nobody else has."""
        number = next(self._numbers)
        return Wire(
            self.server.port, f"127.{1 + number // 65_025}.{number // 255 % 255}.{number % 255 + 1}"
        )

    def browser(self, email: str = "") -> Browser:
        """Somebody new, signed up and in."""
        browser = Browser(self.wire())
        browser.sign_up(email or new_email())
        assert browser.session
        return browser

    def client(self, plugin: str = "counter", door: str = "path", **metadata: Any) -> OAuthClient:
        """A client that has registered itself."""
        return OAuthClient.registered(self.wire(), plugin, door, **metadata)

    def client_added_by_hand(self, *options: str, plugin: str = "counter") -> OAuthClient:
        """A client that whoever runs this gateway has added."""
        client = OAuthClient(self.wire(), plugin)
        told = self.run("client", "add", "Chat", *self._of(client), *options)
        added = dict(line.split("=", 1) for line in told.split())
        client.client_id, client.secret = added["client_id"], added.get("client_secret")
        client.discover()
        return client

    @staticmethod
    def _of(client: OAuthClient) -> list[str]:
        return ["--plugin", client.plugin, "--redirect-uri", client.redirect_uri]

    def run(self, *words: str) -> str:
        """What `flask ...` prints, run as whoever keeps this gateway would run it."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.environ}
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, statement: Executable) -> list[Any]:
        """What a query of the ledger finds."""
        with self.ledger.read() as connection:
            return list(connection.execute(statement))

    def let_time_pass(self, seconds: float, table: Table, row: ColumnElement[bool]) -> None:
        """Move every instant in the rows of a table back, as if they were older."""
        moments = [column for column in table.columns if isinstance(column.type, Instant)]
        [key] = table.primary_key.columns
        with self.ledger.write() as connection:
            found = connection.execute(select(key, *moments).where(row)).all()
            assert found
            for each in found:
                earlier = {
                    column.name: moment - timedelta(seconds=seconds)
                    for column, moment in zip(moments, each[1:], strict=True)
                    if moment
                }
                connection.execute(update(table).where(key == each[0]).values(**earlier))

    def worker_processes(self) -> list[int]:
        """The process ids of the workers of the moment."""
        process = self.server.process.pid
        return [
            int(each)
            for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]


@contextmanager
def attacked(folder: Path, counters: int = WORKERS, **environ: str) -> Iterator[Attacked]:
    """Run a gateway with its data in `folder`, with the samples and the plugins of the tests."""
    with (
        running(folder, WEB_CONCURRENCY=str(WORKERS), **environ) as server,
        running_app(folder, folders=(SAMPLES, TEST_PLUGINS), **environ) as app,
    ):
        told = {"DATA_DIR": str(folder / "data"), "PLUGINS_DIR": str(TEST_PLUGINS), **environ}
        yield Attacked(server, app, {"PORT": str(server.port), **told}, counters)


def code_for(client: OAuthClient, browser: Browser, **changes: str | None) -> tuple[Asked, str]:
    """A question that the person in `browser` says yes to, and the code that comes of it."""
    asked = client.ask(**changes)
    return asked, asked.code(browser.allow(asked.url))


def assert_refused(reply: Reply, error: str, status: int = 400) -> None:
    """A refusal as the token endpoint words it (RFC 6749 section 5.2)."""
    assert (reply.status, reply.content_type) == (status, "application/json"), reply.body
    assert reply.json["error"] == error, reply.body
    assert reply.json["error_description"]
    assert "no-store" in reply.headers["Cache-Control"]


def assert_page(reply: Reply, status: int = 400) -> None:
    """A refusal that a person reads here, and that sends nobody anywhere (RFC 6749 section 4.1.2.1)."""
    assert (reply.status, reply.content_type) == (status, "text/html"), (reply.status, reply.body)
    assert reply.headers["Location"] is None
    assert reply.headers["Refresh"] is None
    assert b"http-equiv" not in reply.body.lower()
