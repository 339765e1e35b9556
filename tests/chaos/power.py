"""A gateway on a machine that loses its power: what was not on the disk by then is gone.

Killing every process does not show that, as the kernel keeps what they wrote. So each sync is recorded
by a small library (synced.c), and after the cut the ledger is put back to what was synced.
"""

import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.killer import children
from tests.chaos.rivals import whole
from tests.kit.people import Person
from tests.kit.server import Reply, Server, running
from tests.kit.wire import Request, Wire, post_json

SOURCE = Path(__file__).parent / "synced.c"
FILES = ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-journal")
CLIENTS = 4
# Replies to wait for before the power is cut, so that the ledger was checkpointed; seconds to wait.
ENOUGH, PATIENCE = 40, 60


class PowerCut(Exception):
    """Everything stopped at once."""


def compiler() -> str | None:
    return shutil.which("cc")


def compiled(folder: Path) -> Path:
    """The library that records."""
    library = folder / "synced.so"
    command = [compiler(), "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE]
    subprocess.run([*command, "-ldl"], check=True, capture_output=True, timeout=60)
    return library


@dataclass(frozen=True)
class Disk:
    """The folder of a ledger, in which the library leaves what is synced beside each file."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / FILES[0]

    def begin(self) -> None:
        """Take what is there now for synced: nobody has it open."""
        for each in self.folder.glob("ledger.sqlite3*.*"):
            each.unlink()
        shutil.copy(self.ledger, _synced(self.ledger))

    def restore(self) -> None:
        """Put back what was synced, and forget what was only in memory."""
        for each in self.folder.glob("ledger.sqlite3-*"):
            if each.name in (*FILES, "ledger.sqlite3-shm"):
                each.unlink()
        for name in FILES:
            if _synced(self.folder / name).exists():
                shutil.copy(_synced(self.folder / name), self.folder / name)


def _synced(file: Path) -> Path:
    return file.with_name(f"{file.name}.synced")


@contextmanager
def recorded(folder: Path, library: Path, **environ: str) -> Iterator[Server]:
    """Run a gateway under the library."""
    disk = Disk(folder / "data")
    preloaded = {"LD_PRELOAD": str(library), "SYNCED_ONLY": str(disk.ledger)}
    with running(folder, PLUGINS="counter", WEB_CONCURRENCY="2", **preloaded, **environ) as server:
        yield server


@dataclass(frozen=True)
class Counting:
    """Somebody's assistant who counts, confirms, and keeps what it was told: ids of counts."""

    wire: Wire
    person: Person
    acknowledged: list[str] = field(default_factory=list)

    def count(self) -> None:
        """Count once. Raises OSError where the gateway has gone."""
        asked = self._call("/counts", {"amount": 1, "request_id": secrets.token_hex(8)})
        path = f"/confirmations/{asked.json['confirmation_id']}/confirm"
        done = self._call(path, {"hash": asked.json["hash"]})
        assert done.json["status"] == "executed", done.body
        self.acknowledged.append(done.json["result"]["count_id"])

    def count_on(self) -> None:
        """Count for as long as there is a gateway."""
        with suppress(OSError):
            while True:
                self.count()

    def _call(self, path: str, body: dict[str, object]) -> Reply:
        bearer = f"Bearer {self.person.token}"
        call: Request = post_json(f"{self.wire.base('counter')}{path}", body, authorization=bearer)
        reply = self.wire.try_to_send(call)
        if reply is None or not whole(reply):
            raise ConnectionResetError(path)
        assert reply.status in (200, 202), reply.body
        return reply


def count_until_the_power_is_cut(
    folder: Path, library: Path, person: Person, chance: Random, **environ: str
) -> list[str]:
    """Let some count at once, and cut the power in the midst of it. The ids they were told of."""
    disk = Disk(folder / "data")
    disk.begin()
    told: list[str] = []
    with suppress(PowerCut), recorded(folder, library, **environ) as server:
        counting = [
            threading.Thread(target=Counting(Wire(server.port), person, told).count_on)
            for _ in range(CLIENTS)
        ]
        for each in counting:
            each.start()
        _wait_for(told, server)
        time.sleep(chance.uniform(0, 0.5))
        _cut(server)
        for each in counting:
            each.join()
        raise PowerCut
    disk.restore()
    return told


def _wait_for(told: list[str], server: Server) -> None:
    """Until some have been told: then they are in the midst of it, however busy the machine is."""
    until = time.monotonic() + PATIENCE
    while len(told) < ENOUGH:
        assert time.monotonic() < until, server.log.read_text()
        time.sleep(0.01)


def _cut(server: Server) -> None:
    """End all of its processes at once. The first is stopped before, so that it starts no new ones."""
    server.process.send_signal(signal.SIGSTOP)
    for each in [*children(server.process.pid), server.process.pid]:
        os.kill(each, signal.SIGKILL)
