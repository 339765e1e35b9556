"""The ledger: made by migrations, refused when it is not ours, and 503 when it is gone."""

import os
import shutil
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Timer

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from gateway.app import SAMPLES
from gateway.boot import BootError
from gateway.config import SettingError, Settings
from gateway.storage import engines, patience
from gateway.storage.migration import LedgerError
from gateway.storage.secret import secret_key
from gateway.storage.tables import metadata
from tests.kit.apps import TEST_PLUGINS
from tests.kit.people import Person
from tests.kit.server import ROOT, free_port
from tests.kit.written import write_plugin

TABLE = "rain = plugin.table('rain', Column('id', String(40), primary_key=True))"
IMPORT = "from sqlalchemy import Column, MetaData, String, Table, insert, text"
MIGRATION = '''"""Rain."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down}


def upgrade():
    prefix = op.get_context().config.attributes["prefix"]
    {upgrade}
'''
MAKE_RAIN = 'op.create_table(f"{prefix}rain", sa.Column("id", sa.String(40), primary_key=True))'


def write_migration(plugin, revision, upgrade, down=None):
    folder = plugin / "migrations"
    folder.mkdir(exist_ok=True)
    code = MIGRATION.format(revision=revision, down=repr(down), upgrade=upgrade)
    (folder / f"{revision}.py").write_text(code)


def settings_in(folder, **environ):
    return Settings.from_environ({"DATA_DIR": str(folder), **environ})


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


@contextmanager
def writer_elsewhere(path):
    """Another process that holds the ledger for writing, until what is given is called."""
    command = [sys.executable, "-c", LOCK, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        assert other.stdout.readline() == "locked\n"
        yield other.stdin.close


def gateway_of(app):
    return app.extensions["gateway"]


def differences(gateway, owner, declared):
    """What would have to change for the tables of `owner` to be as declared."""

    def is_own(name, kind, _):
        return kind != "table" or (name.startswith(f"{owner}_") and name != f"{owner}_version")

    options = {"include_name": is_own, "compare_type": True, "compare_server_default": True}
    with gateway.ledger.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), declared)


def table_names(gateway):
    with gateway.ledger.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


# --- migrations


def test_the_migrations_make_exactly_the_tables_that_are_declared(start, store, tmp_path):
    """Also of copies, whose tables and constraints must not meet those of their originals."""
    for original in (SAMPLES / "booking", TEST_PLUGINS / "counter"):
        shutil.copytree(original, tmp_path / "copies" / f"{original.name}copy")
    folders = (SAMPLES, TEST_PLUGINS, tmp_path / "copies")
    gateway = gateway_of(start(folders=folders, **store))
    owners = {name: each.metadata for name, each in gateway.plugins.items() if each.metadata.tables}
    assert {"booking", "bookingcopy", "counter", "countercopy"} <= owners.keys()
    for owner, declared in {"gateway": metadata, **owners}.items():
        assert differences(gateway, owner, declared) == [], owner
        assert table_names(gateway) >= declared.tables.keys() | {f"{owner}_version"}


def test_a_second_start_finds_what_the_first_made(start, store):
    first = start(PLUGINS="counter", **store)
    ada = Person(first, "ada@example.com", "counter")
    ada.do("/counts", {"amount": 3})
    second = start(PLUGINS="counter", **store)
    answer = second.test_client().get("/counter/total", headers=ada.headers)
    assert answer.json == {"total": 3, "rows": 1}


def test_a_plugin_that_comes_and_goes_keeps_its_rows(start, store):
    ada = Person(start(PLUGINS="counter,keyed", **store), "ada@example.com", "counter")
    ada.do("/counts", {"amount": 3})
    assert start(PLUGINS="keyed", **store).test_client().get("/counter/total").status_code == 404
    back = start(PLUGINS="counter,keyed", **store)
    answer = back.test_client().get("/counter/total", headers=ada.headers)
    assert answer.json == {"total": 3, "rows": 1}


