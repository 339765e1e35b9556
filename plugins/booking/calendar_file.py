"""A booking as a calendar file (RFC 5545): one event, in UTC, so that no time zone is to be described.

Nobody is invited by it, so it names no ORGANIZER (section 3.8.4.3). The same booking always gives the
same file, and every change a higher SEQUENCE, by which calendars know the newer one.
"""

import unicodedata
from datetime import UTC, datetime

from .bookings import CANCELLED, Booking
from .services import VENUE
from .wording import party, terms

LONGEST_LINE = 75  # octets (section 3.1)


def calendar_file(booking: Booking, page: str, language: str = "en") -> bytes:
    """The file, in English or Chinese ("zh"); `page` is the address of the booking's page."""
    service = booking.offered
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(VENUE)}//Bookings//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{booking.id}",
        f"SEQUENCE:{booking.sequence}",
        f"DTSTAMP:{_utc(booking.updated)}",
        f"DTSTART:{_utc(booking.start)}",
        f"DTEND:{_utc(booking.end)}",
        f"STATUS:{'CANCELLED' if booking.status == CANCELLED else 'CONFIRMED'}",
        f"SUMMARY:{_text(service.name_zh if language == 'zh' else service.name)}",
        f"LOCATION:{_text(VENUE)}",
        f"DESCRIPTION:{_text(_description(booking, language))}\\n{page}",
        f"URL:{page}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _description(booking: Booking, language: str) -> str:
    who, conditions = party(booking.name, booking.party_size), terms(booking.offered)
    if language == "zh":
        return f"预约人：{who['zh']}\n{conditions['zh']}"
    return f"For {who['en']}\n{conditions['en']}"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A TEXT (section 3.3.11): no character of it can end its line, and none is a control."""
    for special in "\\;,":
        value = value.replace(special, f"\\{special}")
    value = "\\n".join(value.splitlines())
    return "".join(each for each in value if unicodedata.category(each) not in ("Cc", "Cs"))


def _folded(line: str) -> bytes:
    """The line in UTF-8, folded between characters (section 3.1)."""
    folded, length = bytearray(), 0
    for character in line:
        octets = character.encode()
        if length + len(octets) > LONGEST_LINE:
            folded += b"\r\n "
            length = 1
        folded += octets
        length += len(octets)
    return bytes(folded)
