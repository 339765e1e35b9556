"""Effects elsewhere: whatever the provider does, what was approved is made once, or a person is told.

The provider is real and on this machine. It counts what it has sent, by the confirmation's own id.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.confirmations.sweeper import Sweeper
from gateway.storage.tables import confirmations, outbox
from tests.kit import forms, promises
from tests.kit.aged import let_time_pass
from tests.kit.courier import ACTING, AFTER, Fault, serving
from tests.kit.people import Person

log = logging.getLogger(__name__)

# More than a lease, and more than the longest pause between two tries.
LATER = timedelta(minutes=1, seconds=5)


class Office:
    """A gateway with the courier's plugin, its provider, and a person who uses it."""

    def __init__(self, app, courier) -> None:
        self.app, self.courier = app, courier
        gateway = app.extensions["gateway"]
        self.elsewhere = gateway.approvals.elsewhere
        self.sweep = Sweeper(gateway.ledger, self.elsewhere).sweep
        self.ada = Person(app, "ada@example.com", "courier")
        self.sent = 0

    def approve(self, kind="parcels", to="Charles"):
        """Ask for one more and approve it on its page; what was asked."""
        self.sent += 1
        asked = self.ada.post(f"/{kind}", {"to": f"{to} {self.sent}"})
        assert asked.status_code == 202, asked.text
        assert self.courier.asked[asked.json["confirmation_id"]] == 0
        assert self.ada.decide(asked, "approve").status_code == 303
        return asked

    def status(self, asked):
        return self.ada.see(asked).json["status"]

    def times(self, asked):
        return self.courier.times(asked.json["confirmation_id"])

    def later(self, how_long=LATER):
        for table in (confirmations, outbox):
            let_time_pass(self.app, how_long, table)
        self.sweep()

    def rounds(self, most=8):
        """Sweep, time passing, until nothing is left to do."""
        for number in range(most):
            if not promises.rows(self.app, outbox):
                return number
            self.later()
        raise AssertionError("something stays in the outbox")


@pytest.fixture
def an_office(start, store):
    """Open an office, whose plugin waits so many seconds for a reply."""
    with serving() as courier:
        opened = []

        def open_one(patience):
            environ = {"COURIER_PROVIDER": courier.url, "COURIER_TIMEOUT": str(patience), **store}
            opened.append(Office(start(PLUGINS="courier", folders=[ACTING], **environ), courier))
            return opened[-1]

        yield open_one
        for office in opened:
            count = promises.check(office.app, settled=True)
            log.info("A11: %d actions, %d effects, outbox empty", count, len(courier.sent))


@pytest.fixture
def office(an_office):
    return an_office(1.0)


@pytest.fixture
def patient_office(an_office):
    return an_office(20)


def test_every_fault_of_a_provider_that_can_be_asked_ends_with_one_effect(office):
    courier, asked = office.courier, []
    for fault in [*AFTER, Fault.ERROR_BEFORE, Fault.BUSY]:
        courier.fail_next(fault)
        asked.append(office.approve())
        assert office.status(asked[-1]) in ("outcome_unknown", "executing")
    rounds = office.rounds()
    assert {office.status(each) for each in asked} == {"executed"}
    assert [office.times(each) for each in asked] == [1] * len(asked)
    again = [courier.asked[each.json["confirmation_id"]] for each in asked]
    assert again == [1] * len(AFTER) + [
        2,
        2,
    ]  # only what was known not to be sent was asked for again
    log.info("A11: %d faults, %d effects after %d rounds", len(asked), len(courier.sent), rounds)


def test_what_nobody_can_look_up_is_handed_to_a_person_and_never_repeated(office):
    courier, asked = office.courier, []
    for fault in [*AFTER, Fault.ERROR_BEFORE]:
        courier.fail_next(fault)
        asked.append(office.approve("telegrams"))
    assert {office.status(each) for each in asked} == {"needs_review"}
    for _ in range(5):
        office.later()
    assert {office.status(each) for each in asked} == {"needs_review"}
    assert [courier.asked[each.json["confirmation_id"]] for each in asked] == [1] * len(asked)
    assert [office.times(each) for each in asked] == [1] * len(AFTER) + [0]


@pytest.mark.parametrize(("kind", "ends"), [("parcels", "executed"), ("telegrams", "needs_review")])
def test_a_ledger_that_goes_while_the_provider_is_asked_does_not_mean_that_nothing_was_sent(
    office, kind, ends
):
    asked = office.approve(kind, to="who was there when the ledger went")
    office.rounds()
    assert (office.status(asked), office.times(asked)) == (ends, 1)


def test_a_request_that_the_network_brings_twice_is_for_the_provider_to_know(office):
    office.courier.knows_keys = True
    office.courier.fail_next(Fault.TWICE)
    asked = office.approve("telegrams")
    assert (office.status(asked), office.times(asked)) == ("executed", 1)


