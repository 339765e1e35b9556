"""The times that a service offers: its hours cut into slots. Who took them is in the diary.

Hours are wall times, slots are instants: on every day of the year a slot lasts as long as the
service does. So on a day when the clocks change there are fewer or more slots, and none twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from .services import Hours, Service

HORIZON = timedelta(days=731)


@dataclass(frozen=True)
class Slot:
    """One time at which a service can be had; `start` is in UTC."""

    service: Service
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + self.service.length


def slots_on(service: Service, day: date) -> list[Slot]:
    """The slots of a calendar day at the place of the service, in order."""
    hours = service.hours.get(day.weekday(), ())
    return [Slot(service, start) for each in hours for start in _starts(service, day, each)]


def slot_at(service: Service, start: datetime) -> Slot | None:
    """The slot that starts at this instant, if one does."""
    day = start.astimezone(service.zone).date()
    return next((slot for slot in slots_on(service, day) if slot.start == start), None)


def upcoming(service: Service, first: date, last: date, now: datetime) -> list[Slot]:
    """The slots from day `first` to day `last` that are neither past nor beyond the horizon."""
    today = now.astimezone(service.zone).date()
    first, last = max(first, today), min(last, today + HORIZON)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    slots = (slot for day in days for slot in slots_on(service, day))
    return [slot for slot in slots if now < slot.start <= now + HORIZON]


def _starts(service: Service, day: date, hours: Hours) -> Iterator[datetime]:
    start, closes = (datetime.combine(day, time, service.zone).astimezone(UTC) for time in hours)
    while start + service.length <= closes:
        yield start
        start += service.length
