"""The audit trail: what is in it stays as it was, and whatever is done to it is found."""

import hashlib
import json
import logging
import random
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, exc, insert, select, text, update

from gateway.audit import edges, reading, trail
from gateway.audit.trail import Entry, Head, network_prefix
from gateway.audit.verify import Broken, verify
from gateway.storage.tables import audit, audit_head
from tests.kit.command_line import command_line, refusal
from tests.kit.people import Person
from tests.kit.server import running

APPROVED = (("asked", "caller"), ("approved", "person"), ("executed", "gateway"))


@pytest.fixture
def app(start, store):
    return start(PLUGINS="counter", **store)


@pytest.fixture
def ledger(app):
    return app.extensions["gateway"].ledger


@pytest.fixture
def stories(ledger):
    """A trail of nine rows: two actions that were done and, among them, one that was declined."""
    lin, ann = entry(principal="usr_lin"), entry(principal="usr_ann")
    append(ledger, *story(lin, *APPROVED[:2]))
    append(ledger, *story(ann, *APPROVED[:1]), replace(lin, edge="wrong_person", actor="person"))
    append(ledger, *story(lin, *APPROVED[2:]))
    append(ledger, *story(ann, ("declined", "person")))
    append(ledger, *story(entry(), *APPROVED))
    return verify(ledger)


def entry(**values) -> Entry:
    """An action that is new, in words that are long enough to be found in a file."""
    told = {
        "confirmation_id": f"cnf_{secrets.token_hex(16)}",
        "plugin": "counter",
        "operation": "add",
        "edge": "asked",
        "actor": "caller",
        "principal": "usr_lin",
        "client": "https://assistant.example/client.json",
        "approve": "chat",
        "action_hash": f"sha256:{secrets.token_hex(32)}",
        "question_hash": f"sha256:{secrets.token_hex(32)}",
        "network": "192.0.2.0/24",
    }
    return Entry(**{**told, **values})


def story(of: Entry, *marks: tuple[str, str]) -> list[Entry]:
    at_the_page = {"person": of.principal}
    return [
        replace(of, edge=edge, actor=actor, account=at_the_page.get(actor)) for edge, actor in marks
    ]


def append(ledger, *entries: Entry) -> None:
    with ledger.write() as connection:
        trail.append(connection, entries)


def logged(ledger) -> Head:
    with ledger.read() as connection:
        return trail.head(connection)


def tamper(ledger, *statements) -> None:
    """What somebody does who owns the ledger: no trigger keeps them."""
    with ledger.write() as connection:
        for name in ("gateway_audit_no_update", "gateway_audit_no_delete"):
            if ledger.is_sqlite:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        if not ledger.is_sqlite:
            connection.execute(text("ALTER TABLE gateway_audit DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


def fault(ledger, earlier: Head | None = None) -> str:
    with pytest.raises(Broken) as broken:
        verify(ledger, earlier)
    return str(broken.value)


def test_every_row_is_there_and_sealed(app, ledger, stories):
    assert stories == logged(ledger)
    assert stories.seq == 9
    assert command_line(app)("audit", "verify") == (0, f"9 rows, head {stories}\n", "")
    rows = list(reading.rows(ledger))
    assert [row.seq for row in rows] == list(range(1, 10))
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]


def test_an_empty_trail_is_whole(start):
    flask = command_line(start(PLUGINS="counter"))
    assert flask("audit", "verify") == (0, f"0 rows, head 0:{'0' * 64}\n", "")


def test_others_can_compute_a_seal(ledger):
    """As docs/security.md tells it, which is the same on every store."""
    append(ledger, entry(client="助手"))
    [row] = [each.told() for each in reading.rows(ledger)]
    seal = row.pop("hash")
    told = ["gateway-audit-v1", dict(sorted(row.items()))]
    spelled = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(spelled.encode()).hexdigest() == seal
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}\+00:00", row["at"])


