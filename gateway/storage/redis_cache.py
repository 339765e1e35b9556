"""Redis, which may be killed, emptied or hung at any time. Reads fail open: what is gone is a miss."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from .cache import VALUE_MOST

log = logging.getLogger(__name__)

Value = TypeVar("Value")

# Seconds to wait for Redis, and to leave it alone once it failed: without the second, every call
# would wait for the first.
TIMEOUT, PAUSE = 0.5, 1.0


def redis_client(url: str) -> Redis:
    """A client that answers or fails within half a second, and never tries twice."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


class CircuitBreaker:
    """Asks Redis, and after a failure does not ask again for a moment."""

    def __init__(self) -> None:
        self._until = 0.0

    def call(self, action: Callable[[], Value], fallback: Callable[[], Value]) -> Value:
        """What `action` returns; what `fallback` does while Redis fails and for a moment after."""
        if time.monotonic() < self._until:
            return fallback()
        try:
            return action()
        except RedisError as error:
            log.warning("Redis failed (%s); going on without it.", type(error).__name__)
            self._until = time.monotonic() + PAUSE
            return fallback()


class RedisCache:
    """A cache in Redis, shared by all workers and machines."""

    def __init__(self, url: str) -> None:
        self._client = redis_client(url)
        self._breaker = CircuitBreaker()

    def get(self, key: str) -> bytes | None:
        kept = self._breaker.call(lambda: self._client.get(f"cache:{key}"), lambda: None)
        return kept if isinstance(kept, bytes) else None

    def set(self, key: str, value: bytes, seconds: float) -> None:
        if len(value) > VALUE_MOST:
            return
        milliseconds = max(1, int(seconds * 1000))
        self._breaker.call(
            lambda: self._client.set(f"cache:{key}", value, px=milliseconds), lambda: None
        )

    def is_up(self) -> bool:
        try:
            return bool(self._client.ping())
        except RedisError:
            return False
