"""The people who have an account."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from marshmallow import ValidationError, validate
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from ..storage.tables import accounts

LOCAL_EMAIL = "you@localhost"
LONGEST = 254  # characters of an address that mail can carry (RFC 5321 section 4.5.3.1.3)
_is_email = validate.And(validate.Length(max=LONGEST), validate.Email())


class AccountError(Exception):
    """An account that cannot be made or found. The message is one sentence."""


@dataclass(frozen=True)
class Account:
    """A person: `id` never changes, `email` is how they are addressed."""

    id: str
    email: str


def add(connection: Connection, email: str) -> Account:
    """Make an account. Raises `AccountError` for an address that is taken or is none."""
    email = email.strip().lower()
    if email != LOCAL_EMAIL:
        _refuse_bad(email)
    account = Account(f"usr_{secrets.token_hex(10)}", email)
    row = {"id": account.id, "email": email, "created_at": datetime.now(UTC)}
    try:
        with connection.begin_nested():
            connection.execute(insert(accounts).values(row))
    except IntegrityError as error:
        raise AccountError(f"{email} has an account already.") from error
    return account


def find(connection: Connection, email: str) -> Account:
    """The account of an address. Raises `AccountError` where there is none."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.email).where(accounts.c.email == email.strip().lower())
    ).one_or_none()
    if row is None:
        raise AccountError(f"{email} has no account. Make one with: flask user add {email}")
    return Account(row.id, row.email)


def any_exists(connection: Connection) -> bool:
    return connection.execute(select(accounts.c.id).limit(1)).first() is not None


def _refuse_bad(email: str) -> None:
    try:
        _is_email(email)
    except ValidationError as error:
        raise AccountError(f'"{email}" is not an email address.') from error
