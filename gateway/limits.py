"""Rate limits. They fail open to each process: when Redis is gone, every worker counts by itself."""

import hashlib
import math
import time
from collections.abc import Callable

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from .call import Call
from .config import SettingError, Settings
from .context import Caller
from .errors import Problem

Limiter = SlidingWindowCounterRateLimiter
Ask = Callable[[Callable[[Limiter], int]], int]

# An address or a service key may stand for everybody who uses an assistant: ten times as many calls.
CROWD = 10


class RateLimits:
    """So many calls for each caller and plugin; `Problem` 429 beyond that."""

    def __init__(self, settings: Settings) -> None:
        self._limit = _parsed(settings.rate_limit)
        self._ask = _shared(settings.redis_url) if settings.redis_url else _local()

    def check(self, call: Call, caller: Caller) -> None:
        """Count one call. Users without an account count by hints, inside a cap for all of them."""
        if self._limit is None:
            return
        plugin = call.operation.plugin
        if caller.id and call.operation.auth.names_a_person:
            self._count(self._limit, plugin, caller.id)
            return
        all_of_them = caller.id or f"address:{call.address}"
        self._count(_times(self._limit, CROWD), plugin, all_of_them)
        hint = call.hints.user or call.hints.conversation
        self._count(self._limit, plugin, f"{all_of_them}:{_short(hint)}")

    def _count(self, limit: RateLimitItem, plugin: str, who: str) -> None:
        wait = self._ask(lambda limiter: _hit(limiter, limit, plugin, who))
        if wait:
            raise _too_many(limit, wait)


def _hit(limiter: Limiter, limit: RateLimitItem, plugin: str, who: str) -> int:
    """Count one call: 0, or the whole seconds to wait when it is one too many."""
    if limiter.hit(limit, plugin, who):
        return 0
    reset = limiter.get_window_stats(limit, plugin, who).reset_time
    return max(1, math.ceil(reset - time.time()))


def _local() -> Ask:
    limiter = Limiter(MemoryStorage())
    return lambda count: count(limiter)


def _shared(url: str) -> Ask:
    """Count in Redis, and in this process while Redis is gone."""
    from limits.storage import RedisStorage

    from .storage.redis_cache import CircuitBreaker, redis_client

    storage: Storage = RedisStorage(url, connection_pool=redis_client(url).connection_pool)
    limiter, breaker, local = Limiter(storage), CircuitBreaker(), _local()
    return lambda count: breaker.call(lambda: count(limiter), lambda: local(count))


def _parsed(text: str) -> RateLimitItem | None:
    if text.lower() == "off":
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(
            f'RATE_LIMIT cannot be "{text}". Write it like 60/minute, or off.'
        ) from error


def _times(limit: RateLimitItem, factor: int) -> RateLimitItem:
    return type(limit)(limit.amount * factor, limit.multiples, limit.namespace)


def _short(hint: str | None) -> str:
    """A key of fixed length: what an assistant sends may be as long as a header."""
    return hashlib.sha256((hint or "").encode()).hexdigest()[:16]


def _too_many(limit: RateLimitItem, seconds: int) -> Problem:
    return Problem(
        429,
        "rate_limited",
        f"Too many calls: {limit} are allowed. Wait {seconds} seconds, then repeat the call.",
        headers={"Retry-After": str(seconds)},
    )
