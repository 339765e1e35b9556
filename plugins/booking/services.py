"""What Harbour Physio offers: a table to edit. Each service has staff, a room and hours of its own.

A service that is no longer offered keeps its row, without hours, because bookings of it remain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from flask import abort

VENUE = "Harbour Physio"

Hours = tuple[time, time]


@dataclass(frozen=True)
class Money:
    """A sum: `amount` in minor units, so 5500 GBP is 55.00. Only currencies with two decimals."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return f"{self.amount // 100}.{self.amount % 100:02} {self.currency}"

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)


@dataclass(frozen=True)
class Service:
    """Something that can be booked.

    `hours` are wall times in `zone` by weekday (Monday is 0), filled with slots of this `length`.
    `capacity` is how many persons come at the same time, `price` is for one of them. Cancelling is
    free until `notice` before the start; after that the price stays due.
    """

    key: str
    name: str
    name_zh: str
    length: timedelta
    price: Money
    hours: Mapping[int, tuple[Hours, ...]]
    capacity: int = 1
    notice: timedelta = timedelta(hours=24)
    zone: ZoneInfo = ZoneInfo("Europe/London")


MORNING = (time(9), time(12))
AFTERNOON = (time(13), time(18))
WEEKDAYS = range(5)
SATURDAY = 5

SERVICES = {
    service.key: service
    for service in (
        Service(
            key="physio",
            name="Physiotherapy",
            name_zh="物理治疗",
            length=timedelta(minutes=45),
            price=Money(5500, "GBP"),
            hours=dict.fromkeys(WEEKDAYS, (MORNING, AFTERNOON)) | {SATURDAY: (MORNING,)},
        ),
        Service(
            key="massage",
            name="Sports massage",
            name_zh="运动按摩",
            length=timedelta(minutes=60),
            price=Money(6000, "GBP"),
            hours=dict.fromkeys((*WEEKDAYS, SATURDAY), ((time(11), time(20)),)),
        ),
        Service(
            key="pilates",
            name="Pilates class",
            name_zh="普拉提小班课",
            length=timedelta(minutes=60),
            price=Money(1400, "GBP"),
            hours=dict.fromkeys(WEEKDAYS, ((time(7), time(9)), (time(18), time(20)))),
            capacity=8,
            notice=timedelta(hours=6),
        ),
    )
}
LARGEST_PARTY = max(service.capacity for service in SERVICES.values())


def named(key: str) -> Service:
    """The service called `key`; else 404 with the known ones."""
    return SERVICES.get(key) or _unknown(key)


def _unknown(key: str) -> NoReturn:
    known = ", ".join(f"{service.key} ({service.name})" for service in SERVICES.values())
    abort(404, f'There is no service "{key}". The services are {known}.')