def test_a_new_revision_is_run_at_the_next_start_and_rows_stay(start, store, tmp_path):
    folder = tmp_path / "plugins"
    plugin = write_plugin(folder, f"{IMPORT}\n{TABLE}")
    write_migration(plugin, "0001", MAKE_RAIN)
    gateway = gateway_of(start(folders=[folder], **store))
    with gateway.ledger.write() as connection:
        connection.execute(text("INSERT INTO weather_rain (id) VALUES ('monday')"))
    amount = 'op.add_column(f"{prefix}rain", sa.Column("amount", sa.Integer))'
    write_migration(plugin, "0002", amount, down="0001")
    gateway = gateway_of(start(folders=[folder], **store))
    with gateway.ledger.read() as connection:
        assert connection.execute(text("SELECT * FROM weather_rain")).all() == [("monday", None)]
        assert connection.execute(text("SELECT * FROM weather_version")).scalar_one() == "0002"


def test_a_migration_that_fails_leaves_nothing_behind(start, store, tmp_path):
    folder = tmp_path / "plugins"
    plugin = write_plugin(folder, f"{IMPORT}\n{TABLE}")
    write_migration(plugin, "0001", f"{MAKE_RAIN}\n    1 / 0")
    with pytest.raises(ZeroDivisionError):
        start(folders=[folder], **store)
    gateway = gateway_of(start(folders=[TEST_PLUGINS], PLUGINS="keyed", **store))
    assert "weather_rain" not in table_names(gateway)
    write_migration(plugin, "0001", MAKE_RAIN)
    assert "weather_rain" in table_names(gateway_of(start(folders=[folder], **store)))


@pytest.mark.parametrize("owner", ["gateway", "counter"])
def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(start, store, owner):
    gateway = gateway_of(start(PLUGINS="counter", **store))
    with gateway.ledger.write() as connection:
        connection.execute(text(f"UPDATE {owner}_version SET version_num = '9999'"))
    before = table_names(gateway)
    with pytest.raises(LedgerError) as refused:
        start(PLUGINS="counter", **store)
    assert str(refused.value) == (
        f"{owner}: the ledger is at revision 9999, which this version does not know. It was made by"
        " a newer one: start that, or restore an older ledger."
    )
    assert table_names(gateway) == before
    with gateway.ledger.read() as connection:
        number = connection.execute(text(f"SELECT version_num FROM {owner}_version")).scalar_one()
    assert number == "9999"


def test_a_table_without_the_plugins_name_is_refused(start, tmp_path):
    code = f"{IMPORT}\nTable('rain', plugin.metadata, Column('id', String(40), primary_key=True))"
    write_plugin(tmp_path / "plugins", code)
    with pytest.raises(LedgerError) as refused:
        start(folders=[tmp_path / "plugins"])
    assert str(refused.value) == (
        "weather: the table rain does not carry the plugin's name. Make it with plugin.table(...)."
    )


@pytest.mark.parametrize("has_folder", [False, True])
def test_a_table_that_no_migration_makes_is_refused(start, tmp_path, has_folder):
    """Otherwise the first call would find it missing."""
    plugin = write_plugin(tmp_path / "plugins", f"{IMPORT}\n{TABLE}")
    if has_folder:
        write_migration(plugin, "0001", "pass")
    with pytest.raises(LedgerError, match=r"^weather: .*weather_rain"):
        start(folders=[tmp_path / "plugins"])


def test_a_table_with_the_name_of_the_version_table_is_refused(start, tmp_path):
    plugin = write_plugin(tmp_path / "plugins", f"{IMPORT}\n{TABLE.replace('rain', 'version')}")
    write_migration(plugin, "0001", MAKE_RAIN.replace("rain", "version"))
    with pytest.raises(Exception, match=r"^weather: .*weather_version"):
        start(folders=[tmp_path / "plugins"])


START = """
import sys
from gateway.app import create_app
print("ready", flush=True)
sys.stdin.readline()
app = create_app()
print(app.extensions["gateway"].secret)
"""


