"""Deleting an account: what the gateway keeps of a person and what plugins keep, all or nothing."""

import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from ..auth import accounts, sessions
from ..auth.accounts import Account
from ..context import Caller, entered
from ..declaration import Declaration
from ..packaging import publisher_of
from ..runtime import current_door, current_gateway
from ..storage.failures import is_unavailable
from .described import title_of

log = logging.getLogger(__name__)


class CannotForget(Exception):
    """A plugin failed to delete what it keeps, so nothing was deleted. The message is its title."""


@dataclass(frozen=True)
class Keeper:
    """A plugin that keeps what it stored, and where its publisher can be asked."""

    title: str
    contact_email: str | None


def delete_account(account: Account, session: str) -> bool:
    """Delete everything in one transaction; False where `session` has ended meanwhile.

    Raises `CannotForget`, having deleted nothing.
    """
    gateway = current_gateway()
    with gateway.ledger.write() as connection:
        if not accounts.lock(connection, account.id) or not sessions.who(connection, session):
            return False
        for declaration in forgetting():
            _forget(declaration, account, connection)
        with gateway.approvals.forgetting(connection, account.id):
            accounts.remove(connection, account)
    return True


def forgetting() -> list[Declaration]:
    """The plugins that delete what they keep of a person."""
    return [each for each in current_gateway().declarations.values() if each.forget]


def keepers() -> list[Keeper]:
    """The plugins that know persons and keep tables, and say nothing of deleting."""
    gateway, door = current_gateway(), current_door()
    return [
        Keeper(
            title_of(plugin.declaration),
            publisher_of(gateway, name).at(door.base(name)).contact_email,
        )
        for name, plugin in gateway.plugins.items()
        if plugin.declaration.knows_persons
        and plugin.metadata.tables
        and not plugin.declaration.forget
    ]


def _forget(declaration: Declaration, account: Account, connection: Connection) -> None:
    gateway = current_gateway()
    pipeline, caller = gateway.pipeline, Caller(account.id)
    context = pipeline.context(declaration.name, caller, current_door(), lambda: connection)
    try:
        with entered(context):
            assert declaration.forget is not None
            declaration.forget(account.id)
    except Exception as error:
        if is_unavailable(error):
            raise  # the store's failure, and not the plugin's
        log.exception("%s could not forget a person", declaration.name)
        raise CannotForget(title_of(declaration)) from error
