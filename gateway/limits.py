"""Rate limits. They fail open to each process: when Redis is gone, every worker counts by itself."""

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable
from contextlib import suppress

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from .call import Call
from .config import SettingError, Settings
from .context import Caller
from .errors import Problem

Limiter = SlidingWindowCounterRateLimiter
Ask = Callable[[Callable[[Limiter], int]], int]
Wait = Callable[[Limiter, RateLimitItem, str, str], int]

# An address or a service key may stand for everybody who uses an assistant: ten times as many calls.
CROWD = 10


def network_of(address: str) -> str:
    """What stands for one sender: an IPv4 address, or the /64 out of which IPv6 hands out addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))


class RateLimits:
    """So many calls for each caller and plugin, pages too; `Problem` 429 beyond that."""

    def __init__(self, settings: Settings) -> None:
        self._limit = _parsed(settings.rate_limit)
        self._ask = _shared(settings.redis_url) if settings.redis_url else _local()

    def count_call(self, call: Call, caller: Caller) -> None:
        """Count one call. Users without an account count by hints, inside a cap for all of them."""
        plugin = call.operation.plugin
        if caller.id and call.operation.auth.names_a_person:
            self._ask_for(_hit, plugin, caller.id)
        else:
            hint = call.hints.user or call.hints.conversation
            self._count_in_crowd(plugin, caller.id or f"address:{call.address}", hint)

    def count_page(self, plugin: str, account_id: str | None, address: str) -> None:
        """Count one page as a call: it may ask an upstream as often."""
        if account_id:
            self._ask_for(_hit, plugin, account_id)
        else:
            self._count_in_crowd(plugin, f"address:{address}", hint=None)

    def refuse_guesses(self, plugin: str, address: str) -> None:
        """Raise where too many wrong credentials came from `address`. Counts nothing."""
        self._ask_for(_look, plugin, f"wrong:{address}", CROWD)

    def count_wrong_credential(self, plugin: str, address: str) -> None:
        """Count a credential that was refused. Never raises: its sender is told that it is wrong."""
        with suppress(Problem):
            self._ask_for(_hit, plugin, f"wrong:{address}", CROWD)

    def count_attempt(self, kind: str, who: str, limit: str) -> None:
        """Count one attempt at what may be guessed or exhausted, whatever RATE_LIMIT says.

        `kind` names what is attempted, `who` is counted apart from others, `limit` is such as
        "20/hour". Raises 429 where it is one too many, which is then not counted.
        """
        self._ask_attempts(_hit, kind, who, limit)

    def refuse_attempts(self, kind: str, who: str, limit: str) -> None:
        """Raise what `count_attempt` would raise now. Counts nothing."""
        self._ask_attempts(_look, kind, who, limit)

    def forget_attempts(self, kind: str, who: str, limit: str) -> None:
        """Begin at nought again, as after a password that was right."""
        self._ask(lambda limiter: _clear(limiter, parse(limit), f"attempt:{kind}", _short(who)))

    def _ask_attempts(self, wait_for: Wait, kind: str, who: str, limit: str) -> None:
        """Who attempts is kept as a hash: it may be an address of mail, and as long as a body."""
        item = parse(limit)
        seconds = self._ask(lambda limiter: wait_for(limiter, item, f"attempt:{kind}", _short(who)))
        if seconds:
            raise _too_many_attempts(seconds)

    def _count_in_crowd(self, plugin: str, everybody: str, hint: str | None) -> None:
        self._ask_for(_hit, plugin, everybody, CROWD)
        self._ask_for(_hit, plugin, f"{everybody}:{_short(hint)}")

    def _ask_for(self, wait_for: Wait, plugin: str, who: str, factor: int = 1) -> None:
        if self._limit is None:
            return
        limit = _times(self._limit, factor)
        seconds = self._ask(lambda limiter: wait_for(limiter, limit, plugin, who))
        if seconds:
            raise _too_many(limit, seconds)


def _hit(limiter: Limiter, limit: RateLimitItem, plugin: str, who: str) -> int:
    """Count one call: 0, or the whole seconds to wait when it is one too many."""
    return 0 if limiter.hit(limit, plugin, who) else _wait(limiter, limit, plugin, who)


def _look(limiter: Limiter, limit: RateLimitItem, plugin: str, who: str) -> int:
    """What `_hit` would say, without counting."""
    return 0 if limiter.test(limit, plugin, who) else _wait(limiter, limit, plugin, who)


def _clear(limiter: Limiter, limit: RateLimitItem, kind: str, who: str) -> int:
    limiter.clear(limit, kind, who)
    return 0


def _wait(limiter: Limiter, limit: RateLimitItem, plugin: str, who: str) -> int:
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


def counts_calls(settings: Settings) -> bool:
    """Whether calls are limited at all."""
    return _parsed(settings.rate_limit) is not None


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


def _too_many_attempts(seconds: int) -> Problem:
    return Problem(
        429,
        "rate_limited",
        f"Too many attempts. Wait {seconds} seconds, then try again.",
        headers={"Retry-After": str(seconds)},
    )
