"""The web beyond the gateway, on loopback."""

from collections.abc import Callable, Iterator

import pytest

from gateway.authorization.outward import Outward
from tests.kit.tls_server import Authority, TlsServer, tls_server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def site(authority: Authority) -> Iterator[TlsServer]:
    """The site of somebody who publishes a client."""
    with tls_server(authority) as server:
        yield server


@pytest.fixture
def outward(authority: Authority, site: TlsServer) -> Callable[..., Outward]:
    """What fetches from that site, for which loopback is the public internet."""

    def outward(**parts) -> Outward:
        parts = {
            "allowed": lambda address, port: address.is_loopback and port == site.port,
            "trust": authority.trust,
            "resolve": lambda host, port: ["127.0.0.1"],
            "seconds": 5.0,
            **parts,
        }
        return Outward(**parts)

    return outward
