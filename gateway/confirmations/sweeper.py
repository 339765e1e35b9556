"""A thread in every worker that finishes what was left: effects elsewhere, questions that expired.
It also puts the head of the audit trail into the log, once an hour.

Any number of them may run: each edge is taken by one. It fails open: without the ledger it waits.
"""

import logging
import math
import random
import threading
import time

from ..audit.trail import log_head
from ..errors import Problem
from ..storage import clock
from ..storage.ledger import Ledger
from . import record
from .changes import changing
from .elsewhere import Elsewhere

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds
MOST = 20  # of each kind in one round, so that a round is short
HANDS = 4  # effects elsewhere that one worker takes up at the same time
HEAD_EVERY = 3_600.0  # seconds between two lines of the log that hold the head of the audit trail


class Sweeper:
    """Sweeps for as long as the worker lives."""

    def __init__(self, ledger: Ledger, elsewhere: Elsewhere) -> None:
        self._ledger = ledger
        self._elsewhere = elsewhere
        self._hands = threading.BoundedSemaphore(HANDS)
        self._head_at = -math.inf

    def start(self) -> None:
        """Begin, in a thread that ends with the process: what it is at then is taken up by others."""
        threading.Thread(target=self._run, name="sweeper", daemon=True).start()

    def sweep(self) -> None:
        """One round, which ends when all is done."""
        self.expire()
        for confirmation_id in self._elsewhere.due(MOST):
            self._elsewhere.take_up(confirmation_id)

    def _take_up_all(self) -> None:
        """Take up what is due, each in a thread: one that hangs must not keep the others waiting."""
        for confirmation_id in self._elsewhere.due(MOST):
            if not self._hands.acquire(blocking=False):
                return
            threading.Thread(target=self._take_up, args=(confirmation_id,), daemon=True).start()

    def _take_up(self, confirmation_id: str) -> None:
        try:
            self._elsewhere.take_up(confirmation_id)
        except Problem as problem:
            log.warning("%s waits: %s", confirmation_id, problem.detail)
        except Exception:
            log.exception("%s could not be taken up", confirmation_id)
        finally:
            self._hands.release()

    def _run(self) -> None:
        while True:
            # Spread, so that the workers do not all ask at once.
            time.sleep(EVERY * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
            try:
                self.expire()
                self._take_up_all()
                self._log_head()
            except Problem as problem:
                log.warning("The sweeper waits: %s", problem.detail)
            except Exception:
                log.exception("A round of the sweeper failed")

    def expire(self) -> None:
        """Write down which questions nobody answered in time."""
        with self._ledger.read() as connection:
            over = record.lapsed(connection, clock.now(connection), MOST)
        for confirmation_id in over:
            with changing(self._ledger) as change:
                change.expire(confirmation_id)

    def _log_head(self) -> None:
        now = time.monotonic()
        if now - self._head_at >= HEAD_EVERY:
            self._head_at = now
            with self._ledger.read() as connection:
                log_head(connection)
