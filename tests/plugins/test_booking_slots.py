"""Opening hours become slots on every day of the year, the two odd ones included."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from werkzeug.exceptions import NotFound

from plugins.booking import services
from plugins.booking.services import SERVICES, Money
from plugins.booking.slots import HORIZON, slot_at, slots_on, upcoming

SPRING_FORWARD, FALL_BACK = date(2027, 3, 28), date(2027, 10, 31)
SUNDAY = 6
NIGHT = replace(
    SERVICES["physio"],
    length=timedelta(hours=1),
    hours={SUNDAY: ((time(0), time(4)),)},
)


def local_starts(service, day):
    starts = (slot.start.astimezone(service.zone) for slot in slots_on(service, day))
    return [f"{start:%H:%M%z}" for start in starts]


def test_a_common_day_is_filled_from_opening_to_closing():
    starts = local_starts(SERVICES["physio"], date(2027, 3, 2))
    assert starts[:4] == ["09:00+0000", "09:45+0000", "10:30+0000", "11:15+0000"]
    assert starts[4] == "13:00+0000"
    assert starts[-1] == "16:45+0000"


def test_a_closed_day_has_no_slots():
    assert slots_on(SERVICES["physio"], date(2027, 3, 7)) == []


def test_opening_stays_at_nine_by_the_clock_all_year():
    assert local_starts(SERVICES["physio"], date(2027, 7, 6))[0] == "09:00+0100"


def test_the_hour_skipped_in_spring_has_no_slot_and_takes_none_with_it():
    assert local_starts(NIGHT, SPRING_FORWARD) == ["00:00+0000", "02:00+0100", "03:00+0100"]


def test_the_hour_repeated_in_autumn_has_a_slot_each_time():
    expected = ["00:00+0100", "01:00+0100", "01:00+0000", "02:00+0000", "03:00+0000"]
    assert local_starts(NIGHT, FALL_BACK) == expected


@pytest.mark.parametrize("day", [SPRING_FORWARD, FALL_BACK])
def test_slots_that_cross_a_change_neither_overlap_nor_leave_gaps(day):
    service = replace(NIGHT, length=timedelta(minutes=45))
    slots = slots_on(service, day)
    assert all(before.end == after.start for before, after in pairwise(slots))
    assert slots[0].start.astimezone(service.zone).time() == time(0)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"])
def test_every_slot_of_a_year_is_found_again_by_its_start(zone):
    service = replace(SERVICES["massage"], zone=ZoneInfo(zone))
    days = (date(2027, 1, 1) + timedelta(days=number) for number in range(365))
    slots = [slot for day in days for slot in slots_on(service, day)]
    assert len({slot.start for slot in slots}) == len(slots) == 313 * 9
    assert all(slot_at(service, slot.start) == slot for slot in slots)


def test_no_slot_starts_between_two():
    assert slot_at(SERVICES["physio"], datetime(2027, 3, 2, 9, 1, tzinfo=UTC)) is None


def test_upcoming_leaves_out_what_has_begun():
    now = datetime(2027, 3, 2, 16, 0, tzinfo=UTC)
    slots = upcoming(SERVICES["physio"], now.date(), now.date(), now)
    assert [slot.start.time() for slot in slots] == [time(16, 45)]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_upcoming_is_empty_far_from_now(day):
    assert upcoming(SERVICES["physio"], day, day, datetime(2027, 3, 2, tzinfo=UTC)) == []


def test_upcoming_ends_at_the_horizon():
    now = datetime(2027, 3, 2, 10, 0, tzinfo=UTC)
    last = (now + HORIZON).date()
    slots = upcoming(SERVICES["massage"], now.date(), last + timedelta(days=9), now)
    assert now + HORIZON - timedelta(days=1) < slots[-1].start <= now + HORIZON


def test_an_unknown_service_names_the_known_ones():
    with pytest.raises(NotFound) as refused:
        services.named("sauna")
    for service in SERVICES.values():
        assert service.key in refused.value.description


def test_money_is_counted_in_minor_units():
    assert str(Money(5505, "GBP")) == "55.05 GBP"
    assert Money(1400, "GBP") * 3 == Money(4200, "GBP")
