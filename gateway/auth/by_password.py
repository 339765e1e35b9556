"""Signing in with an email address and a password, and changing the password.

Nothing here takes longer, or says anything else, because an address has an account or has none: whoever
could tell would know who uses the gateway.
"""

from ..storage.ledger import Ledger
from . import accounts, passwords, sessions
from .accounts import Account, NoAddress


def sign_in(
    ledger: Ledger, email: str, password: str, *, instead_of: str | None = None
) -> str | None:
    """Begin a session: its secret, or None when address and password do not belong together."""
    account, kept = _look_up(ledger, email)
    if not passwords.is_right(password, kept) or account is None or kept is None:
        return None
    better = passwords.hashed(password) if passwords.is_outdated(kept) else None
    with ledger.write() as connection:
        if accounts.with_password(connection, account.email, locked=True) != (account, kept):
            return None  # changed a moment ago, which has ended all that the old one had begun
        if better:
            accounts.set_password(connection, account.id, better)
        return sessions.begin(connection, account.id, instead_of=instead_of)


def is_confirmed(ledger: Ledger, account: Account, session: str, password: str) -> bool:
    """Whether whoever has this session is its person: by the password, or by a link just now."""
    with ledger.read() as connection:
        if sessions.may_set_password(connection, session):
            return True
        _, kept = accounts.with_password(connection, account.email)
    return passwords.is_right(password, kept)


def change_password(ledger: Ledger, account: Account, session: str, password: str) -> str | None:
    """Keep a new password. All sessions end, and one begins: its secret.

    None where `session` has ended meanwhile, as by a change from another browser.
    """
    new = passwords.hashed(password)
    with ledger.write() as connection:
        accounts.lock(connection, account.id)
        if sessions.who(connection, session) != account:
            return None
        accounts.set_password(connection, account.id, new)
        sessions.end_all(connection, account.id)
        return sessions.begin(connection, account.id)


def _look_up(ledger: Ledger, email: str) -> tuple[Account | None, str | None]:
    try:
        address = accounts.normal(email)
    except NoAddress:
        address = ""  # nobody's, and looked up like any other
    with ledger.read() as connection:
        return accounts.with_password(connection, address)
