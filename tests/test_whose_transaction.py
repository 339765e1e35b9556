"""The transaction of an action is the gateway's: an author who ends it has a mistake, not an effect."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text

from gateway.storage.engines import CONNECTIONS_MOST
from gateway.storage.lent_connection import NotYourTransaction
from tests.kit import forms, promises
from tests.kit.people import Person
from tests.kit.written import write_plugin

MIGRATION = '''"""Rain."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    prefix = op.get_context().config.attributes["prefix"]
    op.create_table(f"{prefix}rain", sa.Column("id", sa.Integer, primary_key=True))
'''
CODE = """
from sqlalchemy import Column, Integer, insert, text
from sqlalchemy.orm import Session

rain = plugin.table("rain", Column("id", Integer, primary_key=True))
WAYS = {
    "commit": lambda: ledger.commit(),
    "rollback": lambda: ledger.rollback(),
    "close": lambda: ledger.close(),
    "begin": lambda: ledger.begin(),
    "with": lambda: ledger.__exit__(None, None, None),
    "transaction": lambda: ledger.get_transaction().commit(),
    "savepoint": lambda: ledger.get_nested_transaction().commit(),
    "in SQL": lambda: ledger.execute(text(" commit")),
    "roll back in SQL": lambda: ledger.exec_driver_sql("ROLLBACK"),
    "end in SQL": lambda: ledger.execute(text("END")),
}


def fall(drops, way):
    ledger.execute(insert(rain), [{"id": drops + each} for each in range(2)])
    if way == "nested":
        with ledger.begin_nested() as savepoint:
            ledger.execute(insert(rain), {"id": drops + 2})
            savepoint.rollback()
        with ledger.begin_nested():
            ledger.execute(insert(rain), {"id": drops + 3})
    elif way == "session":
        with Session(ledger._get_current_object()) as session:
            session.execute(insert(rain), {"id": drops + 2})
            session.commit()
    else:
        WAYS[way]()


def ask(drops, way, when):
    if when == "asked":
        fall(drops, way)
    return "Rain?", {}


@plugin.action(
    "/rain",
    takes={
        "drops": fields.Integer(required=True),
        "way": fields.String(required=True),
        "when": fields.String(required=True),
    },
    returns={"sky": fields.String()},
    confirm=ask,
)
def let_it_rain(drops, way, when):
    "Let it rain."
    if when == "approved":
        fall(drops, way)
    return {"sky": "grey"}


@plugin.query(
    "/rain",
    takes={"way": fields.String(required=True)},
    returns={"sky": fields.String()},
    auth=Public(),
)
def look_at_rain(way):
    "Look at the rain."
    WAYS[way]()
    return {"sky": "blue"}
"""
ENDS = (
    *("commit", "rollback", "close", "begin", "with", "transaction", "savepoint"),
    *("in SQL", "roll back in SQL", "end in SQL"),
)


@pytest.fixture
def app(start, store, tmp_path):
    plugin = write_plugin(tmp_path / "plugins", CODE)
    (plugin / "migrations").mkdir()
    (plugin / "migrations" / "0001.py").write_text(MIGRATION)
    return start(folders=[tmp_path / "plugins"], **store)


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "weather")


def press_twice(person, asked):
    """The same button of the same page, as somebody does who goes back to it."""
    path = f"/confirm/{asked.json['confirmation_id']}"
    browser = person.browser()
    page = browser.get(path)
    for _ in range(2):
        assert forms.send_here(browser, page, path, decision="approve").status_code == 303


def drops(app):
    with app.extensions["gateway"].ledger.read() as connection:
        return list(connection.execute(text("SELECT id FROM weather_rain ORDER BY id")).scalars())


def places_free(app):
    """How many transactions may begin at this moment."""
    places = app.extensions["gateway"].ledger._places
    taken = sum(places.acquire(blocking=False) for _ in range(CONNECTIONS_MOST + 1))
    for _ in range(taken):
        places.release()
    return taken


def test_an_action_that_ends_the_transaction_has_failed_once_and_left_nothing(app, ada):
    for number, way in enumerate(ENDS):
        wanted = {"drops": number * 10, "way": way, "when": "approved"}
        asked = ada.post("/rain", wanted)
        press_twice(ada, asked)
        failed = ada.see(asked).json
        assert (failed["status"], failed["error"]["code"]) == ("failed", "internal_error"), way
        assert drops(app) == [], way
        trail = [each.edge for each in promises.edges(app)[asked.json["confirmation_id"]]]
        assert trail == ["asked", "approved", "failed"], way
    promises.check(app, settled=True)
    assert places_free(app) == CONNECTIONS_MOST


def test_a_question_that_ends_the_transaction_is_not_asked_and_leaves_nothing(app, ada):
    for way in ENDS:
        refused = ada.post("/rain", {"drops": 1, "way": way, "when": "asked"})
        assert (refused.status_code, refused.json["code"]) == (500, "internal_error"), way
        assert drops(app) == [], way
    assert promises.edges(app) == {}


def test_a_query_cannot_end_it_either(app):
    for way in ENDS:
        refused = app.test_client().get("/weather/rain", query_string={"way": way})
        assert (refused.status_code, refused.json["code"]) == (500, "internal_error"), way


def test_the_log_tells_the_author_what_to_do_instead(app, ada, caplog):
    ada.approve(ada.post("/rain", {"drops": 1, "way": "commit", "when": "approved"}))
    assert "do not call commit() on the ledger. Use begin_nested() for a part that" in caplog.text


def test_savepoints_are_the_authors_own(app, ada):
    for way, kept in (("nested", [0, 1, 3]), ("session", [10, 11, 12])):
        first = kept[0]
        done = ada.do("/rain", {"drops": first, "way": way, "when": "approved"})
        assert done.json["status"] == "executed"
        assert [each for each in drops(app) if each >= first] == kept


def test_whatever_breaks_a_transaction_its_place_is_given_back(app):
    """Mistakes, and connections that are gone when it is to be ended, from many threads at once."""
    ledger = app.extensions["gateway"].ledger

    def break_one(number):
        with suppress(Exception), ledger.write() as connection:
            connection.execute(text("INSERT INTO weather_rain VALUES (:id)"), {"id": number})
            if number % 4 == 0:
                connection.commit()
            if number % 4 == 1:
                connection.connection.driver_connection.close()
            if number % 4 == 2:
                raise ValueError
            connection.execute(text("SELECT id FROM nowhere"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(break_one, range(100)))
    assert drops(app) == []
    assert places_free(app) == CONNECTIONS_MOST
    assert ledger.engine.pool.checkedout() == 0
    assert not ledger._writing.locked()


def test_a_connection_says_which_call_was_not_its_borrowers(app):
    with app.extensions["gateway"].ledger.write() as connection:
        for name in ("begin", "commit", "rollback", "close"):
            with pytest.raises(NotYourTransaction, match=rf"do not call {name}\(\) on"):
                getattr(connection, name)()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
