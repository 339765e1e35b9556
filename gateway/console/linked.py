"""The assistants that a person has linked, in words."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ..auth import grants
from ..auth.accounts import Account
from ..auth.grants import Grant
from ..documents.scopes import scope_uses
from ..runtime import current_gateway
from .consent import Allowance
from .described import Words, title_named
from .moments import to_the_minute


@dataclass(frozen=True)
class Linked:
    """One grant: which assistant may do what with which plugin, and since when.

    No allowance stands for all that the plugin does: it knows no scopes.
    """

    grant: str
    plugin: str
    client: str
    allowances: tuple[Allowance, ...]
    since: Words
    renewed: Words


def linked(connection: Connection, account: Account) -> list[Linked]:
    """The grants of a person that still work, the latest first."""
    return [_in_words(each) for each in grants.of_account(connection, account.id)]


def _in_words(grant: Grant) -> Linked:
    declaration = current_gateway().declarations.get(grant.plugin)
    return Linked(
        grant=grant.id,
        plugin=title_named(grant.plugin),
        client=grant.client_name,
        allowances=tuple(
            Allowance(scope, scope_uses(declaration, scope) if declaration else ())
            for scope in grant.scopes
        ),
        since=to_the_minute(grant.created_at),
        renewed=to_the_minute(grant.renewed_at),
    )
