"""Telling a store that is gone from a mistake in what it was asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from ..errors import store_unavailable

log = logging.getLogger(__name__)

# sqlite.org/rescode.html: the statement is wrong, not the store; and it writes where it may only read.
SQLITE_ERROR, SQLITE_READONLY = 1, 8


def is_unavailable(error: Exception, *, reading: bool = False) -> bool:
    """Whether `error` says that the ledger cannot be used at the moment."""
    if isinstance(error, exc.OperationalError):
        mistakes = {SQLITE_ERROR, SQLITE_READONLY} if reading else {SQLITE_ERROR}
        return getattr(error.orig, "sqlite_errorcode", None) not in mistakes
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    # A bare DatabaseError is SQLite's word for a file that is no database any more.
    return (
        isinstance(error, exc.InterfaceError | exc.TimeoutError) or type(error) is exc.DatabaseError
    )


@contextmanager
def as_problems(*, reading: bool = False) -> Iterator[None]:
    """Make a 503 problem of a store that is gone; a mistake stays what it is."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        if not is_unavailable(error, reading=reading):
            raise
        log.warning("The ledger failed: %s", error)
        raise store_unavailable() from error
