"""Telling a store that is gone from a mistake in what it was asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from ..errors import store_unavailable

log = logging.getLogger(__name__)

SQLITE_ERROR = 1  # sqlite.org/rescode.html: the statement is wrong, not the store


def is_unavailable(error: Exception) -> bool:
    """Whether `error` says that the ledger cannot be used just now."""
    if isinstance(error, exc.OperationalError):
        return getattr(error.orig, "sqlite_errorcode", None) != SQLITE_ERROR
    # A bare DatabaseError is SQLite's word for a file that is no database any more.
    return (
        isinstance(error, exc.InterfaceError | exc.TimeoutError) or type(error) is exc.DatabaseError
    )


@contextmanager
def as_problems() -> Iterator[None]:
    """Make a 503 problem of a store that is gone; a mistake stays what it is."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        if not is_unavailable(error):
            raise
        log.warning("The ledger failed: %s", error)
        raise store_unavailable() from error
