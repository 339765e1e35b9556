"""The people who have an account."""

import secrets
import unicodedata
from dataclasses import dataclass

from marshmallow import ValidationError, validate
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from ..storage import clock
from ..storage.tables import accounts, confirmations, invitations

LOCAL_EMAIL = "you@localhost"
LONGEST = 254  # characters of an address that mail can carry (RFC 5321 section 4.5.3.1.3)
_has_its_length = validate.Length(max=LONGEST)
# Words between dots (RFC 5322, dot-atom), without the two letters that cannot be seen.
_is_plain = validate.Regexp(r"(?:[^\W\u115f\u1160]|[-.!#$%&'*+/=?^`{|}~])+\Z")
_is_email = validate.And(_has_its_length, validate.Email())


class AccountError(Exception):
    """An account that cannot be made or found. The message is one sentence."""


class NoAddress(AccountError):
    """What should be an email address is none."""


class Taken(AccountError):
    """The address has an account already."""


class Full(AccountError):
    """There are as many accounts as there may be."""


@dataclass(frozen=True)
class Account:
    """A person: `id` never changes, `email` is how they are addressed."""

    id: str
    email: str


def normal(email: str) -> str:
    """The one way in which an address is kept, however it is typed. Raises `NoAddress`.

    Large and small letters, letters that only look wider, and a domain in its own script or in ASCII
    are the same address, so that nobody gets an account that reads like another's.
    """
    typed = email.strip()
    name, separator, domain = _folded(typed[: LONGEST + 1]).rpartition("@")
    try:
        _has_its_length(typed)
        _is_plain(name)
        address = f"{name}{separator}{domain.encode('idna').decode()}"
        _is_email(address)
    except (UnicodeError, ValidationError) as error:
        raise NoAddress(f'"{typed[:LONGEST]}" is not an email address.') from error
    return address


def add(
    connection: Connection,
    email: str,
    *,
    password_hash: str | None = None,
    most: int | None = None,
) -> Account:
    """Make an account, where there are fewer than `most`.

    Raises `NoAddress`, `Taken` or `Full`.
    """
    account = Account(f"usr_{secrets.token_hex(10)}", normal(email))
    if most is not None:
        _refuse_more_than(connection, most)
    row = {"created_at": clock.now(connection), "password_hash": password_hash}
    try:
        with connection.begin_nested():
            connection.execute(insert(accounts).values(id=account.id, email=account.email, **row))
    except IntegrityError as error:
        raise Taken(f"{account.email} has an account already.") from error
    return account


def find(connection: Connection, email: str) -> Account:
    """The account of an address. Raises `AccountError` where there is none."""
    address = normal(email)
    row = connection.execute(
        select(accounts.c.id, accounts.c.email).where(accounts.c.email == address)
    ).one_or_none()
    if row is None:
        raise AccountError(f"{address} has no account. Make one with: flask user add {address}")
    return Account(row.id, row.email)


def any_exists(connection: Connection) -> bool:
    return connection.execute(select(accounts.c.id).limit(1)).first() is not None


def is_full(connection: Connection, most: int | None) -> bool:
    """Whether there are `most` accounts already. To be shown only: `add` alone is safe."""
    return most is not None and _count(connection) >= most


def hold(connection: Connection, account_id: str) -> bool:
    """Keep an account from being deleted until the transaction ends; whether there is one."""
    own = select(accounts.c.id).where(accounts.c.id == account_id)
    held = own.with_for_update(read=True, key_share=True)
    return connection.execute(held).first() is not None


def lock(connection: Connection, account_id: str) -> bool:
    """Let nobody else change an account until the transaction ends; whether there is one."""
    own = select(accounts.c.id).where(accounts.c.id == account_id)
    return connection.execute(own.with_for_update()).first() is not None


def with_password(
    connection: Connection, email: str, *, locked: bool = False
) -> tuple[Account | None, str | None]:
    """The account of an address in its normal form, and how its password is kept, if it has one."""
    own = select(accounts).where(accounts.c.email == email)
    row = connection.execute(own.with_for_update() if locked else own).one_or_none()
    return (Account(row.id, row.email), row.password_hash) if row else (None, None)


def set_password(connection: Connection, account_id: str, password_hash: str) -> None:
    """Keep another password, or the same in another form."""
    account = update(accounts).where(accounts.c.id == account_id)
    connection.execute(account.values(password_hash=password_hash))


def remove(connection: Connection, account: Account) -> None:
    """Delete an account with all that the gateway keeps of it.

    Sessions, links, grants and their tokens go with its row. It must be locked.
    """
    connection.execute(delete(confirmations).where(confirmations.c.principal == account.id))
    connection.execute(delete(invitations).where(invitations.c.email == account.email))
    connection.execute(delete(accounts).where(accounts.c.id == account.id))


def _folded(text: str) -> str:
    """NFKC before and after: folding case takes letters out of that form, and the form unfolds some."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def _refuse_more_than(connection: Connection, most: int) -> None:
    """Count while nobody else can add: SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {accounts.name} IN SHARE ROW EXCLUSIVE MODE"))
    if _count(connection) >= most:
        raise Full(f"MAX_USERS is {most}, and there are as many accounts already.")


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()
