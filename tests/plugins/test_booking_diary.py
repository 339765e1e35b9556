"""The diary on a real SQLite and a real PostgreSQL: nothing is booked twice, nothing is lost."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, insert, select

from gateway.app import SAMPLES
from plugins.booking import diary, plugin
from plugins.booking.bookings import BOOKED, CANCELLED, Booking, Guest
from plugins.booking.diary import ChangedMeanwhile, Hold, SlotTaken
from plugins.booking.services import SERVICES
from plugins.booking.slots import Slot

PHYSIO = Slot(SERVICES["physio"], datetime(2027, 3, 2, 9, 0, tzinfo=UTC))
LATER = Slot(SERVICES["physio"], datetime(2027, 3, 2, 9, 45, tzinfo=UTC))
PILATES = Slot(SERVICES["pilates"], datetime(2027, 3, 2, 7, 0, tzinfo=UTC))
ADA, LEI = "usr_ada", "usr_lei"
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
LAPSED = NOW + timedelta(minutes=5)
BOOKINGS = plugin.metadata.tables["booking_bookings"]
PLACES = plugin.metadata.tables["booking_places"]


@pytest.fixture
def ledger(start, store):
    """An empty ledger, made by the plugin's migrations as the gateway runs them."""
    return start(PLUGINS="booking", **store).extensions["gateway"].ledger


def add(ledger, slot=PHYSIO, owner=ADA, party_size=1, now=NOW):
    booking = Booking.new(owner, slot, Guest("张伟", "zhang@example.com", party_size), now)
    with ledger.write() as connection:
        diary.add(connection, booking)
    return booking


def hold(ledger, slot=PHYSIO, owner=ADA, party_size=1, now=NOW):
    held = Hold(owner, slot, party_size, now + timedelta(minutes=5))
    with ledger.write() as connection:
        diary.hold(connection, held, now)


def free(ledger, *slots, owner=LEI, now=NOW):
    with ledger.read() as connection:
        return [places for _, places in diary.free_places(connection, owner, slots, now)]


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
    cancelled = booking.cancelled(NOW)
    with ledger.write() as connection:
        diary.cancel(connection, booking, cancelled)
    assert find(ledger, ADA, booking.id) == cancelled
    assert (cancelled.status, cancelled.sequence) == (CANCELLED, 1)
    assert free(ledger, PHYSIO) == [1]
    add(ledger, owner=LEI)


def test_moving_takes_the_new_place_and_frees_the_old(ledger):
    booking = add(ledger)
    with ledger.write() as connection:
        diary.move(connection, booking, booking.moved(LATER, NOW))
    assert find(ledger, ADA, booking.id).start == LATER.start
    with pytest.raises(SlotTaken):
        add(ledger, LATER, LEI)
    add(ledger, PHYSIO, LEI)


def test_moving_to_a_taken_place_changes_nothing(ledger):
    booking = add(ledger)
    add(ledger, LATER, LEI)
    with ledger.write() as connection, pytest.raises(SlotTaken):
        diary.move(connection, booking, booking.moved(LATER, NOW))
    assert find(ledger, ADA, booking.id) == booking
    assert free(ledger, PHYSIO) == []


def test_a_change_based_on_an_old_reading_is_refused(ledger):
    booking = add(ledger)
    with ledger.write() as connection:
        diary.move(connection, booking, booking.moved(LATER, NOW))
    with ledger.write() as connection, pytest.raises(ChangedMeanwhile):
        diary.cancel(connection, booking, booking.cancelled(NOW))
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


def test_a_held_slot_is_free_for_its_holder_alone(ledger):
    hold(ledger)
    assert free(ledger, PHYSIO) == []
    assert free(ledger, PHYSIO, owner=ADA) == [1]
    for take in (add, hold):
        with pytest.raises(SlotTaken):
            take(ledger, owner=LEI)
    add(ledger)
    assert count_places(ledger, PHYSIO) == 1


def test_a_hold_lapses_to_the_second(ledger):
    hold(ledger)
    before = LAPSED - timedelta(seconds=1)
    assert (free(ledger, PHYSIO, now=before), free(ledger, PHYSIO, now=LAPSED)) == ([], [1])
    with pytest.raises(SlotTaken):
        add(ledger, owner=LEI, now=before)
    add(ledger, owner=LEI, now=LAPSED)
    with pytest.raises(SlotTaken):
        add(ledger, now=LAPSED)