def test_the_ledger_itself_refuses_to_change_a_row(ledger, stories):
    def attempt(change: str) -> None:
        with ledger.write() as connection:
            connection.execute(text(change))

    for change in ("UPDATE gateway_audit SET edge = 'x'", "DELETE FROM gateway_audit"):
        with pytest.raises(exc.DBAPIError, match="gateway_audit is append-only"):
            attempt(change)
    assert verify(ledger) == stories


def test_what_is_taken_back_leaves_no_row(ledger, stories):
    def fail() -> None:
        with ledger.write() as connection:
            trail.append(connection, [entry()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert verify(ledger) == stories


# What somebody does to the trail of `stories`, and what is said of it.
DAMAGES = [
    (["DELETE FROM gateway_audit WHERE seq = 4"], "Row 4 is missing: row 5 is in its place."),
    (
        [
            "DELETE FROM gateway_audit WHERE seq = 4",
            "UPDATE gateway_audit SET seq = 4 WHERE seq = 9",
        ],
        "Row 4 does not follow row 3",
    ),
    (
        [
            "UPDATE gateway_audit SET seq = -1 WHERE seq = 3",
            "UPDATE gateway_audit SET seq = 3 WHERE seq = 4",
            "UPDATE gateway_audit SET seq = 4 WHERE seq = -1",
        ],
        "Row 3 does not follow row 2",
    ),
    (
        ["UPDATE gateway_audit SET seq = -7 WHERE seq = 5"],
        "Row 1 is missing: row -7 is in its place.",
    ),
    (["DELETE FROM gateway_audit WHERE seq = 9"], "Row 9 is missing: there were 9"),
    (["DELETE FROM gateway_audit"], "Row 1 is missing: there were 9"),
    (["DELETE FROM gateway_audit_head"], "The head is gone"),
    (["UPDATE gateway_audit_head SET hash = 'x'"], "Row 9 is another than the head says"),
    (["UPDATE gateway_audit_head SET seq = 8"], "Row 9 is beyond the head"),
    (
        [
            "INSERT INTO gateway_audit SELECT 10, at, confirmation_id, plugin, operation, edge,"
            " actor, principal, client, approve, account, network, session, action_hash, question_hash,"
            " hash, hash FROM gateway_audit WHERE seq = 9",
            "UPDATE gateway_audit_head SET seq = 10",
        ],
        "Row 10 is not as it was written",
    ),
]


def test_whatever_is_done_to_rows_is_found(app, ledger, stories):
    for statements, said in DAMAGES:
        with repaired_after(ledger):
            tamper(ledger, *statements)
            assert refusal(command_line(app)("audit", "verify")).startswith(said)
    assert verify(ledger) == stories


def test_a_change_of_any_column_is_found(ledger, stories):
    [kept] = [row for row in reading.rows(ledger) if row.seq == 4]
    others = {"at": kept.at + timedelta(microseconds=1), "session": "f" * 64}
    for column in set(audit.c) - {audit.c.seq}:
        with repaired_after(ledger):
            change = {column: others.get(column.name, "x")}
            tamper(ledger, update(audit).where(audit.c.seq == 4).values(change))
            assert fault(ledger).startswith("Row 4 "), column
    assert verify(ledger) == stories


@contextmanager
def repaired_after(ledger):
    """Put everything back in the end, so that the next damage is the only one."""
    with ledger.read() as connection:
        kept = {
            table: [each._asdict() for each in connection.execute(select(table))]
            for table in (audit, audit_head)
        }
    yield
    for table, rows in kept.items():
        tamper(ledger, delete(table), *(insert(table).values(each) for each in rows))


def test_a_trail_that_was_written_anew_is_found_by_a_head_from_the_log(app, ledger, caplog):
    append(ledger, *story(entry(), *APPROVED))
    with caplog.at_level(logging.INFO), ledger.read() as connection:
        trail.log_head(connection)
    [message] = caplog.messages
    earlier = message.removeprefix("audit head ")
    append(ledger, *story(entry(), *APPROVED))
    flask = command_line(app)
    assert flask("audit", "verify", "--head", earlier)[0] == 0

    tamper(ledger, "DELETE FROM gateway_audit")
    tamper(ledger, f"UPDATE gateway_audit_head SET seq = 0, hash = '{trail.BEGINNING}'")
    append(ledger, *story(entry(), *APPROVED[:1]))
    said = refusal(flask("audit", "verify", "--head", earlier))
    assert said == "Row 2 is missing: there were 3, and the end is cut off."
    append(ledger, *story(entry(), *APPROVED))
    assert flask("audit", "verify")[0] == 0
    said = refusal(flask("audit", "verify", "--head", earlier))
    assert said == "Row 3 is another than the one that was logged: the trail was rewritten."


def test_what_is_no_head_is_told(start):
    flask = command_line(start(PLUGINS="counter"))
    for head in ("7", "7:abc", f"x:{'0' * 64}"):
        status, output, errors = flask("audit", "verify", "--head", head)
        assert (status, output) == (2, "")
        assert "Copy it from the log" in errors


def test_the_log_of_a_server_has_the_head(tmp_path):
    """So that whoever keeps the log elsewhere has what the ledger's owner cannot change."""
    with running(tmp_path, PLUGINS="knowledge", WEB_CONCURRENCY="1") as server:
        until = time.monotonic() + 10
        while "audit head" not in server.log.read_text() and time.monotonic() < until:
            time.sleep(0.05)
        assert f"audit head 0:{trail.BEGINNING}\n" in server.log.read_text()


@pytest.mark.parametrize(
    "every",
    [pytest.param(41, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)],
)
def test_a_byte_that_is_flipped_in_the_file_is_found(start, tmp_path, every):
    """Each byte of a row counts: those of its text, those that say where its columns begin, the one
    between day and time, and what the index says of it.
    """
    ledger = start(PLUGINS="counter").extensions["gateway"].ledger
    found = entry(principal="usr_in_an_index_too")
    append(ledger, *story(entry(), *APPROVED), *story(found, *APPROVED))
    end = verify(ledger)
    ledger.close()  # the last connection: all is in the one file now
    path = tmp_path / "data" / "ledger.sqlite3"
    whole = path.read_bytes()
    bits = random.Random(every)
    begin, end_of_row = of_row(whole, found.confirmation_id)
    day_and_time = whole.index(found.confirmation_id.encode()) - len("08:30:00.123456 ")
    in_an_index = [each.start() for each in re.finditer(found.principal.encode(), whole)]
    for place in (*range(begin, end_of_row, every), day_and_time, *in_an_index):
        with path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([whole[place] ^ 1 << bits.randrange(8)]))
        assert fault(ledger), place
        ledger.close()
        path.write_bytes(whole)
    assert verify(ledger) == end


def of_row(whole: bytes, confirmation_id: str) -> tuple[int, int]:
    """Where a row is in a file of SQLite: before its moment are 20 bytes that say how long all is."""
    begins = whole.index(confirmation_id.encode())
    return begins - len("2026-11-23 08:30:00.123456") - 20, begins + 500


def test_many_at_once_write_one_trail(ledger):
    """Each in its turn, on both stores, whether they write one row or three."""
    work = [story(entry(), *APPROVED[: 1 + number % 3]) for number in range(64)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda rows: append(ledger, *rows), work))
    assert verify(ledger).seq == sum(map(len, work))


