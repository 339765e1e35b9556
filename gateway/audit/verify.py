"""Proving that the trail is whole: every row is there, unchanged and in its place.

Whoever can write to the ledger can write a whole new trail that fits. A head that was logged earlier,
and kept elsewhere, is no part of that one.
"""

from collections.abc import Iterator
from typing import Any

import rfc8785
from sqlalchemy import ColumnElement, Text, exc, func, select, text, type_coerce

from ..errors import Problem
from ..storage.ledger import Ledger
from ..storage.tables import audit
from .edges import Edges
from .reading import ROWS, Row
from .trail import BEGINNING, Head, head, seal

# A row's columns by name, and the moment as it is written.
Found = dict[str, Any]
# What comes of reading a row that is damaged: no number, no moment, no UTF-8, no row.
UNREADABLE = (Problem, exc.SQLAlchemyError, ValueError, TypeError)
# The moment as SQLite has it, where other texts could mean the same one.
WRITTEN = type_coerce(audit.c.at, Text).label("written")


class Broken(Exception):
    """What is wrong with the trail: one sentence, which names the first row that does not fit."""


def verify(ledger: Ledger, earlier: Head | None = None) -> Head:
    """Where the trail ends. Raises `Broken` for one that is not whole or not that of `earlier`.

    It takes as little memory for a long trail as for a short one, and no transaction for long.
    """
    _refuse_damaged_table(ledger)
    end, last = _ends(ledger)
    edges, so_far = Edges(), Head(0, BEGINNING)
    _refuse_another(so_far, earlier)
    for found in _rows_to(ledger, max(end.seq, last)):
        so_far = _follow(so_far, found, end)
        _refuse_another(so_far, earlier)
        if fault := edges.fault(_row(found)):
            raise Broken(f"Row {so_far.seq} {fault}.")
    _refuse_cut(so_far, end, earlier)
    return end


def _ends(ledger: Ledger) -> tuple[Head, int]:
    """Where the head says that the trail ends, and the number of the last row there is."""
    with ledger.read() as connection:
        try:
            end = head(connection)
        except exc.InvalidRequestError as error:
            raise Broken("The head is gone: gateway_audit_head has to have one row.") from error
        return end, connection.execute(select(func.max(audit.c.seq))).scalar_one() or 0


def _follow(before: Head, found: Found, end: Head) -> Head:
    """The head after one more row, if that is the one that was written there."""
    seq = before.seq + 1
    if found["seq"] != seq:
        raise Broken(f"Row {seq} is missing: row {found['seq']} is in its place.")
    if seq > end.seq:
        raise Broken(f"Row {seq} is beyond the head, which says that row {end.seq} is the last.")
    if found["previous"] != before.hash:
        raise Broken(f"Row {seq} does not follow row {before.seq}: it names another hash.")
    if not _is_as_written(found):
        raise Broken(f"Row {seq} is not as it was written: its hash is that of other columns.")
    return Head(seq, found["hash"])


def _is_as_written(found: Found) -> bool:
    written = found["written"]
    if isinstance(written, str) and written != f"{found['at']:%Y-%m-%d %H:%M:%S.%f}":
        return False
    try:
        return bool(seal(found) == found["hash"])
    except rfc8785.CanonicalizationError:
        return False


def _refuse_another(so_far: Head, earlier: Head | None) -> None:
    if earlier and so_far.seq == earlier.seq and so_far.hash != earlier.hash:
        raise Broken(
            f"Row {earlier.seq} is another than the one that was logged: the trail was rewritten."
        )


def _refuse_cut(so_far: Head, end: Head, earlier: Head | None) -> None:
    known = max(end.seq, earlier.seq if earlier else 0)
    if so_far.seq < known:
        raise Broken(
            f"Row {so_far.seq + 1} is missing: there were {known}, and the end is cut off."
        )
    if so_far != end:
        raise Broken(f"Row {end.seq} is another than the head says: its end was rewritten.")


def _refuse_damaged_table(ledger: Ledger) -> None:
    """SQLite's own look at the file: damage that changes no column, and what indexes say."""
    if not ledger.is_sqlite:
        return
    try:
        with ledger.read() as connection:
            told = connection.execute(text(f"PRAGMA integrity_check({audit.name})")).scalars().all()
    except UNREADABLE as error:
        raise Broken(f"The file of the ledger cannot be read: {_reason(error)}.") from error
    if told != ["ok"]:
        raise Broken(f"The file of the ledger is damaged: {' '.join(str(told[0]).split())}.")


def _rows_to(ledger: Ledger, last: int) -> Iterator[Found]:
    """All rows up to a number, whatever number the first one has."""
    after: int | None = None
    while page := _page(ledger, after, last):
        yield from page
        after = page[-1]["seq"]


def _page(ledger: Ledger, after: int | None, last: int) -> list[Found]:
    """The next rows. One at a time where there is one among them that cannot be read, to name it."""
    which = audit.c.seq <= last if after is None else audit.c.seq.between(after + 1, last)
    try:
        return _read(ledger, which, ROWS)
    except UNREADABLE:
        return _read_one(ledger, which, (after or 0) + 1)


def _read_one(ledger: Ledger, which: ColumnElement[bool], seq: int) -> list[Found]:
    try:
        return _read(ledger, which, 1)
    except UNREADABLE as error:
        raise Broken(f"Row {seq} cannot be read: {_reason(error)}.") from error


def _read(ledger: Ledger, which: ColumnElement[bool], most: int) -> list[Found]:
    query = select(audit, WRITTEN).where(which).order_by(audit.c.seq).limit(most)
    with ledger.read() as connection:
        return [row._asdict() for row in connection.execute(query)]


def _reason(error: Exception) -> str:
    """What the store itself said, on one line."""
    cause = error.__cause__ if isinstance(error, Problem) and error.__cause__ else error
    told = str(getattr(cause, "orig", cause))
    return " ".join(told.split()).rstrip(".")


def _row(found: Found) -> Row:
    return Row(**{column.name: found[column.name] for column in audit.c})
