"""The diary: who comes when, in the ledger. It knows no opening hours and no sentences.

Every method takes the connection whose transaction it belongs to. A place is taken once because the
primary key of `places` says so, not because somebody looked first.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from .bookings import Booking
from .slots import Slot

BOOKING_ID = re.compile(r"bkg_[0-9a-f]{16}")


class SlotTaken(Exception):
    """Fewer places are left at this time than are wanted."""


class ChangedMeanwhile(Exception):
    """The booking is no longer as it was when it was read."""


class Diary:
    """Bookings and the places they take, in two tables of `tables.py`."""

    def __init__(self, bookings: Table, places: Table) -> None:
        self._bookings = bookings
        self._places = places

    def free_places(self, ledger: Connection, slots: Sequence[Slot]) -> list[tuple[Slot, int]]:
        """Which of one service's slots, given in order, have free places, and how many."""
        if not slots:
            return []
        places = self._places.c
        taken = select(places.start, func.count().label("number")).group_by(places.start)
        taken = taken.where(
            places.service == slots[0].service.key,
            places.start.between(slots[0].start, slots[-1].start),
        )
        taken_at = {row.start: row.number for row in ledger.execute(taken)}
        free = ((slot, slot.service.capacity - taken_at.get(slot.start, 0)) for slot in slots)
        return [(slot, number) for slot, number in free if number > 0]

    def find(self, ledger: Connection, owner: str, booking_id: str) -> Booking | None:
        """The booking of this id, if it is the owner's."""
        if not BOOKING_ID.fullmatch(booking_id):
            return None
        columns = self._bookings.c
        wanted = select(self._bookings).where(columns.id == booking_id, columns.owner == owner)
        row = ledger.execute(wanted).mappings().first()
        return None if row is None else Booking(**row)

    def page(
        self, ledger: Connection, owner: str, limit: int, after: str | None = None
    ) -> tuple[list[Booking], str | None]:
        """The owner's bookings, the latest start first, and the cursor of the next page if any.

        `after` is such a cursor. It is a position, not a count, so bookings made in between neither
        repeat others nor hide them.
        """
        columns = self._bookings.c
        order = (columns.start, columns.id)
        wanted = select(self._bookings).where(columns.owner == owner)
        if after is not None:
            wanted = wanted.where(tuple_(*order) < _position(after))
        wanted = wanted.order_by(*(column.desc() for column in order)).limit(limit + 1)
        found = [Booking(**row) for row in ledger.execute(wanted).mappings()]
        return found[:limit], _cursor(found[limit - 1]) if len(found) > limit else None

    def add(self, ledger: Connection, booking: Booking) -> None:
        """Write a new booking. Raises `SlotTaken`, and then has written nothing."""
        with ledger.begin_nested():
            ledger.execute(insert(self._bookings).values(asdict(booking)))
            self._take_places(ledger, booking)

    def move(self, ledger: Connection, before: Booking, after: Booking) -> None:
        """Give up the places of `before` for those of `after`, or neither.

        Raises `SlotTaken` or `ChangedMeanwhile`, and then has written nothing.
        """
        with ledger.begin_nested():
            self._replace(ledger, before, after)
            self._release_places(ledger, before)
            self._take_places(ledger, after)

    def cancel(self, ledger: Connection, before: Booking, after: Booking) -> None:
        """Give up the places of `before`. Raises `ChangedMeanwhile`, having written nothing."""
        with ledger.begin_nested():
            self._replace(ledger, before, after)
            self._release_places(ledger, before)

    def forget(self, ledger: Connection, owner: str) -> None:
        """Delete all that is written of an owner, and give up the places."""
        columns = self._bookings.c
        theirs = select(columns.id).where(columns.owner == owner)
        ledger.execute(delete(self._places).where(self._places.c.booking_id.in_(theirs)))
        ledger.execute(delete(self._bookings).where(columns.owner == owner))

    def _replace(self, ledger: Connection, before: Booking, after: Booking) -> None:
        columns = self._bookings.c
        row = (columns.id == before.id) & (columns.sequence == before.sequence)
        if ledger.execute(update(self._bookings).where(row).values(asdict(after))).rowcount != 1:
            raise ChangedMeanwhile

    def _release_places(self, ledger: Connection, booking: Booking) -> None:
        ledger.execute(delete(self._places).where(self._places.c.booking_id == booking.id))

    def _take_places(self, ledger: Connection, booking: Booking) -> None:
        # An attempt fails only when a place seen free was taken since: after `capacity`, all are.
        for _ in range(booking.offered.capacity):
            free = self._numbers_free(ledger, booking)
            if len(free) < booking.party_size:
                break
            if self._insert_places(ledger, booking, free[: booking.party_size]):
                return
        raise SlotTaken

    def _numbers_free(self, ledger: Connection, booking: Booking) -> list[int]:
        places = self._places.c
        at_that_time = (places.service == booking.service) & (places.start == booking.start)
        taken = set(ledger.scalars(select(places.place).where(at_that_time)))
        return [number for number in range(booking.offered.capacity) if number not in taken]

    def _insert_places(self, ledger: Connection, booking: Booking, numbers: list[int]) -> bool:
        row = {"service": booking.service, "start": booking.start, "booking_id": booking.id}
        try:
            with ledger.begin_nested():
                ledger.execute(insert(self._places), [{**row, "place": each} for each in numbers])
        except IntegrityError:
            return False
        return True


def _cursor(booking: Booking) -> str:
    return f"{int(booking.start.timestamp())}.{booking.id}"


def _position(cursor: str) -> tuple[datetime, str]:
    start, _, booking_id = cursor.partition(".")
    return datetime.fromtimestamp(int(start), UTC), booking_id
