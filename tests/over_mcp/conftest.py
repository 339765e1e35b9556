"""Two ways to the same gateway: through the test client, and over sockets to gunicorn."""

import pytest

from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.mcp_client import Assistant, InProcess, OverSockets
from tests.kit.server import ROOT, running

FOLDERS = (ROOT / "plugins", TEST_PLUGINS)
NOWHERE = "http://127.0.0.1:9"  # the port of the discard protocol, which nobody serves
OFFLINE = {f"SPORTS_{name}_URL": NOWHERE for name in ("ESPN", "YAHOO", "NEWS")}


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """A gateway in this process, with the samples and the plugins of the tests."""
    with running_app(tmp_path_factory.mktemp("app"), folders=FOLDERS, **OFFLINE) as app:
        yield app


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(server_folder):
    """A real gateway in a process of its own, with the same plugins."""
    with running(server_folder, **OFFLINE) as server:
        yield server


@pytest.fixture(scope="session")
def server_app(server, server_folder):
    """The gateway of `server` in this process too, to give people tokens and to look at its ledger."""
    with running_app(server_folder, folders=FOLDERS, **OFFLINE) as app:
        yield app


@pytest.fixture(scope="session", params=["in process", "over sockets"])
def wire(request):
    """What bytes are sent on: the same must come back from both."""
    if request.param == "in process":
        return InProcess(request.getfixturevalue("app"))
    return OverSockets(request.getfixturevalue("server"))


@pytest.fixture(scope="session")
def anybody(app):
    """An assistant without a token, at a plugin that is open in part."""
    return Assistant(InProcess(app), "counter")
