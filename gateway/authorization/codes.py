"""Codes are exchanged once. The claim and the tokens are one transaction, so of many that come at once
with the same code one gets tokens, whatever process or machine it comes to.

Who sends a spent code with everything else right must be the client, or somebody who knows all that it
knows: then the tokens that were made of it die (RFC 6749 section 4.1.2). Who gets anything wrong is
only refused, or anybody could unlink others.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ..auth import accounts, grants
from ..auth.secrets import hashed
from ..storage import clock
from ..storage.tables import authorizations as table
from . import clients
from .clients import Client
from .errors import OAuthError
from .pairs import Pair, first_pair

WRONG_VERIFIERS_MOST = 5
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


@dataclass(frozen=True)
class Exchange:
    """What came with a code."""

    code: str
    redirect_uri: str | None
    verifier: str | None


def redeem(
    connection: Connection, plugin: str, client: Client, sent: Exchange
) -> tuple[Pair, str] | OAuthError:
    """The tokens for a code and the resource they are for, or why there are none.

    A refusal is returned and not raised: what it writes down must be kept.
    """
    asked = (table.c.code_hash == hashed(sent.code)) & (table.c.plugin == plugin)
    owner = connection.scalar(select(table.c.account_id).where(asked))
    if owner is None or not accounts.hold(connection, owner):
        return _refusal()
    row = connection.execute(select(table).where(asked).with_for_update()).one_or_none()
    if row is None or row.client != client.id or row.redirect_uri != sent.redirect_uri:
        return _refusal()
    if not _proves(sent.verifier, row.challenge):
        connection.execute(
            update(table)
            .where(table.c.id == row.id)
            .values(wrong_verifiers=table.c.wrong_verifiers + 1)
        )
        return _refusal()
    now = clock.now(connection)
    if _claim(connection, row.id, now):
        if not clients.used(connection, client.id, now):
            return _refusal()
        return _tokens(connection, row, now), row.resource
    _end_what_it_made(connection, row.id)
    return _refusal()


def _claim(connection: Connection, authorization_id: str, now: datetime) -> bool:
    good = (
        (table.c.id == authorization_id)
        & table.c.redeemed_at.is_(None)
        & (table.c.code_expires_at > now)
        & (table.c.wrong_verifiers < WRONG_VERIFIERS_MOST)
    )
    return connection.execute(update(table).where(good).values(redeemed_at=now)).rowcount == 1


def _tokens(connection: Connection, row: Row[Any], now: datetime) -> Pair:
    grants.forget_what_is_over(connection, now)
    grant_id = grants.begin(
        connection,
        row.account_id,
        row.plugin,
        row.scopes,
        client=row.client,
        client_name=row.client_name,
        now=now,
    )
    connection.execute(update(table).where(table.c.id == row.id).values(grant_id=grant_id))
    return first_pair(connection, grant_id, row.scopes, now, refreshes=row.refreshes)


def _end_what_it_made(connection: Connection, authorization_id: str) -> None:
    """Nothing where the code was never exchanged: it is too old, or was guessed at too often."""
    made = connection.scalar(select(table.c.grant_id).where(table.c.id == authorization_id))
    if made:
        grants.end(connection, made)


def _proves(verifier: str | None, challenge: str | None) -> bool:
    """Whether whoever sends the code is who asked for it (RFC 7636 section 4.6)."""
    if challenge is None:
        return verifier is None
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())


def _refusal() -> OAuthError:
    return OAuthError(
        "invalid_grant",
        "This code is unknown, spent, older than a minute, or was made for another client, redirect"
        " URI or code_verifier. Start the authorization anew.",
    )