@pytest.mark.parametrize("kind", ["parcels", "telegrams"])
def test_a_definite_no_is_the_end(office, kind):
    office.courier.fail_next(Fault.REFUSED)
    asked = office.approve(kind)
    told = office.ada.see(asked).json
    assert (told["status"], told["error"]["status"]) == ("failed", 409)
    office.later()
    assert (office.status(asked), office.times(asked)) == ("failed", 0)


@pytest.mark.parametrize("kind", ["parcels", "telegrams"])
def test_not_now_is_tried_five_times_further_and_further_apart_and_then_given_up(office, kind):
    office.courier.broken = Fault.BUSY
    asked = office.approve(kind)
    name, pauses = asked.json["confirmation_id"], []
    while office.status(asked) == "executing":
        [row] = promises.rows(office.app, outbox)
        assert row.lease_until is None
        pauses.append((row.due_at - row.begun_at).total_seconds())
        office.sweep()  # before it is due: nothing happens
        assert office.courier.asked[name] == len(pauses)
        office.later()
    assert office.courier.asked[name] == 5
    assert office.times(asked) == 0
    told = office.ada.see(asked).json
    assert (told["status"], told["error"]["status"]) == ("failed", 503)
    log.info("A11: given up after 5 tries; pauses began after %s s", [round(p, 1) for p in pauses])


def test_not_now_passes(office):
    office.courier.fail_next(Fault.BUSY, Fault.BUSY)
    asked = office.approve("telegrams")
    office.rounds()
    assert (office.status(asked), office.times(asked)) == ("executed", 1)


def test_doubt_outlasts_a_provider_that_cannot_even_be_looked_up(office):
    courier = office.courier
    courier.fail_next(Fault.ERROR_AFTER)
    asked = office.approve()
    courier.broken = Fault.DOWN
    office.later()
    assert office.status(asked) == "outcome_unknown"
    courier.broken = None
    office.rounds()
    assert (office.status(asked), office.times(asked)) == ("executed", 1)


def test_doubt_that_lasts_is_for_a_person(office):
    office.courier.fail_next(Fault.ERROR_AFTER)
    asked = office.approve()
    office.courier.broken = Fault.DOWN
    office.rounds()
    assert (office.status(asked), office.times(asked)) == ("needs_review", 1)


def test_an_executor_that_is_answered_late_cannot_record_its_outcome(patient_office):
    """Its lease was over, and what nobody can look up was for a person by then. It stays so."""
    office = patient_office
    office.courier.fail_next(Fault.HELD)
    with ThreadPoolExecutor(1) as thread:
        late = thread.submit(office.approve, "telegrams")
        assert office.courier.holds.acquire(timeout=10)
        office.later()
        office.courier.go.set()
        asked = late.result()
    assert (office.status(asked), office.times(asked)) == ("needs_review", 1)
    [*_, last] = promises.edges(office.app)[asked.json["confirmation_id"]]
    assert last.edge == "needs_review"


def test_a_late_executor_leaves_the_one_who_took_over_in_peace(patient_office):
    """While there is more to do: the row in the outbox is the second one's, and so is the outcome."""
    office = patient_office
    office.courier.fail_next(Fault.HELD_AND_REFUSED)
    with ThreadPoolExecutor(1) as thread:
        late = thread.submit(office.approve)
        assert office.courier.holds.acquire(timeout=10)
        office.courier.fail_next(Fault.BUSY)
        office.later()  # looked up, not found, asked for: not now
        [before] = promises.rows(office.app, outbox)
        office.courier.go.set()
        asked = late.result()
    [after] = promises.rows(office.app, outbox)
    assert (before, after.fence) == (after, 2)
    assert office.status(asked) == "executing"
    office.rounds()
    assert (office.status(asked), office.times(asked)) == ("executed", 1)


def test_of_many_sweepers_at_once_one_takes_an_effect_up(office):
    office.courier.fail_next(*[Fault.ERROR_BEFORE] * 5)
    asked = [office.approve() for _ in range(5)]
    for table in (confirmations, outbox):
        let_time_pass(office.app, LATER, table)
    with ThreadPoolExecutor(6) as threads:
        for each in [threads.submit(office.sweep) for _ in range(6)]:
            each.result()
    assert {office.status(each) for each in asked} == {"executed"}
    assert [office.times(each) for each in asked] == [1] * 5
    names = [each.json["confirmation_id"] for each in asked]
    assert [office.courier.looked[name] for name in names] == [1] * 5


def test_sixteen_approvals_at_once_ask_the_provider_once(office):
    asked = office.ada.post("/parcels", {"to": "Charles"})
    path = f"/confirm/{asked.json['confirmation_id']}"
    browsers = [office.ada.browser() for _ in range(16)]
    pages = [browser.get(path) for browser in browsers]
    with ThreadPoolExecutor(16) as threads:
        replies = threads.map(
            lambda browser, page: forms.send_here(browser, page, path, decision="approve"),
            browsers,
            pages,
        )
        assert {each.status_code for each in replies} == {303}
    assert (office.status(asked), office.times(asked)) == ("executed", 1)
    assert office.courier.asked[asked.json["confirmation_id"]] == 1
