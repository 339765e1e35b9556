"""What a booking is and how it changes: a new value each time, never a row edited in place."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from .services import SERVICES, Money, Service
from .slots import Slot

BOOKED, CANCELLED = "booked", "cancelled"


@dataclass(frozen=True)
class Guest:
    """Who comes, and how many in all."""

    name: str
    email: str | None = None
    party_size: int = 1


@dataclass(frozen=True)
class Booking:
    """One booking, as it is kept; times are in UTC.

    `time_zone` is the zone of the place, kept by name because its rules may change. `price` was
    agreed for the whole party and `due` is what remains to pay, in minor units of `currency`.
    `sequence` grows with every change, as calendars want it (RFC 5545 section 3.8.7.4). Whoever has
    `calendar_key`, 192 random bits, may read the booking's calendar file.
    """

    id: str
    owner: str
    status: str
    service: str
    start: datetime
    end: datetime
    time_zone: str
    name: str
    email: str | None
    party_size: int
    price: int
    due: int
    currency: str
    sequence: int
    created: datetime
    updated: datetime
    calendar_key: str

    @classmethod
    def new(cls, owner: str, slot: Slot, guest: Guest, now: datetime) -> Self:
        """A booking of `slot` by `owner`, under a new id."""
        price = slot.service.price * guest.party_size
        return cls(
            id=f"bkg_{secrets.token_hex(8)}",
            owner=owner,
            status=BOOKED,
            service=slot.service.key,
            start=slot.start,
            end=slot.end,
            time_zone=slot.service.zone.key,
            name=guest.name,
            email=guest.email,
            party_size=guest.party_size,
            price=price.amount,
            due=price.amount,
            currency=price.currency,
            sequence=0,
            created=now,
            updated=now,
            calendar_key=secrets.token_urlsafe(24),
        )

    def moved(self, slot: Slot, now: datetime) -> Self:
        """The same booking at another time."""
        return self._changed(now, start=slot.start, end=slot.end)

    def cancelled(self, now: datetime) -> Self:
        """The same booking given up now: nothing is due if that is early enough."""
        early = self.start - now >= self.offered.notice
        return self._changed(now, status=CANCELLED, due=0 if early else self.due)

    @property
    def slot(self) -> Slot:
        return Slot(self.offered, self.start)

    @property
    def offered(self) -> Service:
        return SERVICES[self.service]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def agreed_price(self) -> Money:
        return Money(self.price, self.currency)

    @property
    def amount_due(self) -> Money:
        return Money(self.due, self.currency)

    def _changed(self, now: datetime, **changes: Any) -> Self:
        return replace(self, sequence=self.sequence + 1, updated=now, **changes)
