"""What a client asks, kept as it was asked, and the person's answer to it.

The page shows this record and the code stands for it, so that what was allowed is what was shown. An
answer is given once: each step is an update that finds the record as it must be, or finds nothing.
"""

import re
import secrets
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from ..auth import accounts
from ..auth.secrets import derived_secret, hashed
from ..storage import clock
from ..storage.tables import authorizations as table
from .requests import Request, answer_address

ID = re.compile(r"aut_[0-9a-f]{32}")
LIFETIME = timedelta(minutes=15)  # to sign up, read, and answer
CODE_LIFETIME = timedelta(seconds=60)  # ASVS 5, 10.4.3, level 3
# Afterwards a code that is sent again is one that nobody knows.
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Authorization:
    """A request, when it ends, and what has become of it: `account_id` is who allowed it."""

    id: str
    request: Request
    expires_at: datetime
    account_id: str | None
    code_expires_at: datetime | None
    decided_at: datetime | None
    redeemed_at: datetime | None

    def awaits_answer(self, now: datetime) -> bool:
        return self.decided_at is None and now < self.expires_at


def create(connection: Connection, request: Request) -> str:
    """Keep a request, and forget those of the day before; its id."""
    now = clock.now(connection)
    connection.execute(delete(table).where(table.c.expires_at < now - KEPT))
    authorization_id = f"aut_{secrets.token_hex(16)}"
    connection.execute(
        insert(table).values(
            id=authorization_id,
            expires_at=now + LIFETIME,
            wrong_verifiers=0,
            **{**asdict(request), "scopes": list(request.scopes)},
        )
    )
    return authorization_id


def find(connection: Connection, authorization_id: str) -> Authorization | None:
    """The request of that id. Asked only for what can be one: PostgreSQL takes no text with a NUL."""
    if not ID.fullmatch(authorization_id):
        return None
    row = connection.execute(select(table).where(table.c.id == authorization_id)).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    asked = {field.name: values[field.name] for field in fields(Request)}
    own = {
        field.name: values[field.name] for field in fields(Authorization) if field.name in values
    }
    return Authorization(request=Request(**{**asked, "scopes": tuple(asked["scopes"])}), **own)


def allow(connection: Connection, wanted: Authorization, account_id: str, key: str) -> str | None:
    """Record the yes of a person; the address that takes the code to the client.

    A button that was pressed twice leads to the same address twice. None where the request was
    answered otherwise, is over, or where its code is spent.
    """
    if not accounts.hold(connection, account_id):
        return None
    now = clock.now(connection)
    code = derived_secret("gwo", key, wanted.id, account_id)
    claimed = _decide(
        connection,
        wanted.id,
        now,
        account_id=account_id,
        code_hash=hashed(code),
        code_expires_at=now + CODE_LIFETIME,
    )
    if not claimed and not _is_fresh(find(connection, wanted.id), account_id, now):
        return None
    asked = wanted.request
    return answer_address(asked.redirect_uri, asked.state, asked.issuer, {"code": code})


def deny(connection: Connection, wanted: Authorization) -> str | None:
    """Record the no of a person; the address that takes it to the client, None as for `allow`."""
    if not _decide(connection, wanted.id, clock.now(connection)):
        return None
    asked = wanted.request
    refusal = {"error": "access_denied", "error_description": "The user did not allow it."}
    return answer_address(asked.redirect_uri, asked.state, asked.issuer, refusal)


def _decide(
    connection: Connection, authorization_id: str, now: datetime, **answer: str | datetime
) -> bool:
    waiting = (
        (table.c.id == authorization_id) & table.c.decided_at.is_(None) & (table.c.expires_at > now)
    )
    decided = update(table).where(waiting).values(decided_at=now, **answer)
    return connection.execute(decided).rowcount == 1


def _is_fresh(found: Authorization | None, account_id: str, now: datetime) -> bool:
    """Whether this person has just allowed it, and the code is still to be exchanged."""
    return (
        found is not None
        and found.account_id == account_id
        and found.redeemed_at is None
        and found.code_expires_at is not None
        and now < found.code_expires_at
    )
