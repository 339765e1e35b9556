"""Chance that always falls the same way: numbers drawn from a name."""

import hashlib


def draws(name: str, count: int) -> bytes:
    """`count` bytes that look random; the first of many are those of few (an extendable hash)."""
    return hashlib.shake_256(name.encode()).digest(count)


def fraction(name: str) -> float:
    """A number from 0 up to, not including, 1."""
    return int.from_bytes(draws(name, 6)) / 2**48
