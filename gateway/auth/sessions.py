"""The sessions of people who are signed in, and links that sign in once."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from ..storage import clock
from ..storage.tables import accounts, sessions, sign_in_links
from .accounts import Account
from .secrets import hashed, new_secret

PREFIX = "gws"
LINK_LIFETIME = timedelta(hours=1)
SESSION_LIFETIME = timedelta(days=14)
# How long whoever came by a link may set a password without the old one, which they may have forgotten.
LINK_STANDS_IN = timedelta(hours=1)


def new_link(connection: Connection, account: Account) -> str:
    """The secret of a link that signs in `account` once, within the hour."""
    secret = new_secret("gwl")
    expires = clock.now(connection) + LINK_LIFETIME
    row = {"hash": hashed(secret), "account_id": account.id, "expires_at": expires}
    connection.execute(insert(sign_in_links).values(row))
    return secret


def whose_link(connection: Connection, secret: str) -> Account | None:
    """Whom a link would sign in; None when it is spent, old or unknown."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email)
        .join(sign_in_links, sign_in_links.c.account_id == accounts.c.id)
        .where(sign_in_links.c.hash == hashed(secret))
        .where(sign_in_links.c.expires_at > clock.moment(connection))
    ).one_or_none()
    return Account(row.id, row.email) if row else None


def use_link(connection: Connection, secret: str, instead_of: str | None = None) -> str | None:
    """Spend a link and begin a session: its secret, or None when the link is spent, old or unknown.

    Deleting is the claim: of two that come at once, one finds nothing to delete.
    """
    spent = connection.execute(
        delete(sign_in_links)
        .where(sign_in_links.c.hash == hashed(secret))
        .where(sign_in_links.c.expires_at > clock.moment(connection))
        .returning(sign_in_links.c.account_id)
    ).one_or_none()
    if spent is None:
        return None
    return begin(connection, spent.account_id, by_link=True, instead_of=instead_of)


def begin(
    connection: Connection,
    account_id: str,
    *,
    by_link: bool = False,
    instead_of: str | None = None,
    lifetime: timedelta = SESSION_LIFETIME,
) -> str:
    """Begin a session under a new secret, which is returned; `instead_of` is one that ends."""
    now = clock.now(connection)
    _forget_what_is_over(connection, now)
    if instead_of:
        end(connection, instead_of)
    secret = new_secret(PREFIX)
    connection.execute(
        insert(sessions).values(
            hash=hashed(secret),
            account_id=account_id,
            created_at=now,
            expires_at=now + lifetime,
            by_link=by_link,
        )
    )
    return secret


def who(connection: Connection, secret: str) -> Account | None:
    """The person whose session this is, if it is one and lasts."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email)
        .join(sessions, sessions.c.account_id == accounts.c.id)
        .where(sessions.c.hash == hashed(secret), sessions.c.expires_at > clock.moment(connection))
    ).one_or_none()
    return Account(row.id, row.email) if row else None


def may_set_password(connection: Connection, secret: str) -> bool:
    """Whether this session stands in for the password: it was begun by a link within the hour."""
    begun = select(sessions.c.hash).where(
        sessions.c.hash == hashed(secret),
        sessions.c.by_link,
        sessions.c.created_at > clock.now(connection) - LINK_STANDS_IN,
    )
    return connection.execute(begun).first() is not None


def end(connection: Connection, secret: str) -> None:
    """Sign out."""
    connection.execute(delete(sessions).where(sessions.c.hash == hashed(secret)))


def end_all(connection: Connection, account_id: str) -> None:
    """Sign a person out everywhere, and spend the links that would sign them in.

    Links first: one that is being spent has begun its session by the time this has its row.
    """
    for table in (sign_in_links, sessions):
        connection.execute(delete(table).where(table.c.account_id == account_id))


def _forget_what_is_over(connection: Connection, now: datetime) -> None:
    """Signing in sweeps: it is rare, and nothing else needs these rows gone."""
    for table in (sessions, sign_in_links):
        connection.execute(delete(table).where(table.c.expires_at <= now))
