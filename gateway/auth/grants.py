"""Grants: what a person allowed one assistant to do with one plugin. Its tokens go with it.

Whoever locks several rows takes the account first, then the authorization, the grant and its tokens: on
PostgreSQL two that took them in different orders would wait for each other.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, update

from ..storage import clock
from ..storage.tables import access_tokens, accounts, grants, refresh_tokens

ID = re.compile(r"grt_[0-9a-f]{32}")


@dataclass(frozen=True)
class Grant:
    """One link between a person and an assistant.

    `client` is the assistant's id, `client_name` what the person was shown. `renewed_at` is when it
    last got a token.
    """

    id: str
    account_id: str
    plugin: str
    client: str
    client_name: str
    scopes: tuple[str, ...]
    created_at: datetime
    renewed_at: datetime


def begin(
    connection: Connection,
    account_id: str,
    plugin: str,
    scopes: Iterable[str],
    *,
    client: str,
    client_name: str,
    now: datetime,
) -> str:
    """Make a grant, which is worth nothing until it has a token; its id."""
    grant_id = f"grt_{secrets.token_hex(16)}"
    connection.execute(
        insert(grants).values(
            id=grant_id,
            account_id=account_id,
            plugin=plugin,
            client=client,
            client_name=client_name,
            scopes=sorted(scopes),
            created_at=now,
            renewed_at=now,
        )
    )
    return grant_id


def renewed(connection: Connection, grant_id: str, now: datetime) -> None:
    """Note that a grant got a new token."""
    connection.execute(update(grants).where(grants.c.id == grant_id).values(renewed_at=now))


def of_account(connection: Connection, account_id: str) -> list[Grant]:
    """The grants of a person that still work, the latest first."""
    return [grant for _, grant in working(connection, account_id)]


def working(
    connection: Connection, account_id: str | None = None, plugin: str | None = None
) -> list[tuple[str, Grant]]:
    """The grants that still work, each after its person's address, the latest first: all, or those
    of one person or for one plugin.
    """
    query = _working(clock.now(connection)).order_by(grants.c.created_at.desc(), grants.c.id)
    if account_id is not None:
        query = query.where(grants.c.account_id == account_id)
    if plugin is not None:
        query = query.where(grants.c.plugin == plugin)
    return [(row.email, _grant(row)) for row in connection.execute(query)]


def revoke(connection: Connection, account_id: str, grant_id: str) -> bool:
    """End one grant of a person; whether there was one."""
    if not ID.fullmatch(grant_id):  # PostgreSQL takes no text with a NUL
        return False
    own = (grants.c.id == grant_id) & (grants.c.account_id == account_id)
    return connection.execute(delete(grants).where(own)).rowcount == 1


def end(connection: Connection, grant_id: str) -> bool:
    """End a grant, whosever it is; whether there was one."""
    return connection.execute(delete(grants).where(grants.c.id == grant_id)).rowcount == 1


def revoke_all(connection: Connection, account_id: str, plugin: str) -> int:
    """End every grant of a person for a plugin; how many there were."""
    own = (grants.c.account_id == account_id) & (grants.c.plugin == plugin)
    return connection.execute(delete(grants).where(own)).rowcount


def forget_what_is_over(connection: Connection, now: datetime) -> None:
    """Delete grants without a token that lasts, and tokens that have expired.

    What somebody else works on at the moment is left for the next time.
    """
    # Each asks for one token of one grant. A list of all tokens would not fit into the memory that
    # PostgreSQL gives a statement, and the time would grow with the square of their number.
    lasting = [
        exists().where(
            table.c.grant_id == grants.c.id,
            table.c.expires_at.is_(None) | (table.c.expires_at > now),
        )
        for table in (access_tokens, refresh_tokens)
    ]
    over = select(grants.c.id).where(*(~each for each in lasting))
    free = over.with_for_update(skip_locked=True)
    connection.execute(delete(grants).where(grants.c.id.in_(free)))
    for table in (access_tokens, refresh_tokens):
        expired = select(table.c.hash).where(table.c.expires_at <= now)
        free = expired.with_for_update(skip_locked=True)
        connection.execute(delete(table).where(table.c.hash.in_(free)))


def _working(now: datetime) -> Select[Any]:
    """Grants with a token that can still be used, and the addresses of their people."""
    access = select(access_tokens.c.grant_id).where(
        access_tokens.c.expires_at.is_(None) | (access_tokens.c.expires_at > now)
    )
    refresh = select(refresh_tokens.c.grant_id).where(
        refresh_tokens.c.used_at.is_(None) & (refresh_tokens.c.expires_at > now)
    )
    people = grants.join(accounts, accounts.c.id == grants.c.account_id)
    return (
        select(grants, accounts.c.email)
        .select_from(people)
        .where(grants.c.id.in_(access) | grants.c.id.in_(refresh))
    )


def _grant(row: Row[Any]) -> Grant:
    values = {field.name: getattr(row, field.name) for field in fields(Grant)}
    return Grant(**{**values, "scopes": tuple(row.scopes)})
