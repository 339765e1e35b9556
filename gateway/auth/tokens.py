"""Bearer tokens: each for one person, one plugin, some scopes, and one assistant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from ..storage.tables import tokens
from .accounts import Account
from .secrets import hashed, new_secret


@dataclass(frozen=True)
class Token:
    """What a token is good for."""

    account_id: str
    plugin: str
    client: str
    scopes: frozenset[str]


def issue(
    connection: Connection,
    account: Account,
    plugin: str,
    scopes: Iterable[str],
    *,
    client: str,
    lifetime: timedelta | None = None,
) -> str:
    """Make a token and return it: it is shown now or never, as only its hash is kept."""
    secret = new_secret("gwt")
    now = datetime.now(UTC)
    connection.execute(
        insert(tokens).values(
            hash=hashed(secret),
            account_id=account.id,
            plugin=plugin,
            client=client,
            scopes=sorted(scopes),
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
    )
    return secret


def revoke(connection: Connection, account: Account, plugin: str) -> int:
    """Make every token of a person for a plugin useless from now on; how many there were."""
    own = (tokens.c.account_id == account.id) & (tokens.c.plugin == plugin)
    return connection.execute(delete(tokens).where(own)).rowcount


def find(connection: Connection, secret: str) -> Token | None:
    """The token behind a secret; None for one that is unknown or has expired."""
    row = connection.execute(select(tokens).where(tokens.c.hash == hashed(secret))).one_or_none()
    if row is None or (row.expires_at and row.expires_at <= datetime.now(UTC)):
        return None
    return Token(row.account_id, row.plugin, row.client, frozenset(row.scopes))
