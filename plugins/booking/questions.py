"""What a person is asked before anything happens: the question, and the facts that it rests on."""

from datetime import datetime
from zoneinfo import ZoneInfo

from .bookings import Booking, Guest
from .services import VENUE, Money, Service
from .slots import Slot
from .wording import Wording, clock_time, moment, party, terms

Quote = dict[str, str | Wording]
Asked = tuple[Wording, Quote]


def to_book(slot: Slot, guest: Guest, held_until: datetime | None = None) -> Asked:
    """Whether to book: what, when, for whom, at what price and on what terms.

    Until `held_until` nobody else can have the time; None where it is not held.
    """
    service, when = slot.service, moment(slot.start, slot.service.zone)
    price, conditions = service.price * guest.party_size, terms(service)
    who, held = party(guest.name, guest.party_size), _held(held_until, service.zone)
    question = {
        "en": f"Book {service.name} at {VENUE} on {when['en']} for {who['en']}?"
        f" The price is {price}. {conditions['en']}{held['en']}",
        "zh": f"为{who['zh']}预约 {VENUE} 的{service.name_zh}，时间：{when['zh']}，确定吗？"
        f"价格 {price}。{conditions['zh']}{held['zh']}",
    }
    facts = _facts(service, slot.start, service.zone)
    return question, {**facts, "price": str(price), "terms": conditions}


def to_move(booking: Booking, slot: Slot, held_until: datetime | None = None) -> Asked:
    """Whether to move a booking, from when to when. `held_until` is as for `to_book`."""
    service, price, held = slot.service, booking.agreed_price, _held(held_until, slot.service.zone)
    old, new = moment(booking.start, booking.zone), moment(slot.start, service.zone)
    question = {
        "en": f"Move {service.name} for “{booking.name}” from {old['en']} to {new['en']}?"
        f" The price stays {price}.{held['en']}",
        "zh": f"将“{booking.name}”的{service.name_zh}从{old['zh']}改到{new['zh']}，确定吗？"
        f"价格仍为 {price}。{held['zh']}",
    }
    facts = _facts(service, slot.start, service.zone)
    facts["moved_from"] = _local(booking.start, booking.zone)
    return question, {**facts, "price": str(price)}


def to_cancel(booking: Booking, due: Money) -> Asked:
    """Whether to cancel a booking, after which that much is due."""
    service, when, cost = booking.offered, moment(booking.start, booking.zone), _cost(due)
    question = {
        "en": f"Cancel {service.name} for “{booking.name}” on {when['en']}? {cost['en']}",
        "zh": f"取消“{booking.name}”的{service.name_zh}（{when['zh']}），确定吗？{cost['zh']}",
    }
    return question, {**_facts(service, booking.start, booking.zone), "due": str(due)}


def _held(until: datetime | None, zone: ZoneInfo) -> Wording:
    """How long the time is kept. Not part of what is agreed on: it changes whenever it is asked."""
    if until is None:
        return {"en": "", "zh": ""}
    kept = clock_time(until, zone)
    return {
        "en": f" The time is kept for you until {kept}; then others can take it.",
        "zh": f"该时段为你保留至 {kept}，此后他人可预约。",
    }


def _cost(due: Money) -> Wording:
    if due.amount == 0:
        return {"en": "Nothing is due.", "zh": "无需付费。"}
    return {
        "en": f"It starts soon, so the price of {due} stays due.",
        "zh": f"因临近开始时间，仍须支付 {due}。",
    }


def _facts(service: Service, start: datetime, zone: ZoneInfo) -> Quote:
    names = {"en": service.name, "zh": service.name_zh}
    return {"service": names, "start": _local(start, zone), "time_zone": zone.key}


def _local(start: datetime, zone: ZoneInfo) -> str:
    return start.astimezone(zone).isoformat()
