"""Folders for tests that write much and prove nothing about the disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = "/dev/shm"


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder on the machine's RAM disk, where it has one, until the `with` block ends."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="gateway-", dir=where) as folder:
        yield Path(folder)
