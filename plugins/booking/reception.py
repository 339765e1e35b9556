"""The front desk: what may be booked, moved and cancelled, and in which words it says no."""

from datetime import UTC, date, datetime, timedelta
from typing import NoReturn

from flask import abort
from sqlalchemy import Connection

from . import services
from .bookings import CANCELLED, Booking, Guest
from .diary import ChangedMeanwhile, Diary, SlotTaken
from .services import Service
from .slots import HORIZON, Slot, slot_at, upcoming
from .wording import english_moment

ALTERNATIVES = 3
SEARCH = timedelta(days=14)


class Reception:
    """Applies the rules of the house to the diary. Every refusal says what to do instead."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    def free_slots(
        self, ledger: Connection, service: Service, first: date, last: date
    ) -> list[tuple[Slot, int]]:
        """What can still be booked from day `first` to day `last`, with the free places of each."""
        return self._diary.free_places(ledger, upcoming(service, first, last, datetime.now(UTC)))

    def free_slot(self, ledger: Connection, key: str, start: datetime, persons: int) -> Slot:
        """The slot of service `key` at `start` with room for `persons`; else 404, 409 or 422."""
        service = services.named(key)
        _check_party(service, persons)
        _check_start(start)
        slot = slot_at(service, start)
        if slot is None:
            self._refuse(ledger, Slot(service, start), persons, "no appointment starts then")
        if not any(free >= persons for _, free in self._diary.free_places(ledger, [slot])):
            self._refuse(ledger, slot, persons, _no_room(persons))
        return slot

    def another_slot(self, ledger: Connection, booking: Booking, start: datetime) -> Slot:
        """The free slot at `start` to which `booking` can move; 409 when it is there already."""
        if booking.start == start:
            abort(409, "The booking is at this time already. Choose another time.")
        return self.free_slot(ledger, booking.service, start, booking.party_size)

    def booking(self, ledger: Connection, owner: str, booking_id: str) -> Booking:
        """The owner's booking; one that is another's is 404 just like one that is not there."""
        found = self._diary.find(ledger, owner, booking_id)
        return found or abort(404, "You have no booking with this id. List your bookings first.")

    def open_booking(self, ledger: Connection, owner: str, booking_id: str) -> Booking:
        """The owner's booking if it can still be changed; else 409."""
        booking = self.booking(ledger, owner, booking_id)
        if booking.status == CANCELLED:
            abort(409, "This booking is cancelled. To come all the same, book a free time.")
        if booking.start <= datetime.now(UTC):
            abort(409, "This appointment has begun or is over, so it can no longer be changed.")
        return booking

    def book(self, ledger: Connection, owner: str, slot: Slot, guest: Guest) -> Booking:
        """Write a booking; 409 when others took the slot since it was seen free."""
        booking = Booking.new(owner, slot, guest)
        try:
            self._diary.add(ledger, booking)
        except SlotTaken:
            self._refuse_taken(ledger, slot, guest.party_size)
        return booking

    def move(self, ledger: Connection, booking: Booking, slot: Slot) -> Booking:
        """Move a booking; 409 when the slot was taken or the booking changed since it was read."""
        moved = booking.moved(slot)
        try:
            self._diary.move(ledger, booking, moved)
        except SlotTaken:
            self._refuse_taken(ledger, slot, booking.party_size)
        except ChangedMeanwhile:
            _refuse_stale()
        return moved

    def cancel(self, ledger: Connection, booking: Booking) -> Booking:
        """Give a booking up; 409 when it was changed since it was read."""
        cancelled = booking.cancelled()
        try:
            self._diary.cancel(ledger, booking, cancelled)
        except ChangedMeanwhile:
            _refuse_stale()
        return cancelled

    def _refuse_taken(self, ledger: Connection, slot: Slot, persons: int) -> NoReturn:
        self._refuse(ledger, slot, persons, "somebody else has just taken it")

    def _refuse(self, ledger: Connection, slot: Slot, persons: int, reason: str) -> NoReturn:
        nearest = self._nearest(ledger, slot, persons)
        zone = slot.service.zone
        told = ", ".join(each.start.astimezone(zone).isoformat() for each in nearest)
        advice = f"The nearest free times are {told}." if told else "Look on other days."
        moment = english_moment(slot.start, zone)
        abort(409, f"{slot.service.name} on {moment} cannot be booked: {reason}. {advice}")

    def _nearest(self, ledger: Connection, slot: Slot, persons: int) -> list[Slot]:
        """The free slots nearest to `slot`, in order of time."""
        day = slot.start.astimezone(slot.service.zone).date()
        free = self.free_slots(ledger, slot.service, day - SEARCH, day + SEARCH)
        roomy = [each for each, places in free if places >= persons]
        roomy.sort(key=lambda each: abs(each.start - slot.start))
        return sorted(roomy[:ALTERNATIVES], key=lambda each: each.start)


def _check_party(service: Service, persons: int) -> None:
    if persons > service.capacity:
        abort(422, f"{service.name} takes {service.capacity} at a time, not {persons}.")


def _check_start(start: datetime) -> None:
    now = datetime.now(UTC)
    if start <= now:
        abort(422, f"{start.isoformat()} is in the past. Look for free times from today on.")
    if start > now + HORIZON:
        abort(422, f"Times can be booked {HORIZON.days} days ahead. Choose an earlier one.")


def _no_room(persons: int) -> str:
    return "it is taken" if persons == 1 else f"it has no room for {persons}"


def _refuse_stale() -> NoReturn:
    abort(409, "This booking has just been changed elsewhere. Look at it again before changing it.")
