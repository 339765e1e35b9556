"""How long a request waits for the store: all its waits together, so that the reply comes in time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Seconds. With the last wait, and what else a reply takes, it is there within three.
PATIENCE = 2.4
# Seconds that a transaction has for its end, however long it took to get there: one that is given up
# while it commits leaves everybody wondering.
LAST_WAIT = 0.3
# Seconds to wait at the start for another process that brings the same ledger up to date.
AT_START = 10.0


class _Budget:
    """Seconds that may still be spent on waiting. Waits inside of others end with these."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._until: float | None = None

    @contextmanager
    def waiting(self, at_least: float) -> Iterator[None]:
        if self._until is not None:
            yield
            return
        began = time.monotonic()
        self._until = began + max(self._left, at_least)
        try:
            yield
        finally:
            self._until = None
            self._left -= time.monotonic() - began

    def left(self) -> float:
        left = self._left if self._until is None else self._until - time.monotonic()
        return max(0.0, left)


_current: ContextVar[_Budget | None] = ContextVar("patience", default=None)


@contextmanager
def lasting(seconds: float = PATIENCE) -> Iterator[None]:
    """Let all waits inside of the `with` block take this long together."""
    token = _current.set(_Budget(seconds))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def waiting(at_least: float = 0.0) -> Iterator[None]:
    """Spend what the block takes. Where nothing was said about how long, it may take `PATIENCE`."""
    budget = _current.get()
    if budget is None:
        with lasting(), waiting(at_least):
            yield
    else:
        with budget.waiting(at_least):
            yield


def left() -> float:
    """Seconds that are left to wait: `PATIENCE` where nothing was said, and infinity inside
    `lasting(math.inf)`.
    """
    budget = _current.get()
    return PATIENCE if budget is None else budget.left()
