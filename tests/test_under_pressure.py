"""What a hostile reader found: a store that goes while an effect is made, assistants against each
other, strangers at the page. Each of these was wrong once.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.audit import reading
from gateway.confirmations import lease, outbox
from gateway.confirmations.sweeper import Sweeper
from tests.kit import forms
from tests.kit.ferry import write_ferry
from tests.kit.people import Person

TRIP = {"name": "Ada", "at": "2027-07-01T09:00:00+02:00"}


@pytest.fixture
def app(start):
    return start(PLUGINS="counter")


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "counter")


def rung(app, asked):
    """How often the bell has rung for what was asked."""
    folder = app.extensions["gateway"].settings.data_dir / "counter"
    file = folder / f"{asked.json['confirmation_id']}.rung"
    return len(file.read_text().splitlines()) if file.exists() else 0


def until(holds, seconds=10):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_effect_that_was_made_while_the_store_went_is_recorded_when_it_is_back(app, ada):
    asked = ada.post("/bells", {"tone": "slow"})
    with ThreadPoolExecutor(1) as thread:
        confirmed = thread.submit(ada.confirm, asked)
        until(lambda: rung(app, asked))
        with app.extensions["gateway"].ledger.write():  # nobody else can write meanwhile
            told = confirmed.result()
    assert (told.status_code, told.json["status"]) == (202, "executing")
    until(lambda: ada.see(asked).json["status"] == "executed")
    assert rung(app, asked) == 1


def test_a_slow_effect_keeps_its_lease(app, ada, monkeypatch):
    monkeypatch.setattr(lease, "EVERY", 0.2)
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=0.8))
    gateway = app.extensions["gateway"]
    asked = ada.post("/chimes", {"tone": "slow"})
    with ThreadPoolExecutor(1) as thread:
        confirmed = thread.submit(ada.confirm, asked)
        until(lambda: rung(app, asked))
        while not confirmed.done():
            Sweeper(gateway.ledger, gateway.approvals.elsewhere).sweep()
            time.sleep(0.1)
    assert confirmed.result().json["status"] == "executed"
    assert rung(app, asked) == 1


def test_a_new_key_does_not_get_round_a_doubt(ada):
    asked = ada.post("/bells", {"tone": "broken", "request_id": "k-1"})
    assert ada.confirm(asked).json["status"] == "needs_review"
    again = ada.post("/bells", {"tone": "broken", "request_id": "k-2"})
    assert (again.json["status"], again.status_code) == ("needs_review", 200)
    meant = ada.post("/bells", {"tone": "broken", "request_id": "k-3", "allow_duplicate": True})
    assert meant.json["status"] == "confirmation_required"


def test_one_assistant_cannot_end_or_crowd_out_the_questions_of_another(start, tmp_path):
    app = start(folders=[write_ferry(tmp_path / "plugins").parent], RATE_LIMIT="1000/minute")
    good = Person(app, "ada@example.com", "ferry", client="good")
    evil = Person(app, "ada@example.com", "ferry", client="evil")
    asked = good.post("/trips", TRIP)
    for number in range(5):
        assert evil.post("/trips", {**TRIP, "name": f"trip {number}"}).status_code == 202
    full = evil.post("/trips", {**TRIP, "name": "one more"})
    assert (full.status_code, full.json["code"]) == (429, "too_many_pending")
    assert good.post("/trips", {**TRIP, "name": "another"}).status_code == 202
    assert good.approve(asked).json["status"] == "executed"


def test_a_stranger_cannot_fill_somebodys_trail(start, tmp_path):
    app = start(folders=[write_ferry(tmp_path / "plugins").parent])
    ada = Person(app, "ada@example.com", "ferry")
    eve = Person(app, "eve@example.com", "ferry").browser()
    asked = ada.post("/trips", TRIP)
    page = f"/confirm/{asked.json['confirmation_id']}"
    for _ in range(20):
        replied = eve.post(page, data={"decision": "approve"}, headers=forms.ORIGIN)
        assert replied.status_code == 404
    rows = list(reading.rows(app.extensions["gateway"].ledger))
    assert [row.edge for row in rows] == ["asked", *["wrong_person"] * 5]
    assert {row.account for row in rows} == {None}


def test_what_was_open_when_an_account_was_deleted_is_over_in_the_trail(start, tmp_path):
    app = start(folders=[write_ferry(tmp_path / "plugins").parent])
    browser = app.test_client()
    forms.sign_up(browser, "ada@example.com")
    ada = Person(app, "ada@example.com", "ferry")
    ada.post("/trips", TRIP)
    forms.send(browser, browser.get("/account"), "/account/delete", password=forms.PASSWORD)
    rows = list(reading.rows(app.extensions["gateway"].ledger))
    assert [(row.edge, row.actor) for row in rows] == [("asked", "caller"), ("forgotten", "person")]
    assert ada.post("/trips", TRIP).status_code == 401
