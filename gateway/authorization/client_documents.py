"""Clients that publish a document about themselves, and whose id is the address of that document.

draft-ietf-oauth-client-id-metadata-document: the host of the address stands for the program, which no
other way of registering proves.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from ..storage.cache import Cache
from .client_names import cleaned
from .clients import PUBLIC, Client, refuse_bad_address
from .errors import OAuthError
from .outward import FetchError, TooManyAtOnce
from .redirect_uris import redirect_uris
from .registration import wants_refresh_tokens

# Seconds. Failures too are remembered, so that nobody can have another site asked without end.
KEPT, FAILURE_KEPT = 3600.0, 60.0

# What was kept: a document as it came, or the sentence that says why there is none.
_DOCUMENT, _FAULT = b"+", b"-"


class ClientDocuments:
    """Finds clients by their documents, each fetched at most once an hour and, failing, once a minute.

    `fetch` gets the bytes at an address, or raises `FetchError`.
    """

    def __init__(self, cache: Cache, fetch: Callable[[str], bytes]) -> None:
        self._cache = cache
        self.fetch = fetch

    def find(self, client_id: str) -> Client:
        """The client whose id is this address. Raises `OAuthError` "invalid_client"."""
        refuse_bad_address(client_id)
        key = "client:" + hashlib.sha256(client_id.encode()).hexdigest()
        kept = self._cache.get(key) or b""
        if kept.startswith(_FAULT):
            raise _invalid(kept.removeprefix(_FAULT).decode("ascii", "replace"))
        if kept.startswith(_DOCUMENT):
            return client_from(client_id, kept.removeprefix(_DOCUMENT))
        return self._fetched(client_id, key)

    def _fetched(self, client_id: str, key: str) -> Client:
        try:
            document = self.fetch(client_id)
            client = client_from(client_id, document)
        except TooManyAtOnce as error:
            raise OAuthError(
                "temporarily_unavailable",
                "Too many documents of clients are being fetched at the moment. Try again soon.",
                503,
                headers={"Retry-After": "5"},
            ) from error
        except (FetchError, OAuthError) as error:
            told = _about(error) if isinstance(error, FetchError) else str(error)
            self._cache.set(key, _FAULT + told.encode("ascii", "replace"), FAILURE_KEPT)
            raise _invalid(told) from error
        self._cache.set(key, _DOCUMENT + document, KEPT)
        return client


def client_from(client_id: str, document: bytes) -> Client:
    """The client that a document at this address describes. Raises `OAuthError` "invalid_client"."""
    metadata = _parsed(document)
    if metadata.get("client_id") != client_id:
        raise _invalid("The document of this client has another client_id than its own address.")
    if metadata.get("client_secret") is not None:
        raise _invalid(
            "The document of this client has a client_secret, and everybody can read it."
        )
    _refuse_secret_methods(metadata)
    host = home(client_id)
    try:
        return Client(
            id=client_id,
            name=cleaned(metadata.get("client_name"), host),
            redirect_uris=redirect_uris(metadata.get("redirect_uris")),
            auth_method=PUBLIC,
            refreshes=wants_refresh_tokens(metadata),
            home=host,
        )
    except OAuthError as error:
        raise _invalid(f"The document of this client is refused. {error.description}") from error


def home(client_id: str) -> str:
    """The host that stands for a client."""
    return (urlsplit(client_id).hostname or "").lower()


def _refuse_secret_methods(metadata: Mapping[str, Any]) -> None:
    """The plural is what a client can do (SEP-3149), the singular what it did before that was known."""
    methods = metadata.get("token_endpoint_auth_methods_supported")
    if methods is None:
        methods = [metadata.get("token_endpoint_auth_method") or PUBLIC]
    if not isinstance(methods, list) or PUBLIC not in methods:
        raise _invalid(
            "The document of this client must offer the method none for the token endpoint: this server"
            " checks no other for clients with a document."
        )


def _parsed(document: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            document.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise _invalid("The document of this client is not valid JSON.") from error
    if not isinstance(value, dict):
        raise _invalid("The document of this client is not a JSON object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _about(error: FetchError) -> str:
    return (
        f"The document of this client {error}. Let it register itself instead, if it can: the gateway"
        " may have no way to the document."
    )


def _invalid(description: str) -> OAuthError:
    return OAuthError("invalid_client", description)