def test_four_processes_may_start_at_once_on_an_empty_ledger(start, store, tmp_path):
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "PLUGINS": "counter"}
    environ |= {"PLUGINS_DIR": str(TEST_PLUGINS), **store}
    command = [sys.executable, "-c", START]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    starting = [
        subprocess.Popen(command, cwd=ROOT, env=environ, text=True, **pipes) for _ in range(4)
    ]
    for each in starting:
        assert each.stdout.readline() == "ready\n"
    for each in starting:
        each.stdin.write("\n")
        each.stdin.flush()
    ended = [each.communicate(timeout=30) for each in starting]
    assert [each.returncode for each in starting] == [0] * 4, ended
    assert len({output for output, _ in ended}) == 1
    gateway = gateway_of(start(PLUGINS="counter", **store))
    assert differences(gateway, "gateway", metadata) == []
    assert f"{gateway.secret}\n" == ended[0][0]


def test_a_start_waits_for_another_that_has_just_made_the_ledger(start, tmp_path):
    """SQLite itself does not wait where the mode of the journal is changed."""
    (tmp_path / "data").mkdir()
    with writer_elsewhere(tmp_path / "data" / "ledger.sqlite3") as let_go:
        Timer(0.5, let_go).start()
        app = start(PLUGINS="keyed")
    assert app.test_client().get("/readyz").json == {"status": "ready"}


# --- SQLite as it is set up


@pytest.mark.parametrize(
    ("version", "mode"),
    [((3, 40, 1), "TRUNCATE"), ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 53, 0), "WAL")],
)
def test_the_journal_is_wal_only_where_sqlite_has_the_fix(version, mode):
    assert engines.journal_mode(version) == mode


def test_sqlite_is_set_up_to_lose_nothing(start):
    gateway = gateway_of(start(PLUGINS="keyed"))
    with gateway.ledger.read() as connection:
        version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
        pragma = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    mode = engines.journal_mode(tuple(map(int, version.split(".")))).lower()
    assert pragma == {"journal_mode": mode, "synchronous": 2, "foreign_keys": 1}


def test_an_account_takes_what_is_its_own_with_it(start, store):
    app = start(PLUGINS="counter", **store)
    ada = Person(app, "ada@example.com", "counter")
    with gateway_of(app).ledger.write() as connection:
        connection.execute(text("DELETE FROM gateway_accounts"))
    assert ada.get("/total").status_code == 401


# --- the secret


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(start, tmp_path):
    first, second = (gateway_of(start(PLUGINS="keyed")).secret for _ in range(2))
    assert first == second
    assert len(first) >= 32
    path = tmp_path / "data" / "secret_key"
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_gateways_have_two_secrets(tmp_path):
    assert secret_key(settings_in(tmp_path / "a")) != secret_key(settings_in(tmp_path / "b"))


