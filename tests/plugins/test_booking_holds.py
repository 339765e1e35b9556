"""A time is kept for whoever is asked about it, for five minutes, whatever becomes of the question."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from plugins.booking.diary import MOST_HELD
from tests.kit.people import Person

# The clock is the store's, which no test can move: this is a Monday after today's, by the real one.
TODAY = datetime.now(UTC).date()
DAY = TODAY + timedelta(days=14 - TODAY.weekday())


class Patient(Person):
    def free(self, service="physio"):
        found = self.get("/slots", {"service": service, "day": str(DAY)}).json
        return [slot["start"] for slot in found["slots"]]

    def ask(self, start, name="Somebody", **changes):
        request = {"service": "physio", "start": start, "name": name, **changes}
        return self.post("/bookings", request)


@pytest.fixture
def app(start):
    return start(PLUGINS="booking")


@pytest.fixture
def on_each_store(start, store):
    return start(PLUGINS="booking", **store)


def ada_and_lei(app):
    return [Patient(app, f"{name}@example.com", "booking") for name in ("ada", "lei")]


@pytest.fixture
def ada(app):
    return ada_and_lei(app)[0]


@pytest.fixture
def lei(app):
    return ada_and_lei(app)[1]


def later(person, **by):
    """Let all holds be older."""
    older = "UPDATE booking_places SET held_until = held_until - :seconds"
    with person.gateway.ledger.write() as ledger:
        ledger.execute(text(older), {"seconds": timedelta(**by).total_seconds()})


def test_what_one_is_asked_about_is_not_offered_to_another(ada, lei):
    nine, *rest = ada.free()
    asked = ada.ask(nine)
    assert (ada.free()[0], lei.free()[0]) == (nine, rest[0])
    refused = lei.ask(nine)
    assert (refused.status_code, refused.json["code"]) == (409, "slot_taken")
    assert refused.json["alternatives"] == rest[:3]
    assert ada.approve(asked).json["status"] == "executed"


def test_what_one_is_asked_is_told_to_nobody_else(ada, lei):
    nine = ada.free()[0]
    asked = ada.ask(nine, "Ada Lovelace")
    assert "Ada" not in lei.ask(nine).text
    assert lei.see(asked).status_code == 404
    on_page = lei.browser().get(f"/confirm/{asked.json['confirmation_id']}")
    assert (on_page.status_code, "Lovelace" in on_page.text) == (404, False)


def test_a_time_is_kept_no_longer_than_the_hold_though_the_question_lives_on(on_each_store):
    ada, lei = ada_and_lei(on_each_store)
    nine, *rest = ada.free()
    of_ada = ada.ask(nine)
    later(ada, minutes=5, seconds=1)
    assert lei.free()[0] == nine
    assert lei.approve(lei.ask(nine)).json["status"] == "executed"
    failed = ada.approve(of_ada).json
    assert (failed["status"], failed["error"]["code"]) == ("failed", "slot_taken")
    assert failed["error"]["alternatives"] == rest[:3]
    assert ada.get("/bookings").json["bookings"] == []


def test_a_late_approval_still_books_what_nobody_took(on_each_store):
    ada, lei = ada_and_lei(on_each_store)
    nine = ada.free()[0]
    asked = ada.ask(nine)
    later(ada, minutes=6)
    assert ada.approve(asked).json["status"] == "executed"
    assert nine not in lei.free()


def test_asking_again_does_not_prolong_the_hold(ada, lei):
    nine = ada.free()[0]
    asked = ada.ask(nine)
    later(ada, minutes=4)
    assert ada.ask(nine).json["confirmation_id"] == asked.json["confirmation_id"]
    later(ada, minutes=1, seconds=1)
    assert lei.free()[0] == nine


def test_another_question_about_the_same_time_takes_the_hold_over(ada, lei):
    nine = ada.free()[0]
    first, second = ada.ask(nine, "Ada"), ada.ask(nine, "Grace")
    assert second.status_code == 202
    assert ada.approve(second).json["result"]["name"] == "Grace"
    assert ada.approve(first).json["error"]["code"] == "slot_taken"


def test_a_time_whose_question_was_declined_is_free_when_the_hold_is_over(ada, lei):
    nine = ada.free()[0]
    ada.decide(ada.ask(nine), "decline")
    assert nine not in lei.free()
    later(ada, minutes=5, seconds=1)
    assert lei.free()[0] == nine


def test_moving_holds_the_new_time_and_keeps_the_old_until_it_is_approved(on_each_store):
    ada, lei = ada_and_lei(on_each_store)
    nine, _, third, *_ = ada.free()
    booking = ada.approve(ada.ask(nine)).json["result"]["booking_id"]
    asked = ada.post(f"/bookings/{booking}/reschedule", {"start": third})
    assert {nine, third}.isdisjoint(lei.free())
    assert ada.approve(asked).json["result"]["start"] == third
    assert nine in lei.free()
    assert third not in lei.free()


def test_whoever_asks_again_and_again_does_not_empty_the_diary(on_each_store):
    """One question about one booking, each superseding the last: the hold of each would stay."""
    ada, lei = ada_and_lei(on_each_store)
    everything = ada.free()
    nine, *rest = everything
    booking = ada.approve(ada.ask(nine)).json["result"]["booking_id"]
    for start in rest * 2:
        asked = ada.post(f"/bookings/{booking}/reschedule", {"start": start})
        assert asked.status_code == 202
        later(ada, seconds=1)
        free = lei.free()
        assert start not in free
        assert len(free) >= len(rest) - MOST_HELD
    assert lei.free() == rest[:-MOST_HELD]
    assert lei.approve(lei.ask(rest[0])).json["status"] == "executed"
    assert ada.approve(asked).json["result"]["start"] == rest[-1]


def test_declined_questions_hold_no_more_than_three_times(ada, lei):
    everything = ada.free()
    for start in everything[:6]:
        ada.decide(ada.ask(start), "decline")
        later(ada, seconds=1)
    assert lei.free() == [*everything[:3], *everything[6:]]


def test_a_class_is_held_by_the_place(ada, lei):
    seven = ada.free("pilates")[0]
    ada.ask(seven, service="pilates", party_size=5)
    refused = lei.ask(seven, service="pilates", party_size=4)
    assert "no room for 4" in refused.json["detail"]
    assert lei.approve(lei.ask(seven, service="pilates", party_size=3)).json["status"] == "executed"


def test_without_holds_the_first_who_approves_gets_the_time(start):
    app = start(PLUGINS="booking", BOOKING_HOLD_MINUTES="0")
    ada, lei = ada_and_lei(app)
    nine = ada.free()[0]
    of_ada, of_lei = ada.ask(nine), lei.ask(nine)
    assert "is kept for you" not in of_ada.json["question"]
    assert lei.approve(of_lei).json["status"] == "executed"
    assert ada.approve(of_ada).json["error"]["code"] == "slot_taken"
