"""Find free times and book appointments at Harbour Physio.

Use this when the user wants to see free times, book one, or see, move or cancel their own bookings.
Look for free times first; never invent one. Say every time with its weekday and time zone. Before
moving or cancelling, list the bookings to learn which one is meant.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort

from gateway import OAuth, Plugin, caller, ledger

from . import answers, questions, schemas, services
from .bookings import Booking, Guest
from .diary import Diary
from .reception import Reception
from .tables import bookings_and_places

plugin = Plugin(
    __name__,
    title="Harbour Bookings",
    auth=OAuth("bookings:read", "bookings:write"),
    examples=[
        "When can I see a physio on Tuesday?",
        "Book the first pilates class next week for two.",
        "我想取消明天的按摩预约。",
    ],
    category="Healthcare",
)
diary = Diary(*bookings_and_places(plugin.table))
front_desk = Reception(diary)


@plugin.query("/slots", takes=schemas.SlotSearch, returns=schemas.FreeSlots)
def find_slots(service: str, day: date, time_zone: ZoneInfo | None = None) -> dict[str, Any]:
    """List the free times for a service on a day.

    Give one of these starts to book or reschedule, exactly as it stands.
    """
    wanted = services.named(service)
    free = front_desk.free_slots(ledger, wanted, day, day)
    return answers.free_slots(wanted, free, time_zone or wanted.zone)


@plugin.query("/bookings", takes=schemas.PageRequest, returns=schemas.BookingPage)
def list_bookings(limit: int, after: str | None = None) -> dict[str, Any]:
    """List the user's own bookings, the latest start first."""
    found, following = diary.page(ledger, caller.id, limit, after)
    return {"bookings": [answer(each) for each in found], "next": following}


def ask_to_book(
    service: str, start: datetime, name: str, party_size: int, email: str | None = None
) -> questions.Asked:
    slot = front_desk.free_slot(ledger, service, start, party_size)
    return questions.to_book(slot, Guest(name, email, party_size))


@plugin.action(
    "/bookings",
    takes=schemas.BookingRequest,
    returns=schemas.BookingAnswer,
    confirm=ask_to_book,
    approve="chat",
    undoable=True,
)
def book(
    service: str, start: datetime, name: str, party_size: int, email: str | None = None
) -> dict[str, Any]:
    """Book a free time for the user.

    Take the start from find_slots. When the time is gone, the error names the nearest free ones.
    """
    slot = front_desk.free_slot(ledger, service, start, party_size)
    return answer(front_desk.book(ledger, caller.id, slot, Guest(name, email, party_size)))


def ask_to_move(booking_id: str, start: datetime) -> questions.Asked:
    booking = front_desk.open_booking(ledger, caller.id, booking_id)
    return questions.to_move(booking, front_desk.another_slot(ledger, booking, start))


@plugin.action(
    "/bookings/<booking_id>/reschedule",
    takes=schemas.MoveRequest,
    returns=schemas.BookingAnswer,
    confirm=ask_to_move,
    approve="chat",
    undoable=True,
)
def reschedule(booking_id: str, start: datetime) -> dict[str, Any]:
    """Move one of the user's bookings to another free time."""
    booking = front_desk.open_booking(ledger, caller.id, booking_id)
    slot = front_desk.another_slot(ledger, booking, start)
    return answer(front_desk.move(ledger, booking, slot))


def ask_to_cancel(booking_id: str) -> questions.Asked:
    return questions.to_cancel(front_desk.open_booking(ledger, caller.id, booking_id))


@plugin.action(
    "/bookings/<booking_id>/cancel",
    takes=schemas.BookingReference,
    returns=schemas.BookingAnswer,
    confirm=ask_to_cancel,
    approve="chat",
)
def cancel(booking_id: str) -> dict[str, Any]:
    """Cancel one of the user's bookings."""
    booking = front_desk.open_booking(ledger, caller.id, booking_id)
    return answer(front_desk.cancel(ledger, booking))


@plugin.forget
def forget_guest(person_id: str) -> None:
    """Cancel and delete all bookings of somebody who deletes their account."""
    diary.forget(ledger, person_id)


@plugin.get("/pages/bookings/<booking_id>")
def booking_page(booking_id: str) -> str:
    """The page of a booking, for its owner alone."""
    if caller.id is None:
        abort(401)
    booking = front_desk.booking(ledger, caller.id, booking_id)
    return plugin.render("booking.html", **answers.page(booking))


def answer(booking: Booking) -> dict[str, Any]:
    """A booking as operations return it, with the address of its page."""
    return answers.booking(booking, plugin.url_for("booking_page", booking_id=booking.id))
