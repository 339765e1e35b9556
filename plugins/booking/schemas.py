"""What the operations take and return. The descriptions are read by the model."""

import unicodedata
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from .bookings import BOOKED, CANCELLED
from .services import LARGEST_PARTY, SERVICES
from .zoned_time import TimeZone, ZonedTime

OFFERED = ", ".join(f"{service.key} ({service.name})" for service in SERVICES.values())
START = (
    "Exactly the start of a free time, with an offset (2027-03-02T09:00:00+00:00) or a zone"
    " (2027-03-02T09:00:00[Europe/London])."
)
CURSOR = r"^[0-9]{1,11}\.bkg_[0-9a-f]{16}$"
BOOKING_ID = "The id of one of the user's bookings, from book or list_bookings."

# They turn the reading direction of what follows, so a name could rewrite the question (UAX 9).
DIRECTION_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def one_line(text: str) -> None:
    """Refuse what would not stand in a question as it was written."""
    for character in text:
        control = unicodedata.category(character) in ("Cc", "Zl", "Zp")
        if control or unicodedata.bidirectional(character) in DIRECTION_CONTROLS:
            raise ValidationError("Write it on one line, without control characters.")
    if not text.strip():
        raise ValidationError("Write at least one letter.")
    if set(text) & set("“”"):
        raise ValidationError("Write it without the quotation marks that stand around it later.")


class OneLine(fields.String):
    """A text that will stand in a sentence, without the spaces around it."""

    def _deserialize(self, *given: Any, **more: Any) -> Any:
        text = super()._deserialize(*given, **more)
        return text.strip() if text else text


def required_text(description: str, **options: Any) -> fields.String:
    """A string that is always there."""
    return fields.String(required=True, metadata={"description": description}, **options)


def offered_service() -> fields.String:
    """The key of a service; one that is not offered is the operation's to refuse, as 404."""
    note = {"description": f"One of: {OFFERED}.", "example": next(iter(SERVICES))}
    return fields.String(required=True, metadata=note)


class Sum(Schema):
    """A sum of money."""

    amount = fields.Integer(
        required=True, metadata={"description": "In minor units: 5500 GBP is 55.00."}
    )
    currency = required_text("ISO 4217, such as GBP.")
    text = required_text("The sum in words, such as 55.00 GBP.")


class SlotSearch(Schema):
    """Which free times are wanted."""

    service = offered_service()
    day = fields.Date(
        required=True, metadata={"description": "The day at the place, like 2027-03-02."}
    )
    time_zone = TimeZone(
        metadata={"description": "The IANA zone to show times in, such as Asia/Shanghai."}
    )


class FreeSlot(Schema):
    """A time that can be booked now."""

    start = fields.AwareDateTime(
        required=True, metadata={"description": "The start, to be given to book as it is."}
    )
    start_utc = fields.AwareDateTime(required=True, metadata={"description": "The start in UTC."})
    start_local = required_text("The start as shown by clocks in time_zone, with the weekday.")
    end = fields.AwareDateTime(required=True, metadata={"description": "The end."})
    time_zone = required_text("The IANA zone of start, start_local and end.")
    free_places = fields.Integer(
        required=True, metadata={"description": "How many persons can still come."}
    )


class FreeSlots(Schema):
    """The free times of a service on a day."""

    service = required_text("The service asked for.")
    service_name = required_text("What it is called.")
    price = fields.Nested(Sum, required=True, metadata={"description": "The price for one person."})
    time_zone = required_text("The IANA zone in which the times are shown.")
    slots = fields.List(
        fields.Nested(FreeSlot),
        required=True,
        metadata={"description": "In order of time; empty when nothing is free or it is closed."},
    )


class PageRequest(Schema):
    """Which part of the list is wanted."""

    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(min=1, max=100),
        metadata={"description": "How many bookings at most."},
    )
    after = fields.String(
        validate=validate.Regexp(CURSOR, error="Give the `next` of the page before."),
        metadata={"description": "`next` of the page before, to go on from there."},
    )


class BookingRequest(Schema):
    """A free time and who comes."""

    service = offered_service()
    start = ZonedTime(required=True, metadata={"description": START})
    name = OneLine(
        required=True,
        validate=[validate.Length(min=1, max=80), one_line],
        metadata={"description": "Whose name the booking is in, as the user gave it."},
    )
    email = fields.Email(
        validate=[validate.Length(max=254), one_line],
        metadata={"description": "Where to reach the user, if they say so."},
    )
    party_size = fields.Integer(
        load_default=1,
        validate=validate.Range(min=1, max=LARGEST_PARTY),
        metadata={"description": "How many persons come in all."},
    )


class MoveRequest(Schema):
    """A booking and its new time."""

    booking_id = required_text(BOOKING_ID)
    start = ZonedTime(required=True, metadata={"description": START})


class BookingReference(Schema):
    """One booking."""

    booking_id = required_text(BOOKING_ID)


class BookingAnswer(Schema):
    """A booking as it stands."""

    booking_id = required_text("Names the booking when it is moved or cancelled.")
    status = required_text("Whether it stands.", validate=validate.OneOf((BOOKED, CANCELLED)))
    service = required_text("The key of the service.")
    service_name = required_text("What is booked.")
    start = fields.AwareDateTime(
        required=True, metadata={"description": "The start, with the offset at the place."}
    )
    start_local = required_text("The start as shown by clocks at the place, with the weekday.")
    end = fields.AwareDateTime(required=True, metadata={"description": "The end."})
    time_zone = required_text("The IANA zone of the place, in which the times are shown.")
    name = required_text("Whose name the booking is in.")
    party_size = fields.Integer(required=True, metadata={"description": "How many persons come."})
    price = fields.Nested(
        Sum, required=True, metadata={"description": "The price for the whole party."}
    )
    due = fields.Nested(
        Sum, required=True, metadata={"description": "What remains to pay; 0 when cancelled early."}
    )
    terms = required_text("What it costs to cancel.")
    sequence = fields.Integer(
        required=True, metadata={"description": "Grows with every change of the booking."}
    )
    url = required_text("The page of the booking, for its owner.")
    calendar_url = required_text(
        "A calendar file (.ics) that follows the booking. It opens without signing in: whoever has this"
        " link sees what is booked, when and for whom."
    )


class BookingPage(Schema):
    """Some of the caller's bookings."""

    bookings = fields.List(
        fields.Nested(BookingAnswer),
        required=True,
        metadata={"description": "The latest start first, cancelled ones included."},
    )
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Give this as `after` for the next page; null on the last."},
    )
