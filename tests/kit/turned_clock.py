"""The clock that decides how long things last, turned on by a test.

SQLite has the clock of this machine, which can be made to stand and to jump. PostgreSQL has one of its
own that nobody here can turn: there all that is kept becomes older instead, while time goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import Interval, literal, update

from gateway.storage.ledger import Ledger
from gateway.storage.tables import audit, audit_head, metadata
from gateway.storage.types import Instant

# Nobody may change the trail, and it does not end.
AGEING = [table for table in metadata.sorted_tables if table not in (audit, audit_head)]


class StandingClock:
    """A clock that moves only when it is told to."""

    just = timedelta(seconds=1)

    def __init__(self, machine: time_machine.Traveller) -> None:
        self._machine = machine

    def shift(self, passed: timedelta) -> None:
        """Let time pass."""
        self._machine.shift(passed)


class AgeingRows:
    """A clock that cannot be turned: what is in the tables is moved back."""

    just = timedelta(seconds=5)  # as the test takes time as well

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def shift(self, passed: timedelta) -> None:
        """Let time pass for all that is kept at this moment."""
        with self._ledger.write() as connection:
            for table in AGEING:
                moments = [each for each in table.columns if isinstance(each.type, Instant)]
                older = {each: each - literal(passed, Interval()) for each in moments}
                if older:
                    connection.execute(update(table).values(older))


@contextmanager
def turned_clock(ledger: Ledger) -> Iterator[StandingClock | AgeingRows]:
    """The clock of a ledger. `just` is what is little to it: so much before an end, all is well."""
    if not ledger.is_sqlite:
        yield AgeingRows(ledger)
        return
    with time_machine.travel(datetime.now(UTC), tick=False) as machine:
        yield StandingClock(machine)
