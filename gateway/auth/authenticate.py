"""From the Authorization header of a call to the caller, or a 401 or 403 that says what is missing."""

import hmac
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from ..call import Call
from ..config import Settings
from ..context import Caller
from ..declaration import OAuth, Operation, Public, ServiceKey
from ..errors import Problem
from ..hosts import Door
from . import tokens
from .secrets import hashed

LONGEST = 4_096  # characters; a longer credential is none of ours


def authenticate(call: Call, settings: Settings, connection: Callable[[], Connection]) -> Caller:
    """Who is calling. Raises 401 for a credential that is missing or wrong, 403 for a missing scope.

    Fails closed: when the ledger cannot be asked about a token, that is a 503.
    """
    operation = call.operation
    if isinstance(operation.auth, Public):
        return _with_hints(call, Caller())
    secret = _bearer(call)
    if isinstance(operation.auth, ServiceKey):
        return _with_hints(call, _service(call, secret, settings))
    return _with_hints(call, _person(call, secret, connection()))


def _with_hints(call: Call, caller: Caller) -> Caller:
    hints = call.hints
    return replace(
        caller,
        region=hints.region,
        time_zone=hints.time_zone,
        locale=hints.locale,
        conversation=hints.conversation,
    )


def _bearer(call: Call) -> str:
    """The secret that a call brings. Its scheme is read in any case (RFC 9110 section 11.1), and it is
    read from this header alone: an address or a body ends up in logs.
    """
    scheme, _, secret = (call.authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _token_required(call)
    if len(secret) > LONGEST:
        raise _invalid_token(call)
    return secret.strip()


def _service(call: Call, secret: str, settings: Settings) -> Caller:
    """Every key is compared, each in constant time, so that time tells nothing about any of them."""
    operation = call.operation
    given = hashed(secret)
    keys = settings.service_keys_of(operation.plugin)
    names = [name for name, key in keys if hmac.compare_digest(hashed(key), given)]
    if not names:
        raise _invalid_token(call)
    return Caller(
        id=f"service:{names[0]}",
        scopes=frozenset(operation.auth.scopes),
        client=names[0],
        client_name=names[0],
    )


def _person(call: Call, secret: str, connection: Connection) -> Caller:
    token = tokens.find(connection, secret)
    if token is None or token.plugin != call.operation.plugin:
        raise _invalid_token(call)
    require_scopes(call.operation, call.door, token.scopes)
    return Caller(
        id=token.account_id,
        scopes=token.scopes,
        client=token.client,
        client_name=token.client_name,
    )


def require_scopes(operation: Operation, door: Door, scopes: frozenset[str]) -> None:
    """Raise 403 unless `scopes` hold all that `operation` needs."""
    missing = [scope for scope in operation.scopes if scope not in scopes]
    if missing:
        advice = _advice(operation, "to link their account again and allow it", "for another token")
        detail = (
            f"This token does not allow {operation.name}: it lacks {' '.join(missing)}. {advice}"
        )
        headers = _challenge(operation, door, ("insufficient_scope", detail))
        raise Problem(403, "insufficient_scope", detail, headers=headers)


def _token_required(call: Call) -> Problem:
    operation = call.operation
    advice = _advice(operation, "to link their account", "for a token")
    detail = (
        f"Calling {operation.name} needs a token, sent as Authorization: Bearer <token>. {advice}"
    )
    return Problem(401, "token_required", detail, headers=_challenge(operation, call.door))


def _invalid_token(call: Call) -> Problem:
    operation = call.operation
    advice = _advice(operation, "to link their account again", "for a new token for this plugin")
    detail = f"This token is unknown, has expired, or is for another plugin. {advice}"
    headers = _challenge(operation, call.door, ("invalid_token", detail))
    return Problem(401, "invalid_token", detail, headers=headers)


def _advice(operation: Operation, linking: str, asking: str) -> str:
    """What the assistant should ask its user, who links an account or has been given a token."""
    return f"Ask the user {linking if isinstance(operation.auth, OAuth) else asking}."


def _challenge(
    operation: Operation, door: Door, error: tuple[str, str] | None = None
) -> dict[str, str]:
    """RFC 6750 section 3: no `error`, which comes with its description, when no token was sent.

    Where an operation needs no scope in particular, as connecting over MCP, all are named: a client
    asks the user for those that it is told, and the user should be asked once.
    """
    parts = {"realm": operation.plugin}
    if isinstance(operation.auth, OAuth):
        metadata = door.well_known("oauth-protected-resource", operation.plugin, "/mcp")
        parts["resource_metadata"] = metadata
    scopes = operation.scopes or operation.auth.scopes
    if scopes:
        parts["scope"] = " ".join(scopes)
    if error:
        parts["error"], parts["error_description"] = error
    told = ", ".join(f'{name}="{text}"' for name, text in parts.items())
    return {"WWW-Authenticate": f"Bearer {told}"}
