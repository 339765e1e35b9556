"""The HTTP client: urllib3, with a timeout for a whole reply and not only for each read of it.

urllib3 starts the clock anew with each read, so a server that drips its headers or its body, a byte
a second, would hold a thread for as long as it likes. Here every read gets what is left of the time.
"""

import io
import socket
import ssl
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _UntilDeadline(io.RawIOBase):
    """What a socket receives before its timeout has passed since now; then `TimeoutError`."""

    def __init__(self, received: io.RawIOBase, connection: socket.socket) -> None:
        seconds = connection.gettimeout()
        assert seconds is not None  # a request without a timeout is a mistake of its author
        self._received = received
        self._connection = connection
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The reply took too long.")
        self._connection.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Reply(HTTPResponse):
    """A reply that is read, from its status line to its last byte, before one deadline."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock))


class _PlainConnection(HTTPConnection):
    response_class = _Reply


class _SecureConnection(HTTPSConnection):
    response_class = _Reply


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def http_client(*, hosts: int, connections: int) -> PoolManager:
    """A pooled client for the process: it keeps `connections` to each of so many `hosts`, tries once.

    Each request must have a `urllib3.Timeout`: its `read` is for the whole reply.
    """
    client = PoolManager(num_pools=hosts, maxsize=connections, retries=False)
    client.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return client


def pinned_client(
    address: str, port: int, *, name: str, trust: ssl.SSLContext
) -> HTTPSConnectionPool:
    """A client for one IP address, whose certificate must be for `name`: no name is resolved again.

    It tries once and knows no proxies. Each request must have a `urllib3.Timeout`, as above.
    """
    return _SecurePool(
        address, port, maxsize=1, retries=False, ssl_context=trust, server_hostname=name
    )
