"""Holding a lease for as long as an effect takes: only a worker that died, or is stuck, loses it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Problem
from ..storage import clock
from ..storage.ledger import Ledger
from . import outbox
from .outbox import LEASE, Claim

log = logging.getLogger(__name__)

# Seconds between two renewals, and for how long in all: an effect that takes longer hangs.
EVERY = LEASE.total_seconds() / 3
LONGEST = 600.0


@contextmanager
def held(ledger: Ledger, claim: Claim) -> Iterator[None]:
    """Renew the lease from a thread of its own until the block ends."""
    is_over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(ledger, claim, is_over), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        is_over.set()


def _renew(ledger: Ledger, claim: Claim, is_over: threading.Event) -> None:
    ends_at = time.monotonic() + LONGEST
    while not is_over.wait(EVERY) and time.monotonic() < ends_at:
        try:
            with ledger.write() as connection:
                if not outbox.renew(connection, claim, clock.now(connection)):
                    return
        except Problem as problem:
            log.warning("%s: the lease was not renewed: %s", claim.confirmation_id, problem.detail)
