"""Invitations: each lets the owner of one address make an account, once, within a week."""

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from ..storage import clock
from ..storage.tables import invitations
from .accounts import Taken, normal, with_password
from .secrets import hashed, new_secret

LIFETIME = timedelta(days=7)


def new(connection: Connection, email: str) -> str:
    """The secret of an invitation. Raises `NoAddress`, or `Taken` where there is an account."""
    address, now = normal(email), clock.now(connection)
    if with_password(connection, address) != (None, None):
        raise Taken(
            f"{address} has an account already. Sign them in with: flask user link {address}"
        )
    connection.execute(delete(invitations).where(invitations.c.expires_at <= now))
    secret = new_secret("gwi")
    row = {"hash": hashed(secret), "email": address, "expires_at": now + LIFETIME}
    connection.execute(insert(invitations).values(row))
    return secret


def whose(connection: Connection, secret: str) -> str | None:
    """The address that is invited; None when the invitation is spent, old or unknown."""
    invited = select(invitations.c.email).where(
        invitations.c.hash == hashed(secret), invitations.c.expires_at > clock.moment(connection)
    )
    return connection.execute(invited).scalar_one_or_none()


def use(connection: Connection, secret: str) -> bool:
    """Spend an invitation; whether there was one to spend.

    Deleting is the claim: of two that come at once, one finds nothing to delete.
    """
    spent = delete(invitations).where(
        invitations.c.hash == hashed(secret), invitations.c.expires_at > clock.moment(connection)
    )
    return connection.execute(spent).rowcount == 1
