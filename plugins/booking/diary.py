"""The diary: who comes when, in the ledger. It knows no opening hours and no sentences.

Every method takes the connection whose transaction it belongs to. A place is taken once because the
primary key of `places` says so, not because somebody looked first. A place may be held for a while,
for somebody who is asked about it: then it stands in the way of everybody else.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from .bookings import Booking
from .slots import Slot

BOOKING_ID = re.compile(r"bkg_[0-9a-f]{16}")
CALENDAR_KEY = re.compile(r"[A-Za-z0-9_-]{32}")
# Slots that one person holds at a time. Nobody else can have them, and a hold outlives a question that
# is declined or superseded: without an end, whoever asks again and again would empty the diary.
MOST_HELD = 3


class SlotTaken(Exception):
    """Fewer places are left at this time than are wanted."""


class ChangedMeanwhile(Exception):
    """The booking is no longer as it was when it was read."""


@dataclass(frozen=True)
class Hold:
    """Places at a time that nobody but the owner can have until then."""

    owner: str
    slot: Slot
    party_size: int
    until: datetime


class Diary:
    """Bookings, and the places they and holds take, in two tables of `tables.py`."""

    def __init__(self, bookings: Table, places: Table) -> None:
        self._bookings = bookings
        self._places = places

    def free_places(
        self, ledger: Connection, owner: str, slots: Sequence[Slot], now: datetime
    ) -> list[tuple[Slot, int]]:
        """Which of one service's slots, given in order, have places for the owner, and how many."""
        if not slots:
            return []
        places = self._places.c
        taken = select(places.start, func.count().label("number")).group_by(places.start)
        taken = taken.where(
            places.service == slots[0].service.key,
            places.start.between(slots[0].start, slots[-1].start),
            self._stands(now),
            places.held_by.is_distinct_from(owner),
        )
        taken_at = {row.start: row.number for row in ledger.execute(taken)}
        free = ((slot, slot.service.capacity - taken_at.get(slot.start, 0)) for slot in slots)
        return [(slot, number) for slot, number in free if number > 0]

    def find(self, ledger: Connection, owner: str, booking_id: str) -> Booking | None:
        """The booking of this id, if it is the owner's."""
        return self._find(ledger, booking_id, self._bookings.c.owner == owner)

    def find_shared(self, ledger: Connection, booking_id: str, key: str) -> Booking | None:
        """The booking of this id, if that is the key of its calendar file."""
        if not CALENDAR_KEY.fullmatch(key):
            return None
        return self._find(ledger, booking_id, self._bookings.c.calendar_key == key)

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

    def hold(self, ledger: Connection, hold: Hold, now: datetime) -> None:
        """Keep places for the hold's owner, in place of what they held of this slot before.

        Of other slots their latest holds stay, to `MOST_HELD` in all. Raises `SlotTaken`, and then
        has written nothing.
        """
        self._take_places(ledger, hold, now, held_by=hold.owner, held_until=hold.until)
        self._release_oldest_holds(ledger, hold, now)

    def add(self, ledger: Connection, booking: Booking) -> None:
        """Write a new booking. Raises `SlotTaken`, and then has written nothing."""
        with ledger.begin_nested():
            ledger.execute(insert(self._bookings).values(asdict(booking)))
            self._book_places(ledger, booking)

    def move(self, ledger: Connection, before: Booking, after: Booking) -> None:
        """Give up the places of `before` for those of `after`, or neither.

        Raises `SlotTaken` or `ChangedMeanwhile`, and then has written nothing.
        """
        with ledger.begin_nested():
            self._replace(ledger, before, after)
            self._release_places(ledger, before)
            self._book_places(ledger, after)

    def cancel(self, ledger: Connection, before: Booking, after: Booking) -> None:
        """Give up the places of `before`. Raises `ChangedMeanwhile`, having written nothing."""
        with ledger.begin_nested():
            self._replace(ledger, before, after)
            self._release_places(ledger, before)

    def forget(self, ledger: Connection, owner: str) -> None:
        """Delete all that is written of an owner, and give up the places."""
        bookings, places = self._bookings.c, self._places.c
        theirs = places.booking_id.in_(select(bookings.id).where(bookings.owner == owner))
        ledger.execute(delete(self._places).where(theirs | (places.held_by == owner)))
        ledger.execute(delete(self._bookings).where(bookings.owner == owner))

    def _find(
        self, ledger: Connection, booking_id: str, allowed: ColumnElement[bool]
    ) -> Booking | None:
        if not BOOKING_ID.fullmatch(booking_id):
            return None
        wanted = select(self._bookings).where(self._bookings.c.id == booking_id, allowed)
        row = ledger.execute(wanted).mappings().first()
        return None if row is None else Booking(**row)

    def _replace(self, ledger: Connection, before: Booking, after: Booking) -> None:
        columns = self._bookings.c
        row = (columns.id == before.id) & (columns.sequence == before.sequence)
        if ledger.execute(update(self._bookings).where(row).values(asdict(after))).rowcount != 1:
            raise ChangedMeanwhile

    def _release_places(self, ledger: Connection, booking: Booking) -> None:
        ledger.execute(delete(self._places).where(self._places.c.booking_id == booking.id))

    def _book_places(self, ledger: Connection, booking: Booking) -> None:
        """At the moment of the booking's own change, which is `updated`."""
        self._take_places(ledger, booking, booking.updated, booking_id=booking.id)

    def _take_places(
        self, ledger: Connection, wanted: Booking | Hold, now: datetime, **kept_as: Any
    ) -> None:
        row = {"service": wanted.slot.service.key, "start": wanted.slot.start, **kept_as}
        # An attempt fails only when a place seen free was taken since: after `capacity`, all are.
        for _ in range(wanted.slot.service.capacity):
            free = self._numbers_free(ledger, wanted, now)
            if len(free) < wanted.party_size:
                break
            numbers = sorted(free[: wanted.party_size])
            with suppress(IntegrityError), ledger.begin_nested():
                self._release_holds(ledger, wanted, numbers, now)
                ledger.execute(insert(self._places), [{**row, "place": each} for each in numbers])
                return
        raise SlotTaken

    def _numbers_free(self, ledger: Connection, wanted: Booking | Hold, now: datetime) -> list[int]:
        """The places that the owner can have, what they hold already first: nobody else wants that."""
        places = self._places.c
        standing = select(places.place, places.held_by).where(self._at(wanted), self._stands(now))
        holders = {row.place: row.held_by for row in ledger.execute(standing)}
        numbers = range(wanted.slot.service.capacity)
        free = (each for each in numbers if holders.get(each, wanted.owner) == wanted.owner)
        return sorted(free, key=lambda number: number not in holders)

    def _release_holds(
        self, ledger: Connection, wanted: Booking | Hold, numbers: list[int], now: datetime
    ) -> None:
        """All of the owner's at this time, and lapsed ones of the places that are to be taken."""
        places = self._places.c
        lapsed = places.place.in_(numbers) & (places.held_until <= now)
        released = self._at(wanted) & (lapsed | (places.held_by == wanted.owner))
        # In one order, so that no two who take over lapsed holds wait for one another.
        in_order = select(places.place).where(released).order_by(places.place)
        ledger.execute(in_order.with_for_update())
        ledger.execute(delete(self._places).where(released))

    def _release_oldest_holds(self, ledger: Connection, latest: Hold, now: datetime) -> None:
        """Lapsed ones are left to those who want the place: they may be taking it over just now."""
        places = self._places.c
        slot = (places.service, places.start)
        theirs = (places.held_by == latest.owner) & (places.held_until > now)
        others = select(*slot).where(theirs, ~self._at(latest)).group_by(*slot)
        oldest = others.order_by(func.max(places.held_until).desc(), *slot).offset(MOST_HELD - 1)
        ledger.execute(delete(self._places).where(theirs, tuple_(*slot).in_(oldest)))

    def _at(self, wanted: Booking | Hold) -> ColumnElement[bool]:
        places, slot = self._places.c, wanted.slot
        return (places.service == slot.service.key) & (places.start == slot.start)

    def _stands(self, now: datetime) -> ColumnElement[bool]:
        """Booked, or held and the hold has not lapsed; lapsed ones go when somebody wants the place."""
        places = self._places.c
        return places.booking_id.is_not(None) | (places.held_until > now)


def _cursor(booking: Booking) -> str:
    return f"{int(booking.start.timestamp())}.{booking.id}"


def _position(cursor: str) -> tuple[datetime, str]:
    start, _, booking_id = cursor.partition(".")
    return datetime.fromtimestamp(int(start), UTC), booking_id
