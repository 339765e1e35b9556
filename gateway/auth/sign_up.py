"""Making an account by oneself.

The reply must not tell whether an address has an account. So who gives one that has is signed in if the
password is right, and otherwise gets a secret that opens nothing, in the same way and the same time.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from ..storage.ledger import Ledger
from . import accounts, invitations, passwords, sessions
from .accounts import Account, Taken
from .secrets import new_secret


class InvitationSpent(Exception):
    """The invitation has been used, or is over."""


@dataclass(frozen=True)
class Newcomer:
    """What somebody gave. `earlier` is the session in this browser, which ends."""

    email: str
    password: str
    invitation: str | None = None
    earlier: str | None = None


def sign_up(ledger: Ledger, newcomer: Newcomer, most: int | None = None) -> str:
    """The secret of a session: of a new account, or of one that has this password, or of nothing.

    Raises `NoAddress`, `Full` where there are `most` accounts, or `InvitationSpent`.
    """
    address = accounts.normal(newcomer.email)
    with ledger.read() as connection:
        account, kept = accounts.with_password(connection, address)
    if account is not None:
        is_owner = passwords.is_right(newcomer.password, kept)
        return _enter(ledger, newcomer, account, kept if is_owner else None)
    try:
        return _add(ledger, newcomer, passwords.hashed(newcomer.password), most)
    except Taken:  # by a request that was a moment faster
        return sign_up(ledger, newcomer, most)


def _add(ledger: Ledger, newcomer: Newcomer, password_hash: str, most: int | None) -> str:
    with ledger.write() as connection:
        _spend(connection, newcomer.invitation)
        account = accounts.add(connection, newcomer.email, password_hash=password_hash, most=most)
        return sessions.begin(connection, account.id, instead_of=newcomer.earlier)


def _enter(ledger: Ledger, newcomer: Newcomer, account: Account, proven: str | None) -> str:
    """`proven` is the kept password that was right, and must still be the one; None for a wrong one."""
    with ledger.write() as connection:
        _spend(connection, newcomer.invitation)
        found, kept = accounts.with_password(connection, account.email, locked=True)
        if found is None:  # deleted meanwhile: there is nothing to begin, and nobody to tell
            return new_secret(sessions.PREFIX)
        # One that is over at once opens nothing, and costs what one does that lasts.
        lasts = sessions.SESSION_LIFETIME if proven and kept == proven else timedelta(0)
        return sessions.begin(connection, found.id, instead_of=newcomer.earlier, lifetime=lasts)


def _spend(connection: Connection, invitation: str | None) -> None:
    if invitation and not invitations.use(connection, invitation):
        raise InvitationSpent
