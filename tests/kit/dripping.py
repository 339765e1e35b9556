"""Clients that send one byte at a time, to test that nobody else notices them.

    python -m tests.kit.dripping PORT AUTHORITY headers=400 bodies=300 handshakes=100

It connects to loopback only, over TLS where a file with the AUTHORITY's certificate is named (else `-`),
and drips until its standard input ends, for two minutes at the most. What the other side cuts is opened
again; how much that was is printed at the end.
"""

import select
import socket
import ssl
import sys
import time

HOST = "plugins.test"
# Seconds between two bytes on a connection, and the most that an attack may last.
PAUSE, LONGEST = 0.5, 120
HEAD = f"POST /dripped HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n".encode()
# What is sent at once, and what then drips, without end for all practical purposes.
KINDS = {
    "headers": (b"", HEAD + b"X-Slow: " + b"a" * 10_000),
    "bodies": (HEAD + b"Content-Length: 200000\r\n\r\n", b"[" + b"1," * 90_000),
}


class Slow:
    """One slow client."""

    def __init__(self, kind: str, port: int, context: ssl.SSLContext | None) -> None:
        self.kind, self.port, self.context = kind, port, context
        self.open()

    def open(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        if self.kind == "handshakes":
            begin, rest = b"", hello()
        else:
            begin, rest = KINDS[self.kind]
            if self.context is not None:
                self.connection = self.context.wrap_socket(self.connection, server_hostname=HOST)
        self.connection.sendall(begin)
        self.rest = iter(rest)
        self.connection.setblocking(False)

    def drip(self) -> bool:
        """Send the next byte; False when the other side has had enough, or has answered."""
        try:
            self.connection.send(bytes([next(self.rest)]))
            self.connection.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except (OSError, StopIteration):
            return False
        return False


def hello() -> bytes:
    """The first flight of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=HOST)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake cannot end before it begins")


def attack(clients: list[Slow]) -> int:
    """Drip on all connections until standard input ends; how many were cut."""
    cut = 0
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and not select.select([sys.stdin], [], [], 0)[0]:
        begun = time.monotonic()
        for client in clients:
            if not client.drip():
                cut += 1
                client.connection.close()
                client.open()
        time.sleep(max(0.0, begun + PAUSE - time.monotonic()))
    return cut


def main(port: str, authority: str, *kinds: str) -> None:
    context = None if authority == "-" else ssl.create_default_context(cafile=authority)
    clients = []
    for kind in kinds:
        name, _, count = kind.partition("=")
        clients += [Slow(name, int(port), context) for _ in range(int(count))]
    print("open", flush=True)  # noqa: T201 - for the test that started it
    print(attack(clients))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
