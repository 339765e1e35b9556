"""Pairs of tokens: one to call with, for an hour, and where the link should last one to get the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from ..auth import tokens
from ..auth.secrets import hashed, new_secret
from ..storage.tables import refresh_tokens

ACCESS_LIFETIME = timedelta(hours=1)
IDLE_LIFETIME = timedelta(days=30)  # of a refresh token that is not used
ACCESS, REFRESH = tokens.PREFIX, "gwr"


@dataclass(frozen=True)
class Pair:
    """What a client gets. `lasts` is how long the access token is still good, by the store's clock."""

    access_token: str
    refresh_token: str | None
    scopes: tuple[str, ...]
    lasts: timedelta

    def body(self, resource: str | None = None) -> dict[str, Any]:
        """The reply of RFC 6749 section 5.1; `resource` is the address that was asked for."""
        body = {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": max(0, round(self.lasts.total_seconds())),
            "refresh_token": self.refresh_token,
            "scope": " ".join(self.scopes),
            "resource": resource,
        }
        return {name: value for name, value in body.items() if value is not None}


def first_pair(
    connection: Connection,
    grant_id: str,
    scopes: Iterable[str],
    now: datetime,
    *,
    refreshes: bool,
) -> Pair:
    """The first tokens of a grant."""
    refresh = new_secret(REFRESH) if refreshes else None
    return keep(connection, grant_id, scopes, now, new_secret(ACCESS), refresh)


def keep(
    connection: Connection,
    grant_id: str,
    scopes: Iterable[str],
    now: datetime,
    access: str,
    refresh: str | None,
) -> Pair:
    """Let two secrets stand for a grant from now on. Only their hashes are kept."""
    allowed = tuple(scopes)
    tokens.add(connection, access, grant_id, allowed, now, now + ACCESS_LIFETIME)
    if refresh:
        row = {"hash": hashed(refresh), "grant_id": grant_id, "created_at": now}
        connection.execute(insert(refresh_tokens).values(**row, expires_at=now + IDLE_LIFETIME))
    return Pair(access, refresh, allowed, ACCESS_LIFETIME)
