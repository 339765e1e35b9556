"""Programs register themselves (RFC 7591). What they say of themselves is a claim, and no more."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from ..storage import clock
from . import clients
from .client_names import cleaned
from .errors import OAuthError
from .redirect_uris import redirect_uris

CODE, REFRESH = "authorization_code", "refresh_token"
UNNAMED = "A program without a name"


def register(
    connection: Connection, plugin: str, body: Mapping[str, Any], scopes: Iterable[str]
) -> dict[str, Any]:
    """Keep the client that `body` describes, and return what it is told (RFC 7591 section 3.2.1).

    `scopes` are those of the plugin. Members that mean nothing here are passed over. Raises
    `OAuthError` "invalid_redirect_uri" or "invalid_client_metadata".
    """
    addresses = redirect_uris(body.get("redirect_uris"))
    method = _auth_method(body)
    refreshes = wants_refresh_tokens(body)
    _require(body, "response_types", "code")
    now = clock.now(connection)
    clients.forget_unused(connection, now)
    client, secret = clients.add(
        connection,
        plugin,
        cleaned(body.get("client_name"), UNNAMED),
        addresses,
        auth_method=method,
        refreshes=refreshes,
    )
    reply = {
        "client_id": client.id,
        "client_id_issued_at": int(now.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": [CODE, REFRESH] if refreshes else [CODE],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "scope": _scope(body.get("scope"), tuple(scopes)),
    }
    # RFC 7591 section 3.2.1: 0 for a secret that does not expire.
    return reply if secret is None else {**reply, **_with_secret(secret)}


def wants_refresh_tokens(metadata: Mapping[str, Any]) -> bool:
    """Whether a client will use refresh tokens, from its `grant_types`.

    One that says nothing gets them: otherwise its user would be sent here every hour. Raises
    `OAuthError` "invalid_client_metadata" for a client that will not use codes.
    """
    asked = _require(metadata, "grant_types", CODE)
    return asked is None or REFRESH in asked


def _auth_method(body: Mapping[str, Any]) -> str:
    method = body.get("token_endpoint_auth_method")
    if method is None:
        return "client_secret_basic"  # RFC 7591 section 2
    if method not in clients.METHODS:
        raise _invalid(
            f"token_endpoint_auth_method must be one of these: {', '.join(clients.METHODS)}."
        )
    return str(method)


def _require(metadata: Mapping[str, Any], member: str, needed: str) -> list[Any] | None:
    """A list that must hold what is needed, whatever else is on it; None where nothing is said."""
    listed = metadata.get(member)
    if listed is None:
        return None
    if not isinstance(listed, list) or needed not in listed:
        raise _invalid(f"{member} must be a list with {needed} in it, or be left out.")
    return listed


def _scope(asked: Any, scopes: tuple[str, ...]) -> str:
    """The scopes that a client may ask people for: of those it names the ones there are, else all."""
    named = asked.split() if isinstance(asked, str) else []
    return " ".join([scope for scope in scopes if scope in named] or scopes)


def _with_secret(secret: str) -> dict[str, Any]:
    return {"client_secret": secret, "client_secret_expires_at": 0}


def _invalid(description: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", description)
