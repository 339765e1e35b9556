"""Grants that are over are forgotten, and that takes no longer the more tokens there are."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from gateway.auth import accounts, grants
from gateway.storage import patience, tables

GRANTS, TOKENS = 1_000, 50
SECONDS = 0.4  # it takes 0.03 at most; with a list of all tokens PostgreSQL took 0.8


@pytest.fixture
def ledger(start, store):
    return start(PLUGINS="counter", **store).extensions["gateway"].ledger


def exchanged(grant, until):
    """The refresh tokens of a year, each exchanged for the next."""
    now = datetime.now(UTC)
    return [
        {
            "hash": f"{grant}-{number}",
            "grant_id": grant,
            "created_at": now,
            "expires_at": until,
            "used_at": now,
        }
        for number in range(TOKENS)
    ]


def test_many_used_tokens_are_no_reason_to_wait(ledger):
    now = datetime.now(UTC)
    # As many rows as a year makes, at once: a request would not wait for that.
    with patience.lasting(60), ledger.write() as connection:
        ada = accounts.add(connection, "ada@example.com")
        ids = [
            grants.begin(
                connection, ada.id, "counter", [], client=f"gwc_{number}", client_name="", now=now
            )
            for number in range(GRANTS)
        ]
        lasting, over = ids[: GRANTS // 2], ids[GRANTS // 2 :]
        rows = [row for each in lasting for row in exchanged(each, now + timedelta(days=30))]
        rows += [row for each in over for row in exchanged(each, now - timedelta(seconds=1))]
        connection.execute(insert(tables.refresh_tokens), rows)

    with ledger.write() as connection:
        if ledger.engine.dialect.name == "postgresql":  # as little as for many more tokens
            connection.execute(text("SET LOCAL work_mem = '64kB'"))
        began = time.monotonic()
        grants.forget_what_is_over(connection, now)
        took = time.monotonic() - began

    assert took < SECONDS
    with ledger.read() as connection:
        assert set(connection.execute(select(tables.grants.c.id)).scalars()) == set(lasting)
        left = connection.execute(select(tables.refresh_tokens.c.hash)).all()
    assert len(left) == len(lasting) * TOKENS
