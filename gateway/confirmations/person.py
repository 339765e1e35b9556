"""The person an action is for must have an account until the action is recorded."""

from sqlalchemy import Connection

from ..auth import accounts
from ..declaration import Auth
from ..errors import Problem


def hold_person(connection: Connection, auth: Auth, principal: str) -> None:
    """Keep the person's account from being deleted until this transaction ends.

    Before any other row is locked, as deleting an account takes it first, too. Raises 401 where it
    has been deleted: nothing of the person may be written down any more.
    """
    if auth.names_a_person and not accounts.hold(connection, principal):
        raise Problem(401, "invalid_token", "The account of this token has been deleted.")
