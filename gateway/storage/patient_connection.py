"""A connection to PostgreSQL that gives up in time, whatever the server or the network does."""

import math
import time
from typing import Any, Self, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen, PQGenConn

from . import patience

Result = TypeVar("Result")
INTERVAL = 0.1  # seconds after which psycopg looks up from waiting, to see a signal


class PatientConnection(psycopg.Connection[Any]):
    """Waits as long as `patience` says, then closes: what the server still does is not known.

    `connect_timeout` alone would not do: it is rounded up to two seconds, each address of a host has
    it anew, and it ends with the connecting.
    """

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Self]:
        steps = super()._connect_gen(conninfo)
        until = time.monotonic() + patience.left()
        ready: Any = None
        while time.monotonic() < until:
            try:
                waited_for = steps.send(ready)
            except StopIteration as done:
                connection: Self = done.value
                return connection
            ready = yield waited_for
        steps.close()
        raise errors.ConnectionTimeout("The server did not let us in in time.")

    def wait(
        self, gen: PQGen[Result], interval: float = INTERVAL, timeout: float | None = None
    ) -> Result:
        with patience.waiting():
            left = patience.left()
            try:
                return super().wait(gen, interval, None if math.isinf(left) else left)
            except errors.OperationalError as error:
                if patience.left() > 0:
                    raise
                self.pgconn.finish()
                raise errors.OperationalError("The server did not answer in time.") from error

    def commit(self) -> None:
        with patience.waiting(at_least=patience.LAST_WAIT):
            super().commit()

    def rollback(self) -> None:
        with patience.waiting(at_least=patience.LAST_WAIT):
            super().rollback()
