"""The cache. Reads fail open: when it is gone every look-up misses and every store is forgotten.

In the process by default; in Redis by `REDIS_URL`, shared by all workers and machines.
"""

import threading
import time
from collections import OrderedDict
from typing import Protocol

from ..config import Settings

ENTRIES_MOST = 2_000


class Cache(Protocol):
    """Bytes by name, for a while."""

    def get(self, key: str) -> bytes | None:
        """What was stored and is still fresh, else None."""

    def set(self, key: str, value: bytes, seconds: float) -> None:
        """Store `value` for `seconds`."""

    def is_up(self) -> bool:
        """Whether the cache answers."""


class MemoryCache:
    """A cache in this process: the least recently used entries go first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            expires, value = self._entries.get(key, (0.0, b""))
            if expires <= time.monotonic():
                self._entries.pop(key, None)
                return None
            self._entries.move_to_end(key)
            return value

    def set(self, key: str, value: bytes, seconds: float) -> None:
        with self._lock:
            self._entries[key] = (time.monotonic() + seconds, value)
            self._entries.move_to_end(key)
            while len(self._entries) > ENTRIES_MOST:
                self._entries.popitem(last=False)

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
