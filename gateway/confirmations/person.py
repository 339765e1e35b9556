"""Who is behind an action: the account it is for, and who moves it, for the audit trail."""

from sqlalchemy import Connection

from ..audit.trail import network_prefix
from ..auth import accounts
from ..context import current_call
from ..declaration import Auth
from ..errors import Problem
from .changes import Actor


def hold_person(connection: Connection, auth: Auth, principal: str) -> None:
    """Keep the person's account from being deleted until this transaction ends.

    Before any other row is locked, as deleting an account takes it first, too. Raises 401 where it
    has been deleted: nothing of the person may be written down any more.
    """
    if auth.names_a_person and not accounts.hold(connection, principal):
        raise account_is_deleted()


def account_is_deleted() -> Problem:
    return Problem(401, "invalid_token", "The account of this token has been deleted.")


def calling() -> Actor:
    """The assistant that makes the current call."""
    return Actor("caller", network=network_prefix(current_call().address))
