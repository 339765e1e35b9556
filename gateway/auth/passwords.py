"""Passwords: which are taken, and how they are kept.

They are kept as Argon2id with 19 MiB of memory, two passes and one lane (OWASP Password Storage Cheat
Sheet), and told by their NFKC form, so that two keyboards write the same one.
"""

import gzip
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import Problem

SHORTEST, LONGEST = 8, 1_024  # characters
MEMORY, PASSES, LANES = 19_456, 2, 1  # KiB, times, threads
# The list says in its own head where it is from, and under which licence.
COMMON = Path(__file__).with_name("common-passwords.txt.gz")

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY, parallelism=LANES)
# What is checked where there is nothing to check: it costs the same, and no password fits it.
_NOBODYS = f"$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
AGAIN_AFTER = 5  # seconds, for whoever is sent away
# One at a time in a process (20 ms): a process keeps the memory of as many as ever ran at once.
_turn = threading.Lock()
# Others wait in the threads that serve everybody, so only so many may.
_waiting = threading.BoundedSemaphore(16)


class Fault(StrEnum):
    """Why a password cannot be taken."""

    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    COMMON = "common"
    IS_THE_EMAIL = "is the email address"


def fault_of(password: str, email: str) -> Fault | None:
    """Why `password` cannot be taken for the account of `email`; None where it can."""
    if len(password) > LONGEST:
        return Fault.TOO_LONG  # before anything is done with it, as it may be a megabyte
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        return Fault.TOO_SHORT if len(normal) < SHORTEST else Fault.TOO_LONG
    if normal.strip().casefold() in (email, email.partition("@")[0]):
        return Fault.IS_THE_EMAIL
    return Fault.COMMON if _is_common(normal) else None


def hashed(password: str) -> str:
    """How a password is kept, with a salt of its own. Raises `Problem` 503 when too many wait."""
    with _own_turn():
        return _hasher.hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether `password` is the one that is kept as `kept`, in the same time where there is none.

    Raises `Problem` 503 when too many wait.
    """
    if len(password) > LONGEST:
        return False
    normal = _normal(password)
    with _own_turn():
        try:
            return _hasher.verify(kept or _NOBODYS, normal)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether a password is kept with other parameters than those of today."""
    return _hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_common(password: str) -> bool:
    """Read each time: it takes half a millisecond, and kept it would cost every worker its memory."""
    words = gzip.decompress(COMMON.read_bytes())
    return b"\n%b\n" % password.strip().casefold().encode() in words


@contextmanager
def _own_turn() -> Iterator[None]:
    if not _waiting.acquire(blocking=False):
        raise Problem(
            503,
            "overloaded",
            "Too many people are signing in at the moment. Try again in a few seconds.",
            headers={"Retry-After": str(AGAIN_AFTER)},
        )
    try:
        with _turn:
            yield
    finally:
        _waiting.release()