def test_a_lapsed_hold_that_nobody_took_still_becomes_the_booking(ledger):
    hold(ledger)
    add(ledger, now=LAPSED)
    assert count_places(ledger, PHYSIO) == 1


def test_what_is_asked_anew_takes_over_the_hold(ledger):
    hold(ledger, PILATES, party_size=5)
    hold(ledger, PILATES, party_size=2, now=LAPSED - timedelta(seconds=1))
    assert free(ledger, PILATES, now=LAPSED) == [6]
    hold(ledger, PILATES, party_size=8)
    assert free(ledger, PILATES) == []
    add(ledger, PILATES, party_size=3)
    assert free(ledger, PILATES) == [5]


def test_a_hold_and_another_booking_of_the_same_person_are_two_things(ledger):
    add(ledger, PILATES, party_size=3)
    hold(ledger, PILATES, party_size=5)
    assert free(ledger, PILATES) == []
    add(ledger, PILATES, party_size=5)
    assert count_places(ledger, PILATES) == 8


def test_a_hold_that_is_refused_leaves_the_one_before(ledger):
    hold(ledger, PILATES, party_size=5)
    add(ledger, PILATES, LEI, party_size=2)
    with pytest.raises(SlotTaken):
        hold(ledger, PILATES, party_size=7)
    assert free(ledger, PILATES) == [1]


def test_what_is_held_for_a_move_is_taken_by_it(ledger):
    booking = add(ledger)
    hold(ledger, LATER)
    with ledger.write() as connection:
        diary.move(connection, booking, booking.moved(LATER, NOW))
    assert (free(ledger, PHYSIO), free(ledger, LATER)) == ([1], [])


def test_whoever_is_forgotten_holds_nothing(ledger):
    add(ledger)
    hold(ledger, LATER)
    hold(ledger, PILATES, LEI, party_size=8)
    with ledger.write() as connection:
        diary.forget(connection, ADA)
    assert free(ledger, PHYSIO, LATER) == [1, 1]
    assert free(ledger, PILATES, owner=ADA) == []


def test_only_the_key_of_a_booking_opens_its_calendar_file(ledger):
    booking, other = add(ledger), add(ledger, LATER)
    with ledger.read() as connection:
        assert diary.find_shared(connection, booking.id, booking.calendar_key) == booking
        for key in (other.calendar_key, "", "\0" * 32, booking.calendar_key[:-1]):
            assert diary.find_shared(connection, booking.id, key) is None


def test_bookings_from_before_there_were_holds_stand_and_get_calendar_files(start, store, tmp_path):
    shutil.copytree(SAMPLES / "booking", tmp_path / "booking")
    (tmp_path / "booking" / "migrations" / "0002_holds.py").unlink()
    old = start(PLUGINS="booking", folders=[tmp_path], **store).extensions["gateway"].ledger
    booking = Booking.new(ADA, PHYSIO, Guest("张伟"), NOW)
    row = {name: value for name, value in asdict(booking).items() if name != "calendar_key"}
    place = {"service": "physio", "start": PHYSIO.start, "place": 0, "booking_id": booking.id}
    with old.write() as connection:
        connection.execute(insert(BOOKINGS).values(row))
        connection.execute(insert(PLACES).values(place))
    new = start(PLUGINS="booking", **store).extensions["gateway"].ledger
    found = find(new, ADA, booking.id)
    assert replace(found, calendar_key=booking.calendar_key) == booking
    assert len(found.calendar_key) == 32
    assert free(new, PHYSIO) == []


def race(ledger, slot, threads=16, steps=(add,)):
    """How many of `threads`, all started at the same moment, got a place."""
    barrier = Barrier(threads)

    def attempt(number):
        barrier.wait()
        try:
            for step in steps:
                step(ledger, slot, f"usr_{number}")
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
                diary.cancel(connection, booking, booking.cancelled(NOW))
        except ChangedMeanwhile:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert find(ledger, ADA, booking.id).sequence == 1


def test_of_sixteen_who_want_to_hold_a_lapsed_slot_exactly_one_gets_it(ledger):
    hold(ledger, now=NOW - timedelta(minutes=5))
    assert race(ledger, PHYSIO, steps=(hold, add)) == 1
    assert count_places(ledger, PHYSIO) == 1