WRONG = [
    ("is 'executed' of an action that nobody approved", ["asked", "executed"]),
    ("is 'claimed' of an action that nobody approved", ["asked", "claimed"]),
    ("approves an action that was approved before", ["asked", "approved", "approved"]),
    ("is 'approved' of an action that is over", ["asked", "declined", "approved"]),
    ("is 'executed' of an action that is over", ["asked", "approved", "executed", "executed"]),
    ("is 'approved' of an action that is over, or was never", ["approved", "executed"]),
    ("asks about an action that was asked about before", ["asked", "asked"]),
]


def test_a_trail_of_what_must_not_happen_is_no_good(app, ledger, caplog):
    """Sealed as it should be, and yet no action may go that way."""
    for said, names in WRONG:
        with repaired_after(ledger):
            append(ledger, *story(entry(), *((name, "gateway") for name in names)))
            told = refusal(command_line(app)("audit", "verify"))
            assert told.startswith(f"Row {len(names)} " if "never" not in said else "Row 1 ")
            assert said in told


@pytest.mark.parametrize("by", [("caller", None), ("person", "usr_eve"), ("gateway", "usr_lin")])
def test_where_only_the_person_decides_nobody_else_approved(by):
    asked, ways = replace(row(1, "asked"), approve="person"), edges.Edges()
    assert ways.fault(asked) is None
    actor, account = by
    approved = replace(asked, edge="approved", actor=actor, account=account)
    assert ways.fault(approved) == "approves on the page what the person did not approve"


