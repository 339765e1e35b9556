"""The front desk: what it books, what it refuses, and whether its words help."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.exceptions import Conflict, HTTPException, NotFound, UnprocessableEntity

from plugins.booking import diary, questions
from plugins.booking.bookings import CANCELLED, Guest
from plugins.booking.reception import Reception, Unavailable
from plugins.booking.services import SERVICES, Money
from plugins.booking.slots import Slot

MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
NINE = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
ADA, LEI = "usr_ada", "usr_lei"
GUEST = Guest("张伟")


HOLD = timedelta(minutes=5)


@pytest.fixture
def ledger(start):
    """A writing transaction, as an action has it."""
    with start(PLUGINS="booking").extensions["gateway"].ledger.write() as connection:
        yield connection


@pytest.fixture
def desk_of(ledger):
    """The front desk as somebody meets it at some moment."""

    def desk_of(person, now=MONDAY, hold=HOLD):
        return Reception(diary, ledger, person, now, hold)

    return desk_of


@pytest.fixture
def desk(desk_of):
    return desk_of(ADA)


def book(desk, start=NINE, service="physio", guest=GUEST):
    return desk.book(desk.free_slot(service, start, guest.party_size), guest)


def refusal(kind: type[HTTPException], function, *arguments):
    with pytest.raises(kind) as refused:
        function(*arguments)
    return refused.value.description


def test_a_time_that_is_no_slot_names_the_nearest_free_ones(desk):
    wanted = NINE + timedelta(minutes=20)
    assert refusal(Conflict, desk.free_slot, "physio", wanted, 1) == (
        "Physiotherapy on Tuesday 2 March 2027, 09:20 GMT (Europe/London) cannot be booked:"
        " no appointment starts then. The nearest free times are 2027-03-02T09:00:00+00:00,"
        " 2027-03-02T09:45:00+00:00, 2027-03-02T10:30:00+00:00."
    )


def test_a_taken_slot_names_only_free_ones(desk):
    book(desk)
    sentence = refusal(Conflict, desk.free_slot, "physio", NINE, 1)
    assert "it is taken" in sentence
    assert "2027-03-02T09:00:00" not in sentence
    assert "2027-03-02T09:45:00+00:00" in sentence


def test_a_class_without_room_names_those_with_room_for_all(desk):
    seven = NINE.replace(hour=7)
    book(desk, seven, service="pilates", guest=Guest("李雷", party_size=6))
    book(desk, seven + timedelta(hours=1), service="pilates", guest=Guest("Bo", party_size=5))
    sentence = refusal(Conflict, desk.free_slot, "pilates", seven, 3)
    assert "it has no room for 3" in sentence
    assert "2027-03-02T08:00:00+00:00, " in sentence


def test_alternatives_are_written_with_the_offset_of_their_own_day(desk):
    day_of_change = datetime(2027, 3, 28, 10, 0, tzinfo=UTC)
    sentence = refusal(Conflict, desk.free_slot, "physio", day_of_change, 1)
    assert "Sunday 28 March 2027, 11:00 BST" in sentence
    for nearest in ("27T11:15:00+00:00", "29T09:00:00+01:00", "29T09:45:00+01:00"):
        assert f"2027-03-{nearest}" in sentence


def test_without_a_free_time_nearby_other_days_are_suggested(desk, monkeypatch):
    closed = replace(SERVICES["physio"], hours={})
    monkeypatch.setitem(SERVICES, "physio", closed)
    sentence = refusal(Conflict, desk.free_slot, "physio", NINE, 1)
    assert sentence.endswith("Look on other days.")


def test_a_slot_taken_since_it_was_seen_is_a_conflict_not_an_error(desk, desk_of):
    slot = desk.free_slot("physio", NINE, 1)
    book(desk)
    sentence = refusal(Conflict, desk_of(LEI).book, slot, GUEST)
    assert "somebody else has just taken it. The nearest free times are" in sentence


def test_the_past_and_the_far_future_are_refused(desk):
    past = refusal(UnprocessableEntity, desk.free_slot, "physio", MONDAY, 1)
    far = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    beyond = refusal(UnprocessableEntity, desk.free_slot, "physio", far, 1)
    assert "is in the past" in past
    assert "days ahead" in beyond


def test_a_party_larger_than_the_room_is_refused(desk):
    sentence = refusal(UnprocessableEntity, desk.free_slot, "physio", NINE, 2)
    assert sentence == "Physiotherapy takes 1 at a time, not 2."


def test_an_unknown_service_is_not_found(desk):
    assert "massage" in refusal(NotFound, desk.free_slot, "sauna", NINE, 1)


def test_anothers_booking_and_no_booking_are_told_apart_by_nobody(desk, desk_of):
    booking = book(desk)
    others = refusal(NotFound, desk_of(LEI).open_booking, booking.id)
    nobodys = refusal(NotFound, desk_of(LEI).open_booking, "bkg_0000000000000000")
    assert others == nobodys


def test_what_is_cancelled_or_over_can_no_longer_be_changed(desk, desk_of):
    cancelled, over = book(desk), book(desk, NINE + timedelta(minutes=45))
    desk.cancel(cancelled)
    assert "cancelled" in refusal(Conflict, desk.open_booking, cancelled.id)
    later = desk_of(ADA, NINE + timedelta(hours=1))
    assert "is over" in refusal(Conflict, later.open_booking, over.id)


def test_a_booking_does_not_move_to_where_it_is(desk):
    booking = book(desk)
    assert "already" in refusal(Conflict, desk.another_slot, booking, NINE)


def test_moving_keeps_the_price_and_grows_the_sequence(desk):
    booking = book(desk)
    slot = desk.another_slot(booking, NINE + timedelta(days=1))
    moved = desk.move(booking, slot)
    assert desk.booking(booking.id) == moved
    assert (moved.id, moved.price, moved.sequence) == (booking.id, 5500, 1)


def test_a_booking_changed_meanwhile_is_not_changed_again(desk):
    booking = book(desk)
    desk.cancel(booking)
    assert "just been changed" in refusal(Conflict, desk.cancel, booking)
    slot = Slot(SERVICES["physio"], NINE + timedelta(days=1))
    assert "just been changed" in refusal(Conflict, desk.move, booking, slot)


@pytest.mark.parametrize(
    ("before", "due"), [(timedelta(hours=24), 0), (timedelta(hours=23, minutes=59), 5500)]
)
def test_cancelling_early_is_free_and_late_is_not(desk, desk_of, before, due):
    cancelled = desk_of(ADA, NINE - before).cancel(book(desk))
    assert (cancelled.status, cancelled.due, cancelled.price) == (CANCELLED, due, 5500)


def test_the_question_before_booking_says_everything_in_both_languages(desk):
    slot = desk.free_slot("pilates", NINE.replace(hour=7), 2)
    question, quote = questions.to_book(slot, Guest("王芳", party_size=2))
    assert question["en"] == (
        "Book Pilates class at Harbour Physio on Tuesday 2 March 2027, 07:00 GMT (Europe/London)"
        " for “王芳”, 2 persons? The price is 28.00 GBP."
        " Cancelling is free until 6 hours before; after that the price stays due."
    )
    assert question["zh"] == (
        "为“王芳”等 2 人预约 Harbour Physio 的普拉提小班课，"
        "时间：2027年3月2日（星期二）07:00（Europe/London 时间，GMT），确定吗？"
        "价格 28.00 GBP。开始前 6 小时以上可免费取消，之后取消仍须付全款。"
    )
    assert quote["start"] == "2027-03-02T07:00:00+00:00"
    assert quote["price"] == str(Money(2800, "GBP"))


def test_the_question_before_moving_says_from_when_to_when(desk):
    booking = book(desk)
    june = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
    question, quote = questions.to_move(booking, desk.another_slot(booking, june))
    assert question["en"] == (
        "Move Physiotherapy for “张伟” from Tuesday 2 March 2027, 09:00 GMT (Europe/London)"
        " to Tuesday 1 June 2027, 09:00 BST (Europe/London)? The price stays 55.00 GBP."
    )
    assert "从2027年3月2日（星期二）09:00" in question["zh"]
    assert (quote["moved_from"], quote["start"]) == (
        "2027-03-02T09:00:00+00:00",
        "2027-06-01T09:00:00+01:00",
    )


def test_the_question_before_cancelling_names_what_and_the_cost(desk, desk_of):
    booking = book(desk)
    question, quote = questions.to_cancel(booking, desk.due_when_cancelled(booking))
    assert question["en"] == (
        "Cancel Physiotherapy for “张伟” on Tuesday 2 March 2027, 09:00 GMT (Europe/London)?"
        " Nothing is due."
    )
    assert quote["due"] == "0.00 GBP"
    due = desk_of(ADA, NINE - timedelta(hours=1)).due_when_cancelled(booking)
    late, quote = questions.to_cancel(booking, due)
    assert "55.00 GBP" in late["en"]
    assert "55.00 GBP" in late["zh"]
    assert quote["due"] == "55.00 GBP"


def test_a_held_time_is_refused_to_others_with_what_is_free(desk, desk_of):
    desk.hold(desk.free_slot("physio", NINE, 1), 1)
    with pytest.raises(Unavailable) as refused:
        desk_of(LEI).free_slot("physio", NINE, 1)
    assert refused.value.problem == {
        "code": "slot_taken",
        "alternatives": [f"2027-03-02T{each}:00+00:00" for each in ("09:45", "10:30", "11:15")],
    }
    assert "is taken. The nearest free times are 2027-03-02T09:45" in refused.value.description


def test_of_two_who_saw_a_slot_free_only_one_holds_it(desk, desk_of):
    slot = desk_of(LEI).free_slot("physio", NINE, 1)
    desk.hold(slot, 1)
    assert "has just taken it" in refusal(Conflict, desk_of(LEI).hold, slot, 1)


def test_the_question_says_how_long_the_time_is_kept_but_does_not_rest_on_it(desk):
    slot = desk.free_slot("physio", datetime(2027, 6, 1, 8, 0, tzinfo=UTC), 1)
    until = desk.hold(slot, 1)
    assert until == MONDAY + HOLD
    question, quote = questions.to_book(slot, GUEST, until)
    assert question["en"].endswith(
        "The time is kept for you until 08:05 GMT; then others can take it."
    )
    assert question["zh"].endswith("该时段为你保留至 08:05 GMT，此后他人可预约。")
    assert quote == questions.to_book(slot, GUEST)[1]


def test_without_a_hold_whoever_approves_first_gets_the_slot(desk, desk_of):
    slot = desk.free_slot("physio", NINE, 1)
    assert desk_of(ADA, hold=timedelta(0)).hold(slot, 1) is None
    assert desk_of(LEI).free_slot("physio", NINE, 1) == slot
