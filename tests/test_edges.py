"""Each edge of an action is one swap in one transaction with its row of the audit trail, or nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.confirmations import record
from gateway.confirmations.changes import GATEWAY, MovedOn, changing
from gateway.envelope import Status
from gateway.storage.tables import audit, confirmations
from tests.kit import promises
from tests.kit.aged import let_time_pass
from tests.kit.courier import ACTING
from tests.kit.people import Person


@pytest.fixture
def app(start, store):
    return start(PLUGINS="courier", folders=[ACTING], **store)


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "courier")


@pytest.fixture
def ledger(app):
    return app.extensions["gateway"].ledger


def everything(app):
    return promises.rows(app, confirmations), promises.rows(app, audit)


def test_of_two_that_read_the_same_state_one_moves_it(app, ada, ledger):
    asked = ada.post("/stamps", {"amount": 2})
    with ledger.read() as connection:
        found = record.find(connection, asked.json["confirmation_id"])
    with changing(ledger) as change:
        change.end(found, Status.CANCELLED, GATEWAY)
    before = everything(app)
    with pytest.raises(MovedOn), changing(ledger) as change:
        change.move(found, replace(found, status=Status.EXECUTED), ("executed", GATEWAY))
    assert everything(app) == before
    assert ada.see(asked).json["status"] == "cancelled"


@pytest.mark.parametrize("decision", ["approve", "decline"])
def test_what_the_trail_cannot_take_does_not_happen(app, ada, ledger, decision):
    asked = ada.post("/stamps", {"amount": 2})
    before = everything(app)
    with ledger.write() as connection:
        connection.execute(text("ALTER TABLE gateway_audit RENAME TO gateway_audit_away"))
    assert ada.decide(asked, decision).status_code >= 500
    assert ada.post("/stamps", {"amount": 3}).status_code >= 500
    with ledger.write() as connection:
        connection.execute(text("ALTER TABLE gateway_audit_away RENAME TO gateway_audit"))
    assert everything(app) == before
    assert ada.get("/stamps").json["amount"] == 0
    assert ada.approve(asked).json["status"] == "executed"


def test_what_breaks_half_way_leaves_nothing_but_its_record(app, ada):
    asked = ada.post("/stamps", {"amount": 500})
    failed = ada.approve(asked)
    assert (failed.json["status"], failed.json["error"]["code"]) == ("failed", "internal_error")
    assert ada.get("/stamps").json["amount"] == 0
    promises.check(app, settled=True)


def test_a_key_that_is_a_day_old_can_be_given_to_a_question_that_waits(app, ada):
    ada.post("/drafts", {"words": "hello", "request_id": "k-1"})
    let_time_pass(app, timedelta(hours=25), confirmations)
    waiting = ada.post("/drafts", {"words": "goodbye"})
    again = ada.post("/drafts", {"words": "goodbye", "request_id": "k-1"})
    assert (again.status_code, again.json) == (202, waiting.json)
