"""What must hold for every action at any moment, read from the ledger and from its audit trail.

Written from the promises, not from the code that keeps them.
"""

from collections import defaultdict

from flask import Flask
from sqlalchemy import select

from gateway.audit.verify import verify
from gateway.storage.tables import audit, confirmations, outbox

OVER = {"executed", "failed", "declined", "expired", "cancelled", "superseded", "needs_review"}
# How an action stands after an edge of that name.
AFTER = {
    "asked": "confirmation_required",
    "approved": "executing",
    "claimed": "executing",
    "put_back": "executing",
}
NOTES = {"wrong_person"}


def rows(app: Flask, table) -> list:
    with app.extensions["gateway"].ledger.read() as connection:
        key = table.c.seq if table is audit else next(iter(table.primary_key))
        return list(connection.execute(select(table).order_by(key)))


def edges(app: Flask) -> dict[str, list]:
    """The trail of every action, oldest first."""
    found = defaultdict(list)
    for row in rows(app, audit):
        found[row.confirmation_id].append(row)
    return found


def check(app: Flask, *, settled: bool = False) -> int:
    """Hold the ledger to its promises; `settled` says that nothing may be under way any more. How many
    actions it knows."""
    verify(app.extensions["gateway"].ledger)
    trails, kept = edges(app), rows(app, confirmations)
    waiting = {row.confirmation_id for row in rows(app, outbox)}
    for row in kept:
        check_trail(trails[row.id], row)
        assert (row.id in waiting) == (row.status in ("executing", "outcome_unknown")), row.status
    if settled:
        assert not waiting
    return len(kept)


def check_trail(trail: list, row) -> None:
    """One action against its trail: I1 and I5 of the threat model, and that neither runs ahead."""
    told = [each for each in trail if each.edge not in NOTES]
    assert told, f"{row.id} is in the ledger, and nobody tells how it came there"
    assert told[0].edge == "asked"
    frozen = {(each.principal, each.client, each.action_hash, each.operation) for each in trail}
    assert frozen == {(row.principal, row.client, row.hash, row.operation)}
    assert not [each.edge for each in told[:-1] if each.edge in OVER], "it went on after its end"
    stands = AFTER.get(told[-1].edge, told[-1].edge)
    claimed_in_doubt = told[-1].edge == "claimed" and row.status == "outcome_unknown"
    assert stands == row.status or claimed_in_doubt, (stands, row.status)
    yes = [each for each in told if each.edge == "approved"]
    if row.status in ("executed", "needs_review", "executing", "outcome_unknown"):
        assert len(yes) == 1
    assert len(yes) <= 1
    for each in yes:
        takes = {"person"} if row.approve == "person" else {"person", "caller"}
        assert each.actor in takes, each.actor
        assert (each.session is not None) == (each.actor == "person")
