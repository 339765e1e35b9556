"""The diary on a real SQLite and a real PostgreSQL: nothing is booked twice, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select

from plugins.booking import diary, plugin
from plugins.booking.bookings import BOOKED, CANCELLED, Booking, Guest
from plugins.booking.diary import ChangedMeanwhile, SlotTaken
from plugins.booking.services import SERVICES
from plugins.booking.slots import Slot

PHYSIO = Slot(SERVICES["physio"], datetime(2027, 3, 2, 9, 0, tzinfo=UTC))
LATER = Slot(SERVICES["physio"], datetime(2027, 3, 2, 9, 45, tzinfo=UTC))
PILATES = Slot(SERVICES["pilates"], datetime(2027, 3, 2, 7, 0, tzinfo=UTC))
ADA, LEI = "usr_ada", "usr_lei"
PLACES = plugin.metadata.tables["booking_places"]


@pytest.fixture
def ledger(start, store):
    """An empty ledger, made by the plugin's migrations as the gateway runs them."""
    return start(PLUGINS="booking", **store).extensions["gateway"].ledger


def add(ledger, slot=PHYSIO, owner=ADA, party_size=1):
    booking = Booking.new(owner, slot, Guest("张伟", "zhang@example.com", party_size))
    with ledger.write() as connection:
        diary.add(connection, booking)
    return booking


def free(ledger, *slots):
    with ledger.read() as connection:
        return [places for _, places in diary.free_places(connection, slots)]


def find(ledger, owner, booking_id):
    with ledger.read() as connection:
        return diary.find(connection, owner, booking_id)


def page(ledger, owner, limit, after=None):
    with ledger.read() as connection:
        return diary.page(connection, owner, limit, after)


def test_the_migration_makes_the_tables_that_the_code_declares(ledger):
    def is_ours(_, name, kind, *__):
        return kind != "table" or name in plugin.metadata.tables

    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, plugin.metadata) == []


def test_a_booking_is_found_as_it_was_written(ledger):
    booking = add(ledger)
    assert find(ledger, ADA, booking.id) == booking
    assert booking.status == BOOKED


def test_no_booking_is_found_by_an_id_that_is_none(ledger):
    for booking_id in ("bkg_0123456789abcdef", "", "nonsense", "\0", "bkg_" + "é" * 16):
        assert find(ledger, ADA, booking_id) is None


def test_a_booking_is_hidden_from_others(ledger):
    booking = add(ledger)
    assert find(ledger, LEI, booking.id) is None
    assert page(ledger, LEI, 10) == ([], None)


def test_a_taken_slot_is_no_longer_free_and_cannot_be_booked(ledger):
    add(ledger)
    assert free(ledger, PHYSIO, LATER) == [1]
    with pytest.raises(SlotTaken):
        add(ledger, owner=LEI)
    assert page(ledger, LEI, 10) == ([], None)


def test_a_class_takes_parties_until_it_is_full(ledger):
    add(ledger, PILATES, party_size=5)
    assert free(ledger, PILATES) == [3]
    with pytest.raises(SlotTaken):
        add(ledger, PILATES, LEI, party_size=4)
    assert free(ledger, PILATES) == [3]
    add(ledger, PILATES, LEI, party_size=3)
    assert free(ledger, PILATES) == []


def test_cancelling_frees_the_place_and_counts_as_a_change(ledger):
    booking = add(ledger)
    cancelled = booking.cancelled()
    with ledger.write() as connection:
        diary.cancel(connection, booking, cancelled)
    assert find(ledger, ADA, booking.id) == cancelled
    assert (cancelled.status, cancelled.sequence) == (CANCELLED, 1)
    assert free(ledger, PHYSIO) == [1]
    add(ledger, owner=LEI)


def test_moving_takes_the_new_place_and_frees_the_old(ledger):
    booking = add(ledger)
    with ledger.write() as connection:
        diary.move(connection, booking, booking.moved(LATER))
    assert find(ledger, ADA, booking.id).start == LATER.start
    with pytest.raises(SlotTaken):
        add(ledger, LATER, LEI)
    add(ledger, PHYSIO, LEI)


def test_moving_to_a_taken_place_changes_nothing(ledger):
    booking = add(ledger)
    add(ledger, LATER, LEI)
    with ledger.write() as connection, pytest.raises(SlotTaken):
        diary.move(connection, booking, booking.moved(LATER))
    assert find(ledger, ADA, booking.id) == booking
    assert free(ledger, PHYSIO) == []


def test_a_change_based_on_an_old_reading_is_refused(ledger):
    booking = add(ledger)
    with ledger.write() as connection:
        diary.move(connection, booking, booking.moved(LATER))
    with ledger.write() as connection, pytest.raises(ChangedMeanwhile):
        diary.cancel(connection, booking, booking.cancelled())
    assert free(ledger, LATER) == []


def test_pages_follow_one_another_while_others_come_and_go(ledger):
    starts = [PHYSIO.start + timedelta(days=day) for day in range(5)]
    slots = [replace(PHYSIO, start=start) for start in starts]
    booked = [add(ledger, slot) for slot in slots]
    first, after = page(ledger, ADA, 2)
    assert first == [booked[4], booked[3]]
    add(ledger, replace(PHYSIO, start=starts[4] + timedelta(days=1)))
    second, after = page(ledger, ADA, 2, after)
    assert second == [booked[2], booked[1]]
    assert page(ledger, ADA, 2, after) == ([booked[0]], None)


def test_bookings_at_the_same_time_are_paged_by_id(ledger):
    booked = [add(ledger, PILATES) for _ in range(3)]
    first, after = page(ledger, ADA, 1)
    rest, end = page(ledger, ADA, 2, after)
    assert first + rest == sorted(booked, key=lambda each: each.id, reverse=True)
    assert end is None


def race(ledger, slot, threads=16):
    """How many of `threads`, all started at the same moment, got a place."""
    barrier = Barrier(threads)

    def attempt(number):
        barrier.wait()
        try:
            add(ledger, slot, f"usr_{number}")
        except SlotTaken:
            return 0
        return 1

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(attempt, range(threads)))


def count_places(ledger, slot):
    with ledger.read() as connection:
        return connection.scalar(select(func.count()).where(PLACES.c.start == slot.start))


def test_of_sixteen_who_want_one_slot_exactly_one_gets_it(ledger):
    assert race(ledger, PHYSIO) == 1
    assert count_places(ledger, PHYSIO) == 1


def test_of_sixteen_who_want_a_class_of_eight_exactly_eight_get_in(ledger):
    assert race(ledger, PILATES) == 8
    assert count_places(ledger, PILATES) == 8


def test_of_sixteen_changes_to_one_booking_exactly_one_counts(ledger):
    booking = add(ledger)
    barrier = Barrier(16)

    def attempt(_):
        barrier.wait()
        try:
            with ledger.write() as connection:
                diary.cancel(connection, booking, booking.cancelled())
        except ChangedMeanwhile:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert find(ledger, ADA, booking.id).sequence == 1
