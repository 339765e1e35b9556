"""The cache. Reads fail open: when it is gone every look-up misses and every store is forgotten.

In the process by default; in Redis by `REDIS_URL`, shared by all workers and machines.
"""

import threading
import time
from collections import OrderedDict
from typing import Protocol

from ..config import Settings

# What a worker may spend: half of the 65 MB that it needs without any cache (measured). The second
# bound is for small entries, each of which costs some 300 bytes beside its value.
BYTES_MOST, ENTRIES_MOST = 32_000_000, 2_000
# Bytes of one value: twice the largest scoreboard seen. A few larger ones would push all others out.
VALUE_MOST = 1_000_000


class Cache(Protocol):
    """Bytes by name, for a while."""

    def get(self, key: str) -> bytes | None:
        """What was stored and is still fresh, else None."""

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """Store `value` for `seconds`; one of more than `VALUE_MOST` bytes is not stored."""

    def is_up(self) -> bool:
        """Whether the cache answers."""


class MemoryCache:
    """A cache in this process: when it is full, what has expired goes, then what was used least
    recently.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            expires, value = self._entries.get(key, (0.0, b""))
            if expires <= time.monotonic():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return value

    def set(self, key: str, value: bytes, seconds: float) -> None:
        if len(value) > VALUE_MOST:
            return
        with self._lock:
            self._drop(key)
            self._entries[key] = (time.monotonic() + seconds, value)
            self._bytes += len(value)
            if self._is_over():
                self._drop_expired()
            while self._is_over():
                self._drop(next(iter(self._entries)))

    def _is_over(self) -> bool:
        return self._bytes > BYTES_MOST or len(self._entries) > ENTRIES_MOST

    def _drop_expired(self) -> None:
        now = time.monotonic()
        for key in [key for key, (expires, _) in self._entries.items() if expires <= now]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        _, value = self._entries.pop(key, (0.0, b""))
        self._bytes -= len(value)

    def is_up(self) -> bool:
        return True


def cache_for(settings: Settings) -> Cache:
    """The cache that the settings ask for."""
    if not settings.redis_url:
        return MemoryCache()
    from .redis_cache import (
        RedisCache,
    )  # 16 MB of a worker's memory (measured), for those who use it

    return RedisCache(settings.redis_url)
