"""Time that passes: rows of the ledger are made older, as the store's clock cannot be moved."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import Table, select, update

from gateway.storage.types import Instant


def let_time_pass(app: Flask, how_long: timedelta, table: Table) -> None:
    """Move every instant in a table back."""
    moments = [column for column in table.columns if isinstance(column.type, Instant)]
    [key] = table.primary_key.columns
    with app.extensions["gateway"].ledger.write() as connection:
        for row in connection.execute(select(key, *moments)).all():
            earlier = {
                column.name: moment - how_long
                for column, moment in zip(moments, row[1:], strict=True)
                if moment
            }
            connection.execute(update(table).where(key == row[0]).values(**earlier))
