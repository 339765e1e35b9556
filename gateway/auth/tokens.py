"""Access tokens: each for one person, one plugin, some scopes, and one assistant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from ..storage import clock
from ..storage.tables import access_tokens, grants
from . import grants as granted
from .accounts import Account
from .secrets import hashed, new_secret

PREFIX = "gwt"


@dataclass(frozen=True)
class Token:
    """What a token is good for."""

    account_id: str
    plugin: str
    client: str
    client_name: str
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
    """Make a token by hand, with a grant of its own, and return it: it is shown now or never."""
    scopes, now = sorted(scopes), clock.now(connection)
    grant_id = granted.begin(
        connection, account.id, plugin, scopes, client=client, client_name=client, now=now
    )
    secret = new_secret(PREFIX)
    add(connection, secret, grant_id, scopes, now, now + lifetime if lifetime else None)
    return secret


def add(
    connection: Connection,
    secret: str,
    grant_id: str,
    scopes: Iterable[str],
    now: datetime,
    expires_at: datetime | None,
) -> None:
    """Let `secret` stand for a grant, or for less than all of it. Only its hash is kept."""
    connection.execute(
        insert(access_tokens).values(
            hash=hashed(secret),
            grant_id=grant_id,
            scopes=sorted(scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )


def find(connection: Connection, secret: str) -> Token | None:
    """The token behind a secret; None for one that is unknown or has expired."""
    row = connection.execute(
        select(
            grants.c.account_id,
            grants.c.plugin,
            grants.c.client,
            grants.c.client_name,
            access_tokens.c.scopes,
        )
        .join(grants, grants.c.id == access_tokens.c.grant_id)
        .where(access_tokens.c.hash == hashed(secret))
        .where(
            access_tokens.c.expires_at.is_(None)
            | (access_tokens.c.expires_at > clock.moment(connection))
        )
    ).one_or_none()
    if row is None:
        return None
    return Token(row.account_id, row.plugin, row.client, row.client_name, frozenset(row.scopes))
