"""Looking at a sign-in link without spending it."""

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from ..auth.accounts import Account
from ..auth.secrets import hashed
from ..storage.tables import accounts, sign_in_links


def whose_link(connection: Connection, secret: str) -> Account | None:
    """Whom a link would sign in; None when it is spent, old or unknown."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email)
        .join(sign_in_links, sign_in_links.c.account_id == accounts.c.id)
        .where(sign_in_links.c.hash == hashed(secret))
        .where(sign_in_links.c.expires_at > datetime.now(UTC))
    ).one_or_none()
    return Account(row.id, row.email) if row else None
