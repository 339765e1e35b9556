"""Locks between processes that a killed process cannot leave behind."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.02  # s between two attempts


@contextmanager
def held(file: Path, *, shared: bool = False, wait: float = 0.0) -> Iterator[bool]:
    """Hold a lock for as long as the block runs, also against other threads of this process.

    Gives False, and holds nothing, where others have not let go within `wait` seconds.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _acquired(descriptor, kind, time.monotonic() + wait)
    finally:
        os.close(descriptor)


def _acquired(descriptor: int, kind: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
