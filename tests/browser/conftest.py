"""A gateway and an assistant's own web site, for tests in a real browser."""

import pytest

from tests.kit import chromium
from tests.kit.elsewhere import serving
from tests.kit.server import running
from tests.kit.wire import Wire

ANSWERED = "<!doctype html><title>Answered</title><p>The assistant has its answer."


@pytest.fixture(scope="session", autouse=True)
def _chromium():
    """Says so where there is none."""
    if not chromium.is_installed():
        pytest.skip("chromium is not installed; on Debian: apt install chromium chromium-driver")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("linking"), PLUGINS="knowledge") as server:
        yield server


@pytest.fixture(scope="session")
def wire(server):
    return Wire(server.port)


@pytest.fixture
def site():
    """Where an assistant listens for its answers."""
    with serving({"/callback": ANSWERED}) as site:
        yield site
