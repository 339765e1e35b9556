"""The programs that ask people for access: what is known of each, and where it is kept.

A client has registered itself, or was added by whoever runs the gateway, or publishes a document on
the web whose address is its id.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from ..auth.secrets import hashed, new_secret
from ..storage import clock
from ..storage.ledger import Ledger
from ..storage.tables import clients, grants
from . import redirect_uris as uris
from .errors import OAuthError

if TYPE_CHECKING:
    from .client_documents import ClientDocuments

PUBLIC = "none"
SECRET_METHODS = ("client_secret_basic", "client_secret_post")
METHODS = (PUBLIC, *SECRET_METHODS)

# How long a client that registered itself is kept while nobody links an account with it.
UNUSED = timedelta(days=90)

LONGEST = 200  # characters of an id, as the ledger keeps it

_ID = re.compile(r"gwc_[0-9a-f]{32}")
_ON_THE_WEB = "https://"


@dataclass(frozen=True)
class Client:
    """A program. `name` is what it calls itself.

    `home` is the host that publishes the document of the program and so stands for it, None where
    nothing was verified. `refreshes` says whether it wants refresh tokens.
    """

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    auth_method: str
    secret_hash: str | None = None
    refreshes: bool = True
    needs_pkce: bool = True
    is_predefined: bool = False
    home: str | None = None

    def redirects_to(self, uri: str) -> bool:
        """Whether an answer may go to that address."""
        return any(uris.matches(uri, registered) for registered in self.redirect_uris)


class Clients:
    """Finds clients, wherever they are kept. Fails closed: without the ledger that is a 503."""

    def __init__(self, ledger: Ledger, documents: "ClientDocuments") -> None:
        self._ledger = ledger
        self.documents = documents

    def find(self, plugin: str, client_id: str) -> Client:
        """A client with all that is known of it. Raises `OAuthError` "invalid_client".

        May fetch a document from the web: call it outside of any transaction.
        """
        if is_published(client_id):
            return self.documents.find(client_id)
        return self._kept(plugin, client_id)

    def for_tokens(self, plugin: str, client_id: str) -> Client:
        """A client as far as the token endpoint must know it. Raises `OAuthError` "invalid_client".

        Nothing is fetched: a document was read when the person was asked, the code or token proves
        the rest, and nobody loses a link while the host of a document is down. Such a client has no
        redirect URIs here.
        """
        if is_published(client_id):
            refuse_bad_address(client_id)
            return Client(client_id, client_id, (), PUBLIC)
        return self._kept(plugin, client_id)

    def _kept(self, plugin: str, client_id: str) -> Client:
        with self._ledger.read() as connection:
            return find(connection, plugin, client_id)


def refuse_bad_address(client_id: str) -> None:
    """Raise `OAuthError` "invalid_client" for an address at which no document of a client can be.

    Section 3 of the draft. The length is ours: it is shown, and kept with what people allow.
    """
    is_right = len(client_id) <= LONGEST and uris.is_clean(client_id)
    if not is_right or not uris.is_web_address(client_id, with_path=True):
        raise OAuthError(
            "invalid_client",
            "A client_id that is an address must be https with a host and a path, without a fragment,"
            f" a user name or dot segments, and has at most {LONGEST} characters.",
        )


def is_published(client_id: str) -> bool:
    """Whether a client is known by its document on the web, and so is not kept here."""
    return client_id.startswith(_ON_THE_WEB)


def add(
    connection: Connection,
    plugin: str,
    name: str,
    redirect_uris: Sequence[str],
    *,
    auth_method: str,
    refreshes: bool = True,
    needs_pkce: bool = True,
    is_predefined: bool = False,
) -> tuple[Client, str | None]:
    """Keep a new client, and return it with its secret, which is shown now or never.

    The secret is None where `auth_method` is "none". Addresses must have been checked.
    """
    secret = None if auth_method == PUBLIC else new_secret("gwk")
    client = Client(
        id=f"gwc_{secrets.token_hex(16)}",
        name=name,
        redirect_uris=tuple(redirect_uris),
        auth_method=auth_method,
        secret_hash=secret and hashed(secret),
        refreshes=refreshes,
        needs_pkce=needs_pkce,
        is_predefined=is_predefined,
    )
    now = clock.now(connection)
    row = {column: getattr(client, column) for column in _COLUMNS}
    times = {"created_at": now, "used_at": now}
    connection.execute(insert(clients).values(plugin=plugin, **row, **times))
    return client, secret


def is_ours(client_id: str) -> bool:
    """Whether a client has an id that was given out here."""
    return _ID.fullmatch(client_id) is not None


def find(connection: Connection, plugin: str, client_id: str) -> Client:
    """A client that is kept for a plugin. Raises `OAuthError` "invalid_client" where there is none."""
    own = (clients.c.id == client_id) & (clients.c.plugin == plugin)
    # Asked only for ids that can be ours: PostgreSQL takes no text with a NUL in it.
    found = connection.execute(select(clients).where(own)) if is_ours(client_id) else None
    row = found.one_or_none() if found else None
    if row is None:
        raise OAuthError(
            "invalid_client",
            "This client is not registered here, or no longer. Register it again, or remove the"
            " connection and add it anew.",
        )
    return _client(row)


def all_of(connection: Connection, plugin: str | None = None) -> list[tuple[str, Client]]:
    """The clients that are kept, each after the name of its plugin; those of one plugin, or all."""
    query = select(clients).order_by(clients.c.plugin, clients.c.created_at, clients.c.id)
    if plugin is not None:
        query = query.where(clients.c.plugin == plugin)
    return [(row.plugin, _client(row)) for row in connection.execute(query)]


def remove(connection: Connection, client_id: str) -> bool:
    """Forget a client, and with it what people allowed it; whether there was one."""
    gone = connection.execute(delete(clients).where(clients.c.id == client_id)).rowcount == 1
    if gone:
        connection.execute(delete(grants).where(grants.c.client == client_id))
    return gone


def used(connection: Connection, client_id: str, now: datetime) -> bool:
    """Note that a client is in use; False where it has been removed meanwhile."""
    in_use = update(clients).where(clients.c.id == client_id).values(used_at=now)
    return is_published(client_id) or connection.execute(in_use).rowcount == 1


def forget_unused(connection: Connection, now: datetime) -> int:
    """Delete clients that registered themselves, were not used for 90 days and hold no grant."""
    idle = clients.c.is_predefined.is_(False) & (clients.c.used_at <= now - UNUSED)
    holds_none = ~exists().where(grants.c.client == clients.c.id)
    return connection.execute(delete(clients).where(idle & holds_none)).rowcount


_COLUMNS = (
    "id name redirect_uris auth_method secret_hash refreshes needs_pkce is_predefined".split()
)


def _client(row: Row[tuple[object, ...]]) -> Client:
    values = {column: getattr(row, column) for column in _COLUMNS}
    return Client(**{**values, "redirect_uris": tuple(values["redirect_uris"])})
