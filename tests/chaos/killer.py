"""What keeps going wrong: workers are killed and stopped, and so is the store where it is a process."""

import contextlib
import os
import signal
import threading
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from tests.kit.attacked import Attacked

# Seconds between two deaths, and how long a worker is stopped.
PAUSE, STOPPED = (0.2, 0.7), 2.5
# Every so many deaths a worker is stopped, and a process of the store dies.
STOP_EVERY, STORE_EVERY = 12, 15


class Killer:
    """Kills while the `with` block lasts, `most` times: on a machine that has other things to do, no
    worker would live long enough to get anything done. `store` is PostgreSQL's process, if any.
    """

    def __init__(
        self, gateway: Attacked, most: int, store: int | None = None, database: str = ""
    ) -> None:
        self._gateway, self._most, self._store, self._database = gateway, most, store, database
        self._chance, self._over = Random(3), threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")
        self._waking: list[threading.Timer] = []
        self.killed = self.stopped = self.store_killed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        for timer in self._waking:
            timer.join()

    def _run(self) -> None:
        for turn in range(self._most):
            if self._over.wait(self._chance.uniform(*PAUSE)):
                return
            self._kill()
            if turn % STOP_EVERY == 2:
                self._stop()
            if self._store and turn % STORE_EVERY == 5:
                self._kill_in_the_store(self._store)

    def _kill(self) -> None:
        self.killed += self._send(self._worker(), signal.SIGKILL)

    def _stop(self) -> None:
        """Stop a worker in the midst of what it does, for a while. It may hold what others wait for."""
        worker = self._worker()
        self.stopped += self._send(worker, signal.SIGSTOP)
        timer = threading.Timer(STOPPED, self._send, (worker, signal.SIGCONT))
        self._waking.append(timer)
        timer.start()

    def _kill_in_the_store(self, store: int) -> None:
        """Kill one of PostgreSQL's processes: it then ends all others, and recovers from its log."""
        backends = [each for each in children(store) if self._is_ours(each)]
        if backends:
            self.store_killed += self._send(self._chance.choice(backends), signal.SIGKILL)

    def _is_ours(self, process: int) -> bool:
        """Whether it is a backend that serves the database of this gateway, by its title."""
        with contextlib.suppress(OSError):
            title = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
            return f" {self._database} " in title
        return False

    def _worker(self) -> int | None:
        workers = self._gateway.worker_processes()
        return self._chance.choice(workers) if workers else None

    @staticmethod
    def _send(process: int | None, number: signal.Signals) -> bool:
        if process is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
            return True
        return False


def children(process: int) -> list[int]:
    return [
        int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]