def test_a_yes_is_to_the_very_action_that_was_asked_about():
    for name in edges.SAME:
        asked, ways = row(1, "asked"), edges.Edges()
        assert ways.fault(asked) is None
        said = ways.fault(replace(asked, edge="approved", **{name: "another"}))
        assert said == f"is 'approved' with another {name} than the action was asked with"


@pytest.mark.parametrize(
    "names",
    [
        ["asked", "wrong_person", "approved", "executed", "wrong_person"],
        ["asked", "expired"],
        ["asked", "superseded"],
        ["asked", "cancelled"],
        ["asked", "approved", "claimed", "put_back", "claimed", "outcome_unknown", "executed"],
        ["asked", "approved", "claimed", "put_back", "claimed", "failed"],
        ["asked", "approved", "claimed", "outcome_unknown", "needs_review"],
        ["asked", "approved", "failed"],
    ],
    ids="-".join,
)
def test_every_way_an_action_may_go_is_good(names):
    ways = edges.Edges()
    rows = [row(seq, name) for seq, name in enumerate(names, start=1)]
    assert [ways.fault(each) for each in rows] == [None] * len(names)


def row(seq: int, edge: str) -> reading.Row:
    told = {
        **asdict(entry(confirmation_id="cnf_1", action_hash="a", question_hash="q")),
        "edge": edge,
    }
    return reading.Row(**told, seq=seq, at=datetime.now(UTC), previous="", hash="")


def test_what_is_over_is_forgotten():
    """However long the trail is, checking it takes the memory of what is open."""
    ways = edges.Edges()
    for edge in ("asked", "approved", "executed", "wrong_person"):
        assert ways.fault(row(1, edge)) is None
    assert not ways.open


def test_an_operator_reads_the_trail(start):
    app = start(PLUGINS="counter")
    gateway = app.extensions["gateway"]
    lin = Person(app, "lin@example.com", "counter")
    own, other = entry(principal=lin.account.id), entry(principal="usr_ann", client=None)
    append(gateway.ledger, own, *story(other, *APPROVED))
    flask = command_line(app)
    assert flask("audit", "list")[1].count("\n") == 4
    [line] = flask("audit", "list", "--user", "LIN@example.com")[1].splitlines()
    number, at, *columns = line.split("\t")
    assert (number, columns) == (
        "1",
        [
            own.principal,
            "counter",
            "add",
            "asked",
            "caller",
            own.client,
            own.network,
            own.confirmation_id,
        ],
    )
    assert datetime.fromisoformat(at).utcoffset() == timedelta(0)
    of_one = flask("audit", "list", "--confirmation", other.confirmation_id)[1].splitlines()
    assert [each.split("\t")[5] for each in of_one] == ["asked", "approved", "executed"]
    assert "has no account" in refusal(flask("audit", "list", "--user", "nobody@example.com"))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", None),
        ("", None),
        (None, None),
    ],
)
def test_a_network_is_kept_and_no_address(address, network):
    assert network_prefix(address) == network
