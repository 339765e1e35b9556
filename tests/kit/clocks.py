"""Three gateways on one PostgreSQL and behind one address, of which two have a clock that is wrong.

with clocks(folder, url) as gateways:
    browser = gateways.browser("ahead")          # signed up where it is an hour later
    browser.wire = gateways.wires["behind"]      # and sent on to where it is an hour earlier
    gateways.let_pass(timedelta(hours=1))        # for all that is kept at this moment
"""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

from flask import Flask

from gateway.storage.ledger import Ledger
from tests.kit.apps import running_app
from tests.kit.oauth_client import OAuthClient
from tests.kit.server import free_port, running
from tests.kit.turned_clock import AgeingRows
from tests.kit.user_browser import Browser
from tests.kit.wire import PATIENCE, Wire

WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
WRONG_BY = {"right": 0, "ahead": 3_600, "behind": -3_600}  # seconds
PAIRS = list(permutations(WRONG_BY, 2))


@dataclass(frozen=True)
class WireTo(Wire):
    """The way to one of several gateways with the same address, as a proxy before them takes it."""

    to: int = 0

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.to), PATIENCE, (self.source, 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


@dataclass(frozen=True)
class Gateways:
    """`wires` lead to each of them; `app` is one more, in this process, with the right time."""

    wires: dict[str, WireTo]
    app: Flask

    @property
    def ledger(self) -> Ledger:
        return self.app.extensions["gateway"].ledger

    def browser(self, gateway: str) -> Browser:
        """Somebody new, who has signed up there."""
        browser = Browser(self.wires[gateway])
        browser.sign_up(f"{secrets.token_hex(6)}@example.com")
        assert browser.session
        return browser

    def client(self, gateway: str, plugin: str = "counter") -> OAuthClient:
        """An assistant that has registered itself there."""
        return OAuthClient.registered(self.wires[gateway], plugin)

    def moved(self, client: OAuthClient, gateway: str) -> OAuthClient:
        """The same assistant, whose requests go to another of the gateways."""
        return replace(client, wire=self.wires[gateway])

    def let_pass(self, passed: timedelta) -> None:
        """Let time pass for all that is kept at this moment."""
        AgeingRows(self.ledger).shift(passed)


@contextmanager
def clocks(folder: Path, url: str) -> Iterator[Gateways]:
    """Start all of them, with one database and one secret."""
    environ = {"DATABASE_URL": url, "SECRET_KEY": "a secret for the tests"}
    public = free_port()
    with ExitStack() as stack:
        app = stack.enter_context(running_app(folder / "own", **environ))
        wires = {}
        for name, seconds in WRONG_BY.items():
            (folder / name).mkdir()
            wrong = {"CLOCK_WRONG_BY": str(seconds), **environ}
            server = stack.enter_context(running(folder / name, application=WRONG_CLOCK, **wrong))
            wires[name] = WireTo(public, to=server.port)
        yield Gateways(wires, app)
