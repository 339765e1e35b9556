"""The gateway as the public reaches it: the real Caddy with the project's own deploy/Caddyfile."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kit.server import ROOT, Reply, Server, free_port, head, read_reply, running

PUBLIC_HOST = "plugins.test"
# Seconds until Caddy must answer, and until it must have stopped.
START, STOP = 20, 15
# The values of CADDY_SYNTAX.
SYNTAXES = [(2, 6, 2), (2, 6, 3), (2, 11, 7)]


@dataclass(frozen=True)
class Proxy:
    """Caddy with a gateway behind it. `log` is all that Caddy says, `authority` what signs for it."""

    port: int
    plain_port: int
    server: Server
    process: subprocess.Popen
    log: Path
    authority: Path

    def connect(self, host: str = PUBLIC_HOST, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A TLS connection to `host`, from an address of the loopback range."""
        context = ssl.create_default_context(cafile=str(self.authority))
        plain = socket.create_connection(("127.0.0.1", self.port), 30, (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as every HTTP client does
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except (OSError, ssl.SSLError):
            plain.close()
            raise

    def connect_plainly(self) -> socket.socket:
        """A connection to the port of plain HTTP."""
        return socket.create_connection(("127.0.0.1", self.plain_port), timeout=15)

    def send(self, *parts: bytes, host: str = PUBLIC_HOST, source: str = "127.0.0.1") -> Reply:
        """Send bytes on a connection of their own, and read one response."""
        with self.connect(host, source) as connection:
            for part in parts:
                connection.sendall(part)
            return read_reply(connection)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        host: str = PUBLIC_HOST,
        source: str = "127.0.0.1",
        **headers: str,
    ) -> Reply:
        """Send one well-formed request; `content_type=` stands for Content-Type."""
        lines = {"Host": host, "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(head(method, path, lines) + body, host=host, source=source)


@contextmanager
def proxied(folder: Path, *, own: Path | None = None, **environ: str) -> Iterator[Proxy]:
    """Run a gateway and, in front of it, Caddy, with certificates of an authority of its own.

    With `own`, a folder, Caddy uses the certificate there, and `authority` is that certificate.
    """
    public = {"BASE_URL": f"https://{PUBLIC_HOST}", "TRUSTED_PROXIES": "1"}
    with running(folder, **{**public, **environ}) as server:
        port, plain_port = free_port(), free_port()
        log = folder / "caddy.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["caddy", "run", "--config", "deploy/Caddyfile", "--adapter", "caddyfile"],
                cwd=ROOT,
                env=environment(folder, server, port, plain_port) | files(own),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        made = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        authority = own / "fullchain.pem" if own else made
        proxy = Proxy(port, plain_port, server, process, log, authority)
        try:
            wait_until_it_answers(proxy)
            yield proxy
            process.terminate()
            assert process.wait(STOP) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def environment(folder: Path, server: Server, port: int, plain_port: int) -> dict[str, str]:
    """What deploy/Caddyfile reads, for loopback and without an authority on the Internet."""
    options = [f"http_port {plain_port}", f"https_port {port}", "default_bind 127.0.0.1"]
    syntax = max(each for each in SYNTAXES if each <= version())
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PUBLIC_HOST": PUBLIC_HOST,
        "GATEWAY": f"127.0.0.1:{server.port}",
        "CADDY_GLOBAL_OPTIONS": "\n".join([*options, "local_certs"]),
        "CADDY_SYNTAX": ".".join(map(str, syntax)),
    }


def files(folder: Path | None) -> dict[str, str]:
    return {"CERTIFICATES": "files", "CERTIFICATE_DIR": str(folder)} if folder else {}


def is_installed() -> bool:
    return shutil.which("caddy") is not None


def version() -> tuple[int, ...]:
    """The version of the Caddy on this machine: Debian prints `2.6.2`, others `v2.11.7 h1:...`."""
    told = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in told.split()[0].lstrip("v").split("-")[0].split("."))


def wait_until_it_answers(proxy: Proxy) -> None:
    until = time.monotonic() + START
    while True:
        try:
            if proxy.ask("GET", "/healthz").status == 200:
                return
        except OSError:
            pass  # not yet: no port, no authority, no certificate
        assert proxy.process.poll() is None, proxy.log.read_text()
        assert time.monotonic() < until, proxy.log.read_text()
        time.sleep(0.05)


@contextmanager
def dripping(*options: str) -> Iterator[list[int]]:
    """Attack with tests/kit/dripping.py in a process of its own, once all its connections are open.

    Afterwards the list holds one number: how many connections the other side has cut.
    """
    command = [sys.executable, "-m", "tests.kit.dripping", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    cut: list[int] = []
    try:
        assert process.stdout.readline() == "open\n"
        yield cut
        cut.append(int(process.communicate("", timeout=30)[0]))
    finally:
        process.kill()
        process.communicate()