def test_starts_that_race_share_one_secret(tmp_path):
    for number in range(40):
        folder, together = tmp_path / str(number), Barrier(8)

        def start_at_once(_, folder=folder, together=together):
            together.wait()
            return secret_key(settings_in(folder))

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(start_at_once, range(8)))) == 1
        assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_an_empty_secret_is_refused(start, tmp_path):
    """With it, anybody could make forms that pass for ours."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_key").touch()
    with pytest.raises(BootError, match="secret_key"):
        start(PLUGINS="keyed")


def test_a_secret_that_is_given_is_used_and_never_written(start, tmp_path):
    assert gateway_of(start(PLUGINS="keyed", SECRET_KEY="given")).secret == "given"
    assert not (tmp_path / "data" / "secret_key").exists()


# --- settings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        *(
            ("PORT", value, "write a number from 1 to 65535")
            for value in ("http", "0", "65536", "-1")
        ),
        *(
            ("BASE_URL", value, "write it like https://plugins.example.com")
            for value in ("plugins.example.com", "ftp://example.com", "https://", "https://:443")
        ),
        *(
            (
                "BASE_URL",
                f"https://{value}",
                "write scheme and host only, like https://plugins.example.com",
            )
            for value in (
                "example.com/gateway",
                "example.com?a=b",
                "example.com#a",
                "me@example.com",
            )
        ),
        ("DATABASE_URL", "mysql://x", "write it like postgresql+psycopg://user:password@host/name"),
        (
            "DATABASE_URL",
            "postgresql://x",
            "write it like postgresql+psycopg://user:password@host/name",
        ),
        ("REDIS_URL", "localhost:6379", "write it like redis://host:6379/0"),
        *(
            ("TRUSTED_PROXIES", value, "write how many proxies stand in front, 0 to 10")
            for value in ("yes", "-1", "11", "1.5")
        ),
        *(
            ("SERVICE_KEYS", value, "write it like openai:long-secret,other:another-secret")
            for value in ("secret", "openai:", ":secret", "openai:secret,other")
        ),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(start, name, value, told):
    with pytest.raises(SettingError) as refused:
        start(PLUGINS="keyed", **{name: value})
    assert str(refused.value) == f"{name} cannot be read: {told}."


@pytest.mark.parametrize(
    "value", ["https://example.com:port", "https://example.com:99999", "http://[::1"]
)
def test_a_root_with_an_impossible_port_or_host_is_refused(start, value):
    with pytest.raises(SettingError, match=r"^BASE_URL cannot be read: "):
        start(PLUGINS="keyed", BASE_URL=value)


@pytest.mark.parametrize("value", ["often", "60", "sixty/minute", "60/fortnight"])
def test_a_rate_that_cannot_be_read_is_refused(start, value):
    with pytest.raises(SettingError) as refused:
        start(PLUGINS="keyed", RATE_LIMIT=value)
    assert str(refused.value) == f'RATE_LIMIT cannot be "{value}". Write it like 60/minute, or off.'


def test_a_ledger_of_many_machines_needs_a_secret_that_they_share(start):
    with pytest.raises(SettingError) as refused:
        start(PLUGINS="keyed", DATABASE_URL="postgresql+psycopg://localhost/gateway")
    assert str(refused.value) == (
        "SECRET_KEY must be set when DATABASE_URL is, so that all machines share it. Make one with:"
        " openssl rand -hex 32"
    )


@pytest.mark.parametrize("name", ["data", "data/inside"])
def test_a_data_dir_that_can_be_none_is_refused(start, tmp_path, name):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SettingError, match="DATA_DIR"):
        start(PLUGINS="keyed", DATA_DIR=str(tmp_path / name))


def test_keys_of_one_plugin_are_read_at_the_start(start):
    with pytest.raises(SettingError, match=r"^KEYED_SERVICE_KEYS cannot be read: "):
        start(PLUGINS="keyed", KEYED_SERVICE_KEYS="nonsense")


SETTING = """
VALUE = plugin.setting("VALUE", {default}, "What for.")

@plugin.query("/value", returns={{"value": fields.String()}}, auth=Public())
def tell_value():
    "Tell the value."
    return {{"value": repr(VALUE.value)}}
