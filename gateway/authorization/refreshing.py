"""Refresh tokens are exchanged for the next pair, and each is good once.

One that comes again is in two hands, so the grant ends (OAuth 2.1 section 4.3.1). But a client whose
reply was lost sends it again, too: for ten seconds, and until the next one is used, it gets the same
pair. The pair is derived from the old token, as only hashes are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..auth import grants
from ..auth.secrets import derived_secret, hashed
from ..storage import clock
from ..storage.tables import access_tokens, refresh_tokens
from ..storage.tables import grants as grant_rows
from .clients import Client
from .errors import OAuthError
from .pairs import ACCESS, REFRESH, Pair, keep

RETRY = timedelta(seconds=10)


@dataclass(frozen=True)
class Successors:
    """The secrets that follow a refresh token: always the same."""

    access: str
    refresh: str

    @classmethod
    def of(cls, old: str, key: str) -> "Successors":
        return cls(derived_secret(ACCESS, key, old), derived_secret(REFRESH, key, old))


def refresh(
    connection: Connection, plugin: str, client: Client, old: str, asked: Sequence[str], key: str
) -> Pair | OAuthError:
    """The next pair, or why there is none: returned, as what it writes down must be kept.

    `asked` are the scopes of the new access token, at most those of the grant; all where empty.
    """
    row = _find(connection, old, plugin, client)
    now = clock.now(connection)
    if row is None or row.expires_at <= now:
        return _refusal()
    if not set(asked) <= set(row.scopes):
        return OAuthError("invalid_scope", "A refresh cannot allow more than the user did.")
    next_pair = Successors.of(old, key)
    if _claim(connection, old, now):
        grants.renewed(connection, row.grant_id, now)
        scopes = asked or row.scopes
        return keep(connection, row.grant_id, scopes, now, next_pair.access, next_pair.refresh)
    given = _given_already(connection, old, next_pair, now)
    if given is None:
        grants.end(connection, row.grant_id)
        return _refusal()
    return given


def _find(connection: Connection, old: str, plugin: str, client: Client) -> Any:
    """The row of a refresh token of this client, or None, with the scopes of its grant, locked."""
    return connection.execute(
        select(refresh_tokens.c.grant_id, refresh_tokens.c.expires_at, grant_rows.c.scopes)
        .join(grant_rows, grant_rows.c.id == refresh_tokens.c.grant_id)
        .where(refresh_tokens.c.hash == hashed(old))
        .where(grant_rows.c.plugin == plugin, grant_rows.c.client == client.id)
        .with_for_update(of=grant_rows)
    ).one_or_none()


def _claim(connection: Connection, old: str, now: datetime) -> bool:
    unused = (refresh_tokens.c.hash == hashed(old)) & refresh_tokens.c.used_at.is_(None)
    return (
        connection.execute(update(refresh_tokens).where(unused).values(used_at=now)).rowcount == 1
    )


def _given_already(
    connection: Connection, old: str, pair: Successors, now: datetime
) -> Pair | None:
    """The pair that this token was exchanged for, if that was just now and it was not used yet."""
    if connection.scalar(
        select(refresh_tokens.c.hash).where(
            refresh_tokens.c.hash == hashed(old), refresh_tokens.c.used_at < now - RETRY
        )
    ):
        return None
    if not connection.scalar(
        select(refresh_tokens.c.hash).where(
            refresh_tokens.c.hash == hashed(pair.refresh), refresh_tokens.c.used_at.is_(None)
        )
    ):
        return None
    access = connection.execute(
        select(access_tokens.c.scopes, access_tokens.c.expires_at).where(
            access_tokens.c.hash == hashed(pair.access)
        )
    ).one_or_none()
    if access is None:
        return None
    return Pair(pair.access, pair.refresh, tuple(access.scopes), access.expires_at - now)


def _refusal() -> OAuthError:
    return OAuthError(
        "invalid_grant",
        "This refresh token is unknown, has been used, or has expired, or the user has ended the"
        " link. Ask the user to link the account again.",
    )
