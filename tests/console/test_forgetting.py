"""What plugins keep of a person goes with the account, or nothing goes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.kit.forms import PASSWORD, send, sign_up
from tests.kit.people import Person
from tests.kit.written import write_plugin

EMAIL = "lin@example.com"
IMPORTS = "from sqlalchemy import Column, String, delete, insert\n"
TABLE = 'seen = plugin.table("seen", Column("person", String(64), primary_key=True))\n'
LOOK = """
@plugin.action("/look", returns={}, confirm="Look?", approve="chat")
def look():
    "Look at the sky."
    ledger.execute(insert(seen).values(person=caller.id))
    return {}
"""
FORGET = """
@plugin.forget
def forget_person(person_id):
    assert person_id == caller.id
    ledger.execute(delete(seen).where(seen.c.person == person_id))
"""
FAIL = "    raise RuntimeError('the disk is full')\n"
MIGRATION = '''"""Who looked."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    prefix = op.get_context().config.attributes["prefix"]
    op.create_table(f"{prefix}seen", sa.Column("person", sa.String(64), primary_key=True))
'''


@pytest.fixture
def start_with(start, tmp_path, store):
    """Start a gateway with plugins by name, each with more code than its table and action."""

    def start_with(**plugins):
        for name, code in plugins.items():
            title = f'plugin = Plugin(__name__, title="{name.title()}", auth=OAuth("read"))'
            folder = write_plugin(
                tmp_path / "plugins", IMPORTS + TABLE + LOOK + code, name=name, plugin=title
            )
            (folder / "migrations").mkdir()
            (folder / "migrations" / "0001_seen.py").write_text(MIGRATION, encoding="utf-8")
        return start(folders=[tmp_path / "plugins"], **store)

    return start_with


def seen(app, plugin):
    with app.extensions["gateway"].ledger.read() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {plugin}_seen"))


def delete(app, *plugins):
    """Lin and Eve look with each plugin; then Lin deletes the account."""
    client = app.test_client()
    sign_up(client, EMAIL)
    for plugin in plugins:
        for email in (EMAIL, "eve@example.com"):
            assert Person(app, email, plugin).do("/look").json["status"] == "executed"
    page = client.get("/account")
    return page, send(client, page, "/account/delete", password=PASSWORD)


def test_plugins_delete_what_is_of_that_person_alone(start_with):
    app = start_with(sky=FORGET, sea=FORGET)
    page, done = delete(app, "sky", "sea")
    assert "what Sky keeps of you;" in page.text
    assert done.status_code == 200
    assert (seen(app, "sky"), seen(app, "sea")) == (1, 1)


def test_a_plugin_that_says_nothing_of_it_is_named(start_with):
    app = start_with(sky="", sea=FORGET)
    page, done = delete(app, "sky", "sea")
    assert "Sky keeps what it stored; ask its publisher" in page.text
    assert 'href="mailto:contact@localhost"' in page.text
    assert "Sea keeps what it stored" not in page.text
    assert (done.status_code, seen(app, "sky"), seen(app, "sea")) == (200, 2, 1)


def test_when_one_plugin_fails_nothing_is_deleted(start_with, caplog):
    app = start_with(aaa=FORGET, sky=FORGET + FAIL, zzz=FORGET)
    _, refused = delete(app, "aaa", "sky", "zzz")
    assert refused.status_code == 500
    assert "Sky could not delete what it keeps of you, so nothing was deleted." in refused.text
    assert [seen(app, each) for each in ("aaa", "sky", "zzz")] == [2, 2, 2]
    assert "sky could not forget a person" in caplog.text
    assert Person(app, EMAIL, "sky").account
    client = app.test_client()
    assert client.get("/account").status_code == 303


def test_bookings_and_holds_go_and_their_places_are_free_again(start, store):
    app = start(PLUGINS="booking", **store)
    client = app.test_client()
    sign_up(client, EMAIL)
    lin, eve = (Person(app, email, "booking") for email in (EMAIL, "eve@example.com"))
    found = free(lin)
    book(lin, found[0])
    book(eve, found[1])
    ask(lin, found[2])
    assert free(eve)[0] == found[3]
    assert send(client, client.get("/account"), "/account/delete", password=PASSWORD)
    assert free(eve)[:3] == [found[0], *found[2:4]]
    assert len(eve.get("/bookings").json["bookings"]) == 1


def free(person):
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=14 - today.weekday())
    day = {"service": "massage", "day": str(monday)}
    return [slot["start"] for slot in person.get("/slots", day).json["slots"]]


def ask(person, start):
    typed = {"service": "massage", "start": start, "name": "Somebody"}
    return person.post("/bookings", typed)


def book(person, start):
    assert person.approve(ask(person, start)).json["status"] == "executed"
