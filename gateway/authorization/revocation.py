"""Ending tokens at the word of the client that has them (RFC 7009).

A refresh token is the link, so the grant ends with it. An access token ends alone: a client that throws
an old one away has not unlinked anybody.
"""

from sqlalchemy import Connection, Table, delete, select

from ..auth import grants
from ..auth.secrets import hashed
from ..storage.tables import access_tokens, refresh_tokens
from ..storage.tables import grants as grant_rows
from .clients import Client


def revoke(connection: Connection, plugin: str, client: Client, token: str) -> None:
    """End a token, if it is this client's; otherwise nothing happens, and nobody is told."""
    linked = _grant_of(connection, refresh_tokens, plugin, client, token)
    if linked:
        grants.end(connection, linked)
    elif _grant_of(connection, access_tokens, plugin, client, token):
        connection.execute(delete(access_tokens).where(access_tokens.c.hash == hashed(token)))


def _grant_of(
    connection: Connection, table: Table, plugin: str, client: Client, token: str
) -> str | None:
    return connection.scalar(
        select(table.c.grant_id)
        .join(grant_rows, grant_rows.c.id == table.c.grant_id)
        .where(table.c.hash == hashed(token))
        .where(grant_rows.c.plugin == plugin, grant_rows.c.client == client.id)
    )