"""


@pytest.mark.parametrize(
    ("default", "given", "value"),
    [
        ("'a'", None, "'a'"),
        ("'a'", "", "'a'"),
        ("'a'", " b ", "'b'"),
        ("5", None, "5"),
        ("5", "6", "6"),
        ("2.5", "3", "3.0"),
        ("False", "true", "True"),
        ("True", "off", "False"),
        ("False", "ON", "True"),
        ("__import__('pathlib').Path('notes')", "/srv/notes", "PosixPath('/srv/notes')"),
    ],
)
def test_a_setting_of_a_plugin_has_the_type_of_its_default(start, tmp_path, default, given, value):
    write_plugin(tmp_path / "plugins", SETTING.format(default=default))
    environ = {} if given is None else {"WEATHER_VALUE": given}
    client = start(folders=[tmp_path / "plugins"], **environ).test_client()
    assert client.get("/weather/value").json == {"value": value}


@pytest.mark.parametrize(
    ("default", "given"), [("5", "many"), ("5", "2.5"), ("2.5", "much"), ("True", "perhaps")]
)
def test_a_setting_of_a_plugin_that_cannot_be_right_is_refused_at_the_start(
    start, tmp_path, default, given
):
    write_plugin(tmp_path / "plugins", SETTING.format(default=default))
    with pytest.raises(SettingError, match=r"^WEATHER_VALUE cannot be read: "):
        start(folders=[tmp_path / "plugins"], WEATHER_VALUE=given)


# --- the ledger is gone


def assert_unavailable(refused):
    assert (refused.status_code, refused.json["code"]) == (503, "store_unavailable")
    assert refused.mimetype == "application/problem+json"
    assert refused.json["retryable"] is True
    assert int(refused.headers["Retry-After"]) > 0


def assert_all_fails_closed(ada, asked):
    """Nothing that needs the ledger is answered, and all that does not need it is."""
    client = ada.app.test_client()
    assert_unavailable(ada.get("/total"))
    assert_unavailable(ada.post("/counts", {"amount": 4}))
    assert_unavailable(ada.confirm(asked))
    assert_unavailable(client.get("/readyz"))
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/counter/echo?words=a").json == {"words": ["a"]}
    assert client.get("/counter/openapi.json").status_code == 200


def assert_all_is_well(ada, asked):
    """What was asked before waits still, is done once, and nothing else was done."""
    assert ada.app.test_client().get("/readyz").json == {"status": "ready"}
    assert ada.get("/total").json == {"total": 0, "rows": 0}
    assert [ada.confirm(asked).json["status"] for _ in range(2)] == ["executed"] * 2
    assert ada.get("/total").json == {"total": 3, "rows": 1}


@contextmanager
def administrator(url):
    """A connection to another database of the same server, and the name of this one."""
    address, _, name = url.replace("+psycopg", "").partition("?")[0].rpartition("/")
    query = url.partition("?")[2]
    with psycopg.connect(f"{address}/postgres?{query}", autocommit=True) as connection:
        yield connection, name


def test_postgresql_is_gone_and_comes_back(start, postgres_url):
    app = start(PLUGINS="counter", DATABASE_URL=postgres_url, SECRET_KEY="x")
    ada = Person(app, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    with administrator(postgres_url) as (admin, name):
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        assert_all_fails_closed(ada, asked)
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert_all_is_well(ada, asked)


def test_sqlite_is_gone_and_comes_back(start, tmp_path):
    app = start(PLUGINS="counter")
    ada = Person(app, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    gateway_of(app).ledger.engine.dispose()
    path = tmp_path / "data" / "ledger.sqlite3"
    path.rename(tmp_path / "away")
    path.mkdir()
    assert_all_fails_closed(ada, asked)
    path.rmdir()
    (tmp_path / "away").rename(path)
    assert_all_is_well(ada, asked)


def test_a_ledger_that_is_none_any_more_is_gone(start, tmp_path):
    app = start(PLUGINS="counter")
    ada = Person(app, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    gateway_of(app).ledger.engine.dispose()
    path = tmp_path / "data" / "ledger.sqlite3"
    kept = path.read_bytes()
    path.write_bytes(b"This is no database. " * 1_000)
    assert_all_fails_closed(ada, asked)
    path.write_bytes(kept)
    assert_all_is_well(ada, asked)


def test_a_writer_elsewhere_is_waited_for_but_not_for_ever(start, tmp_path):
    app = start(PLUGINS="counter")
    ada = Person(app, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    with writer_elsewhere(tmp_path / "data" / "ledger.sqlite3") as let_go:
        began = time.monotonic()
        assert_unavailable(ada.confirm(asked))
        assert time.monotonic() - began < patience.PATIENCE + 0.5
        assert ada.get("/total").json == {"total": 0, "rows": 0}
        assert app.test_client().get("/readyz").status_code == 200
        let_go()
    assert_all_is_well(ada, asked)


def backend_of(admin, name, like):
    """The process of the server that waits in a statement like this, as soon as there is one."""
    until = time.monotonic() + 10
    # Not one that passes by: other transactions commit, too.
    query = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = %s AND wait_event = 'PgSleep' AND query ILIKE %s"
    )
    while time.monotonic() < until:
        found = admin.execute(query, [name, like]).fetchone()
        if found:
            return found[0]
        time.sleep(0.01)
    raise AssertionError(f"Nothing like {like} is going on.")


SLOW_INSERT = """
CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';
CREATE {kind} TRIGGER slow AFTER INSERT ON counter_counts {when} FOR EACH ROW
    EXECUTE FUNCTION wait_long();
