"""Slots and bookings as plain values, for answers (in the shapes of `schemas.py`) and pages."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from .bookings import Booking
from .services import VENUE, Money, Service
from .slots import Slot
from .wording import english_time, moment, terms


def free_slots(
    service: Service, free: Iterable[tuple[Slot, int]], zone: ZoneInfo
) -> dict[str, Any]:
    """The free slots of a service with their free places, shown in `zone`."""
    return {
        "service": service.key,
        "service_name": service.name,
        "price": _sum(service.price),
        "time_zone": zone.key,
        "slots": [_free_slot(slot, places, zone) for slot, places in free],
    }


def _free_slot(slot: Slot, places: int, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": slot.start.astimezone(zone),
        "start_utc": slot.start,
        "start_local": english_time(slot.start, zone),
        "end": slot.end.astimezone(zone),
        "time_zone": zone.key,
        "free_places": places,
    }


def booking(kept: Booking, url: str, calendar_url: str) -> dict[str, Any]:
    """A booking, shown in the zone of its place, with the addresses of its page and its file."""
    return {
        "booking_id": kept.id,
        "status": kept.status,
        "service": kept.service,
        "service_name": kept.offered.name,
        "start": kept.start.astimezone(kept.zone),
        "start_local": english_time(kept.start, kept.zone),
        "end": kept.end.astimezone(kept.zone),
        "time_zone": kept.time_zone,
        "name": kept.name,
        "party_size": kept.party_size,
        "price": _sum(kept.agreed_price),
        "due": _sum(kept.amount_due),
        "terms": terms(kept.offered)["en"],
        "sequence": kept.sequence,
        "url": url,
        "calendar_url": calendar_url,
    }


def page(kept: Booking, calendar_url: str) -> dict[str, Any]:
    """What the template of the page shows, with wordings in every language."""
    return {
        "booking": kept,
        "venue": VENUE,
        "when": moment(kept.start, kept.zone),
        "changed": moment(kept.updated, kept.zone),
        "terms": terms(kept.offered),
        "calendar_url": calendar_url,
    }


def _sum(money: Money) -> dict[str, Any]:
    return {"amount": money.amount, "currency": money.currency, "text": str(money)}
