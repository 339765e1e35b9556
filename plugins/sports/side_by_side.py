"""Waiting for several answers at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 4


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of every item, in their order, at most four at a time.

    Each runs in a copy of the caller's context, so that it sees the call in hand. The first error
    is raised, and what has not begun by then never will.
    """
    if len(items) < 2:
        return [function(item) for item in items]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        running = [pool.submit(copy_context().run, function, item) for item in items]
        return [each.result() for each in running]
    finally:
        pool.shutdown(cancel_futures=True)
