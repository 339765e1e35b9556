"""A proxy in front of a gateway that cuts replies short, as networks do.

The request has been carried out by then: only its reply is lost.
"""

import contextlib
import random
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

# Bytes that are read at a time: a reply about an action comes in one piece or two.
PIECE = 65_536
# With it a connection ends with a reset, where closing would be a polite end.
RESET = struct.pack("ii", 1, 0)


class CuttingProxy(ThreadingTCPServer):
    """It leads to the port `target`; `passed` and `cut` count the connections that had a reply."""

    request_queue_size = 256
    daemon_threads = False

    def __init__(self, target: int, share: float) -> None:
        super().__init__(("127.0.0.1", 0), Carried)
        self.target, self.share, self.chance = target, share, random.Random(5)
        self.passed = self.cut = 0
        self.counting = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def left_of(self, reply: bytes) -> bytes | None:
        """What a reply that begins so is cut down to; None where it is let through."""
        with self.counting:
            if self.chance.random() >= self.share:
                self.passed += 1
                return None
            self.cut += 1
            return reply[: self.chance.randrange(len(reply))]


class Carried(BaseRequestHandler):
    """One connection, with one request and its reply."""

    def handle(self) -> None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.server.target)) as gateway,
        ):
            self._ask(gateway)

    def _ask(self, gateway: socket.socket) -> None:
        while gateway not in (readable := select.select([self.request, gateway], [], [])[0]):
            if readable and not (piece := self.request.recv(PIECE)):
                return
            gateway.sendall(piece)
        self._answer(gateway)

    def _answer(self, gateway: socket.socket) -> None:
        piece = gateway.recv(PIECE)
        left = self.server.left_of(piece) if piece else None
        if left is not None:
            self._cut(left)
            return
        while piece:
            self.request.sendall(piece)
            # Whoever has the whole reply hangs up, and then there is nothing more to carry.
            if self.request in select.select([self.request, gateway], [], [])[0]:
                return
            piece = gateway.recv(PIECE)

    def _cut(self, left: bytes) -> None:
        self.request.sendall(left)
        if len(left) % 2:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@contextmanager
def cutting(target: int, share: float = 0.3) -> Iterator[CuttingProxy]:
    """Run a proxy to the port `target` that cuts this share of the replies."""
    with CuttingProxy(target, share) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
