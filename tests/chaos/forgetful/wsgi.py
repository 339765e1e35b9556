"""A gateway whose ledger lies, for a test that has to notice: it drops some of what it says is kept."""

import os
import random

from sqlalchemy import Connection, Transaction

from gateway.app import create_app
from gateway.storage import ledger

DROPPED = 0.2

honest_commit = ledger._commit


def commit(connection: Connection, transaction: Transaction) -> None:
    """Say that it is kept, and once in a while forget it."""
    if random.random() < DROPPED:
        transaction.rollback()
    else:
        honest_commit(connection, transaction)


def begin_to_lie() -> None:
    ledger._commit = commit


app = create_app()
# The workers lie, and not the process they come from: the tables are to be there.
os.register_at_fork(after_in_child=begin_to_lie)
