"""The front desk: what may be booked, moved and cancelled, and in which words it says no."""

from datetime import date, datetime, timedelta
from typing import NoReturn

from flask import abort
from sqlalchemy import Connection
from werkzeug.exceptions import Conflict

from . import services
from .bookings import CANCELLED, Booking, Guest
from .diary import ChangedMeanwhile, Diary, Hold, SlotTaken
from .services import Money, Service
from .slots import HORIZON, Slot, slot_at, upcoming
from .wording import english_moment

ALTERNATIVES = 3
SEARCH = timedelta(days=14)


class Unavailable(Conflict):
    """409: nothing can be booked at this time. `problem` tells programs what they can go on with."""

    def __init__(self, sentence: str, code: str, alternatives: list[str]) -> None:
        super().__init__(sentence)
        self.problem = {"code": code, "alternatives": alternatives}


class Reception:
    """Applies the rules of the house to the diary, for one person at one moment.

    A time is held for `hold` while the person is asked about it; not at all when that is zero. Every
    refusal says what to do instead.
    """

    def __init__(
        self, diary: Diary, ledger: Connection, person: str, now: datetime, hold: timedelta
    ) -> None:
        self._diary = diary
        self._ledger = ledger
        self._person = person
        self._now = now.replace(microsecond=0)  # the ledger keeps no fractions
        self._hold = hold

    def free_slots(self, service: Service, first: date, last: date) -> list[tuple[Slot, int]]:
        """What can still be booked from day `first` to day `last`, with the free places of each."""
        return self._free_places(upcoming(service, first, last, self._now))

    def free_slot(self, key: str, start: datetime, persons: int) -> Slot:
        """The slot of service `key` at `start` with room for `persons`; else 404, 409 or 422."""
        service = services.named(key)
        _check_party(service, persons)
        _check_start(start, self._now)
        slot = slot_at(service, start)
        if slot is None:
            self._refuse(Slot(service, start), persons, "no appointment starts then", "conflict")
        if not any(free >= persons for _, free in self._free_places([slot])):
            self._refuse(slot, persons, _no_room(persons))
        return slot

    def another_slot(self, booking: Booking, start: datetime) -> Slot:
        """The free slot at `start` to which `booking` can move; 409 when it is there already."""
        if booking.start == start:
            abort(409, "The booking is at this time already. Choose another time.")
        return self.free_slot(booking.service, start, booking.party_size)

    def hold(self, slot: Slot, persons: int) -> datetime | None:
        """Keep a slot for the person, and tell until when; 409 when others were faster."""
        if self._hold <= timedelta(0):
            return None
        hold = Hold(self._person, slot, persons, self._now + self._hold)
        try:
            self._diary.hold(self._ledger, hold, self._now)
        except SlotTaken:
            self._refuse_taken(slot, persons)
        return hold.until

    def booking(self, booking_id: str) -> Booking:
        """The person's booking; one that is another's is 404 just like one that is not there."""
        found = self._diary.find(self._ledger, self._person, booking_id)
        return found or abort(404, "You have no booking with this id. List your bookings first.")

    def shared_booking(self, booking_id: str, key: str) -> Booking:
        """The booking, whoever's it is, if `key` is that of its calendar file; else 404."""
        found = self._diary.find_shared(self._ledger, booking_id, key)
        return found or abort(404, "There is no calendar file here. Copy the whole link again.")

    def open_booking(self, booking_id: str) -> Booking:
        """The person's booking if it can still be changed; else 409."""
        booking = self.booking(booking_id)
        if booking.status == CANCELLED:
            abort(409, "This booking is cancelled. To come all the same, book a free time.")
        if booking.start <= self._now:
            abort(409, "This appointment has begun or is over, so it can no longer be changed.")
        return booking

    def book(self, slot: Slot, guest: Guest) -> Booking:
        """Write a booking; 409 when others took the slot since it was seen free."""
        booking = Booking.new(self._person, slot, guest, self._now)
        try:
            self._diary.add(self._ledger, booking)
        except SlotTaken:
            self._refuse_taken(slot, guest.party_size)
        return booking

    def move(self, booking: Booking, slot: Slot) -> Booking:
        """Move a booking; 409 when the slot was taken or the booking changed since it was read."""
        moved = booking.moved(slot, self._now)
        try:
            self._diary.move(self._ledger, booking, moved)
        except SlotTaken:
            self._refuse_taken(slot, booking.party_size)
        except ChangedMeanwhile:
            _refuse_stale()
        return moved

    def due_when_cancelled(self, booking: Booking) -> Money:
        """What remains to pay for a booking that is given up at this moment."""
        return booking.cancelled(self._now).amount_due

    def cancel(self, booking: Booking) -> Booking:
        """Give a booking up; 409 when it was changed since it was read."""
        cancelled = booking.cancelled(self._now)
        try:
            self._diary.cancel(self._ledger, booking, cancelled)
        except ChangedMeanwhile:
            _refuse_stale()
        return cancelled

    def _free_places(self, slots: list[Slot]) -> list[tuple[Slot, int]]:
        return self._diary.free_places(self._ledger, self._person, slots, self._now)

    def _refuse_taken(self, slot: Slot, persons: int) -> NoReturn:
        self._refuse(slot, persons, "somebody else has just taken it")

    def _refuse(self, slot: Slot, persons: int, reason: str, code: str = "slot_taken") -> NoReturn:
        zone = slot.service.zone
        nearest = self._nearest(slot, persons)
        alternatives = [each.start.astimezone(zone).isoformat() for each in nearest]
        told = ", ".join(alternatives)
        advice = f"The nearest free times are {told}." if told else "Look on other days."
        moment = english_moment(slot.start, zone)
        sentence = f"{slot.service.name} on {moment} cannot be booked: {reason}. {advice}"
        raise Unavailable(sentence, code, alternatives)

    def _nearest(self, slot: Slot, persons: int) -> list[Slot]:
        """The free slots nearest to `slot`, in order of time."""
        day = slot.start.astimezone(slot.service.zone).date()
        free = self.free_slots(slot.service, day - SEARCH, day + SEARCH)
        roomy = [each for each, places in free if places >= persons]
        roomy.sort(key=lambda each: abs(each.start - slot.start))
        return sorted(roomy[:ALTERNATIVES], key=lambda each: each.start)


def _check_party(service: Service, persons: int) -> None:
    if persons > service.capacity:
        abort(422, f"{service.name} takes {service.capacity} at a time, not {persons}.")


def _check_start(start: datetime, now: datetime) -> None:
    if start <= now:
        abort(422, f"{start.isoformat()} is in the past. Look for free times from today on.")
    if start > now + HORIZON:
        abort(422, f"Times can be booked {HORIZON.days} days ahead. Choose an earlier one.")


def _no_room(persons: int) -> str:
    return "it is taken" if persons == 1 else f"it has no room for {persons}"


def _refuse_stale() -> NoReturn:
    abort(409, "This booking has just been changed elsewhere. Look at it again before changing it.")
