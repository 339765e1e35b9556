"""Find free times and book appointments at Harbour Physio.

Use this when the user wants to see free times, book one, or see, move or cancel their own bookings.
Look for free times first; never invent one. Say every time with its weekday and time zone. Before
moving or cancelling, list the bookings to learn which one is meant.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, request

from gateway import OAuth, Plugin, caller, ledger

from . import answers, questions, schemas, services
from .bookings import Booking, Guest
from .calendar_file import calendar_file
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
HOLD_MINUTES = plugin.setting(
    "HOLD_MINUTES",
    5,
    "For how many minutes a time is kept for whoever is asked about it; 0 for none.",
)
diary = Diary(*bookings_and_places(plugin.table))


def front_desk() -> Reception:
    """The front desk, for whoever calls, at this moment."""
    hold = timedelta(minutes=HOLD_MINUTES.value)
    return Reception(diary, ledger, caller.id, plugin.now, hold)


@plugin.query("/slots", takes=schemas.SlotSearch, returns=schemas.FreeSlots)
def find_slots(service: str, day: date, time_zone: ZoneInfo | None = None) -> dict[str, Any]:
    """List the free times for a service on a day.

    Give one of these starts to book or reschedule, exactly as it stands.
    """
    wanted = services.named(service)
    free = front_desk().free_slots(wanted, day, day)
    return answers.free_slots(wanted, free, time_zone or wanted.zone)


@plugin.query("/bookings", takes=schemas.PageRequest, returns=schemas.BookingPage)
def list_bookings(limit: int, after: str | None = None) -> dict[str, Any]:
    """List the user's own bookings, the latest start first."""
    found, following = diary.page(ledger, caller.id, limit, after)
    return {"bookings": [answer(each) for each in found], "next": following}


def ask_to_book(
    service: str, start: datetime, name: str, party_size: int, email: str | None = None
) -> questions.Asked:
    """The question; while it waits, the time is held for the person."""
    desk = front_desk()
    slot = desk.free_slot(service, start, party_size)
    return questions.to_book(slot, Guest(name, email, party_size), desk.hold(slot, party_size))


@plugin.action(
    "/bookings",
    takes=schemas.BookingRequest,
    returns=schemas.BookingAnswer,
    confirm=ask_to_book,
    undoable=True,
)
def book(
    service: str, start: datetime, name: str, party_size: int, email: str | None = None
) -> dict[str, Any]:
    """Book a free time for the user.

    Take the start from find_slots. When the time is gone, the error names the nearest free ones.
    """
    desk = front_desk()
    slot = desk.free_slot(service, start, party_size)
    return answer(desk.book(slot, Guest(name, email, party_size)))


def ask_to_move(booking_id: str, start: datetime) -> questions.Asked:
    """The question; while it waits, the new time is held for the person."""
    desk = front_desk()
    booking = desk.open_booking(booking_id)
    slot = desk.another_slot(booking, start)
    return questions.to_move(booking, slot, desk.hold(slot, booking.party_size))


@plugin.action(
    "/bookings/<booking_id>/reschedule",
    takes=schemas.MoveRequest,
    returns=schemas.BookingAnswer,
    confirm=ask_to_move,
    undoable=True,
)
def reschedule(booking_id: str, start: datetime) -> dict[str, Any]:
    """Move one of the user's bookings to another free time."""
    desk = front_desk()
    booking = desk.open_booking(booking_id)
    return answer(desk.move(booking, desk.another_slot(booking, start)))


def ask_to_cancel(booking_id: str) -> questions.Asked:
    """The question, with what is due by then."""
    desk = front_desk()
    booking = desk.open_booking(booking_id)
    return questions.to_cancel(booking, desk.due_when_cancelled(booking))


@plugin.action(
    "/bookings/<booking_id>/cancel",
    takes=schemas.BookingReference,
    returns=schemas.BookingAnswer,
    confirm=ask_to_cancel,
)
def cancel(booking_id: str) -> dict[str, Any]:
    """Cancel one of the user's bookings."""
    desk = front_desk()
    return answer(desk.cancel(desk.open_booking(booking_id)))


@plugin.forget
def forget_guest(person_id: str) -> None:
    """Cancel and delete all bookings of somebody who deletes their account."""
    diary.forget(ledger, person_id)


@plugin.get("/pages/bookings/<booking_id>")
def booking_page(booking_id: str) -> str:
    """The page of a booking, for its owner alone."""
    if caller.id is None:
        abort(401)
    booking = front_desk().booking(booking_id)
    return plugin.render("booking.html", **answers.page(booking, calendar_link(booking)))


@plugin.get("/pages/calendar/<booking_id>.ics")
def calendar(booking_id: str) -> Response:
    """A booking as a calendar file, for whoever has its link: calendars cannot sign in."""
    booking = front_desk().shared_booking(booking_id, request.args.get("key", ""))
    language = "zh" if (caller.locale or "").startswith("zh") else "en"
    file = calendar_file(booking, page_link(booking), language)
    response = Response(file, content_type="text/calendar; charset=utf-8")
    response.headers.set("Content-Disposition", "inline", filename=f"{booking.id}.ics")
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Accept-Language")
    response.add_etag()
    return response.make_conditional(request)


def answer(booking: Booking) -> dict[str, Any]:
    """A booking as operations return it, with its links."""
    return answers.booking(booking, page_link(booking), calendar_link(booking))


def page_link(booking: Booking) -> str:
    """The address of a booking's page."""
    return plugin.url_for("booking_page", booking_id=booking.id)


def calendar_link(booking: Booking) -> str:
    """The address of a booking's calendar file. The key is in the query, which the log leaves out."""
    return plugin.url_for("calendar", booking_id=booking.id, key=booking.calendar_key)
