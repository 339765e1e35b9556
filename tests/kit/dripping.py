"""Clients that send one byte at a time, to test that nobody else notices them.

    python -m tests.kit.dripping PORT AUTHORITY HOST headers=400 bodies=300 handshakes=100

It connects to loopback only, drips until its standard input ends, for two minutes at the most, and then
prints how many connections were cut by the other side. What was cut is opened again.
"""

import select
import socket
import ssl
import sys
import time

import orjson

# Seconds between two bytes on a connection, and the most that an attack may last.
PAUSE, LONGEST = 0.5, 120
REQUEST = b"POST /dripped HTTP/1.1\r\nHost: plugins.test\r\nContent-Type: application/json\r\n"
BODY = REQUEST + b"Content-Length: 200000\r\n\r\n"
ENDLESS = b"X-Slow: " + b"a" * 10_000


class Slow:
    """One slow client: `kind` is what drips, `headers`, `bodies` or `handshakes`."""

    def __init__(self, kind: str, port: int, authority: str = "", host: str = "") -> None:
        self.kind, self.port, self.authority, self.host = kind, port, authority, host
        self.open()

    def open(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.rest = iter(REQUEST + ENDLESS)
        if self.kind == "handshakes":
            self.rest = iter(hello(self.host))
        elif self.authority:
            context = ssl.create_default_context(cafile=self.authority)
            self.connection = context.wrap_socket(self.connection, server_hostname=self.host)
        if self.kind == "bodies":
            self.connection.sendall(BODY)
            self.rest = iter(b"[" + b"1," * 100_000)

    def drip(self) -> bool:
        """Send the next byte; False when the other side has had enough."""
        if select.select([self.connection], [], [], 0)[0]:
            return False  # an answer, an alert or the end: nobody waits for more bytes
        try:
            self.connection.send(bytes([next(self.rest)]))
        except (OSError, StopIteration):
            return False
        return True


def hello(host: str) -> bytes:
    """The first flight of a TLS handshake with `host`."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=host)
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
        time.sleep(max(0, begun + PAUSE - time.monotonic()))
    return cut


def main(port: str, authority: str, host: str, *kinds: str) -> None:
    clients = []
    for kind in kinds:
        name, _, count = kind.partition("=")
        clients += [Slow(name, int(port), authority, host) for _ in range(int(count))]
    sys.stdout.write("open\n")
    sys.stdout.flush()
    sys.stdout.write(orjson.dumps({"cut": attack(clients)}).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
