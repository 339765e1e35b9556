"""Signing in with a link that works once, and the sessions that come of it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from ..storage.tables import accounts, sessions, sign_in_links
from .accounts import Account
from .secrets import hashed, new_secret

LINK_LIFETIME = timedelta(hours=1)
SESSION_LIFETIME = timedelta(days=14)


def new_link(connection: Connection, account: Account) -> str:
    """The secret of a link that signs in `account` once, within the hour."""
    secret = new_secret("gwl")
    expires = datetime.now(UTC) + LINK_LIFETIME
    row = {"hash": hashed(secret), "account_id": account.id, "expires_at": expires}
    connection.execute(insert(sign_in_links).values(row))
    return secret


def whose_link(connection: Connection, secret: str) -> Account | None:
    """Whom a link would sign in; None when it is spent, old or unknown."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email)
        .join(sign_in_links, sign_in_links.c.account_id == accounts.c.id)
        .where(sign_in_links.c.hash == hashed(secret))
        .where(sign_in_links.c.expires_at > datetime.now(UTC))
    ).one_or_none()
    return Account(row.id, row.email) if row else None


def use_link(connection: Connection, secret: str) -> str | None:
    """Spend a link and begin a session: its secret, or None when the link is spent, old or unknown.

    Deleting is the claim: of two that come at once, one finds nothing to delete.
    """
    spent = connection.execute(
        delete(sign_in_links)
        .where(sign_in_links.c.hash == hashed(secret))
        .returning(sign_in_links.c.account_id, sign_in_links.c.expires_at)
    ).one_or_none()
    now = datetime.now(UTC)
    _forget_what_is_over(connection, now)
    if spent is None or spent.expires_at <= now:
        return None
    session = new_secret("gws")
    connection.execute(
        insert(sessions).values(
            hash=hashed(session),
            account_id=spent.account_id,
            created_at=now,
            expires_at=now + SESSION_LIFETIME,
        )
    )
    return session


def who(connection: Connection, secret: str) -> Account | None:
    """The person whose session this is, if it is one and lasts."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email)
        .join(sessions, sessions.c.account_id == accounts.c.id)
        .where(sessions.c.hash == hashed(secret), sessions.c.expires_at > datetime.now(UTC))
    ).one_or_none()
    return Account(row.id, row.email) if row else None


def end(connection: Connection, secret: str) -> None:
    """Sign out."""
    connection.execute(delete(sessions).where(sessions.c.hash == hashed(secret)))


def _forget_what_is_over(connection: Connection, now: datetime) -> None:
    """Signing in sweeps: it is rare, and nothing else needs these rows gone."""
    for table in (sessions, sign_in_links):
        connection.execute(delete(table).where(table.c.expires_at <= now))