"""


@pytest.mark.parametrize(
    ("kind", "when", "statement", "code"),
    [
        ("", "", "INSERT INTO counter_counts%", "store_unavailable"),
        ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED", "COMMIT%", "outcome_unknown"),
    ],
    ids=["while it writes", "while it commits"],
)
def test_a_connection_that_is_lost_in_the_middle_does_nothing_by_halves(
    start, postgres_url, kind, when, statement, code
):
    app = start(PLUGINS="counter", DATABASE_URL=postgres_url, SECRET_KEY="x")
    ada = Person(app, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    with gateway_of(app).ledger.write() as connection:
        connection.execute(text(SLOW_INSERT.format(kind=kind, when=when)))
    with administrator(postgres_url) as (admin, name), ThreadPoolExecutor(1) as thread:
        confirmed = thread.submit(ada.confirm, asked)
        admin.execute("SELECT pg_terminate_backend(%s)", [backend_of(admin, name, statement)])
        refused = confirmed.result(20)
    assert (refused.status_code, refused.json["code"]) == (503, code)
    assert refused.json["retryable"] is True
    with gateway_of(app).ledger.write() as connection:
        connection.execute(text("DROP TRIGGER slow ON counter_counts"))
    assert_all_is_well(ada, asked)


WRITING_QUERY = """
@plugin.query("/tell", returns={"sky": fields.String()}, auth=Public())
def tell():
    "Tell the weather."
    ledger.execute(text("DELETE FROM gateway_accounts"))
"""


def test_a_query_can_change_nothing(start, store, tmp_path):
    """That is a mistake of its author's too: no repeat would help."""
    write_plugin(tmp_path / "plugins", f"{IMPORT}\n{WRITING_QUERY}")
    app = start(folders=[tmp_path / "plugins"], **store)
    Person(app, "ada@example.com", "weather")
    refused = app.test_client().get("/weather/tell")
    assert (refused.status_code, refused.json["code"]) == (500, "internal_error")
    with gateway_of(app).ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM gateway_accounts")).scalar_one() == 1
    Person(app, "eve@example.com", "weather")  # the connection can write again


def test_a_ledger_that_cannot_be_reached_stops_the_boot(start):
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nowhere"
    with pytest.raises(LedgerError) as refused:
        start(PLUGINS="keyed", DATABASE_URL=url, SECRET_KEY="x")
    assert str(refused.value).startswith(
        "The ledger cannot be reached. Start PostgreSQL or correct"
    )


MISTAKES = """
@plugin.query("/tell", returns={"sky": fields.String()}, auth=Public())
def tell():
    "Tell the weather."
    ledger.execute(text("SELECT sky FROM nowhere"))

@plugin.action("/act", returns={"sky": fields.String()}, confirm="Act?", approve="chat")
def act():
    "Act on the weather."
    ledger.execute(text("SELECT sky FROM nowhere"))
"""


def test_a_mistake_of_an_author_is_no_failure_of_the_store(start, store, tmp_path):
    """It would be told as something to repeat, which never helps."""
    plugin = 'plugin = Plugin(__name__, title="Weather", auth=Public())'
    write_plugin(tmp_path / "plugins", f"{IMPORT}\n{MISTAKES}", plugin=plugin)
    client = start(folders=[tmp_path / "plugins"], **store).test_client()
    refused = client.get("/weather/tell")
    assert (refused.status_code, refused.json["code"]) == (500, "internal_error")
    asked = client.post("/weather/act", json={}).json
    address = f"/weather/confirmations/{asked['confirmation_id']}"
    refused = client.post(f"{address}/confirm", json={"hash": asked["hash"]})
    assert (refused.status_code, refused.json["code"]) == (500, "internal_error")
    assert client.get(address).json["status"] == "failed"
