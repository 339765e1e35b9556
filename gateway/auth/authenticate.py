"""From the Authorization header of a call to the caller, or a 401 or 403 that says what is missing."""

import hmac
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from ..call import Call
from ..config import Settings
from ..context import Caller
from ..declaration import Operation, Public, ServiceKey
from ..errors import Problem
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
        return _with_hints(call, _service(operation, secret, settings))
    return _with_hints(call, _person(operation, secret, connection()))


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
    scheme, _, secret = (call.authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Problem(
            401,
            "token_required",
            f"Calling {call.operation.name} needs a token: send it as Authorization: Bearer <token>.",
            headers=_challenge(call.operation),
        )
    if len(secret) > LONGEST:
        raise _invalid_token(call.operation)
    return secret.strip()


def _service(operation: Operation, secret: str, settings: Settings) -> Caller:
    """Every key is compared, each in constant time, so that time tells nothing about any of them."""
    given = hashed(secret)
    keys = settings.service_keys_of(operation.plugin)
    names = [name for name, key in keys if hmac.compare_digest(hashed(key), given)]
    if not names:
        raise _invalid_token(operation)
    return Caller(
        id=f"service:{names[0]}", scopes=frozenset(operation.auth.scopes), client=names[0]
    )


def _person(operation: Operation, secret: str, connection: Connection) -> Caller:
    token = tokens.find(connection, secret)
    if token is None or token.plugin != operation.plugin:
        raise _invalid_token(operation)
    require_scopes(operation, token.scopes)
    return Caller(id=token.account_id, scopes=token.scopes, client=token.client)


def require_scopes(operation: Operation, scopes: frozenset[str]) -> None:
    """Raise 403 unless `scopes` hold all that `operation` needs."""
    missing = [scope for scope in operation.scopes if scope not in scopes]
    if missing:
        raise Problem(
            403,
            "insufficient_scope",
            f"This token does not allow {operation.name}: it lacks {' '.join(missing)}. Ask the user"
            " for a token that allows it.",
            headers=_challenge(operation, error="insufficient_scope"),
        )


def _invalid_token(operation: Operation) -> Problem:
    return Problem(
        401,
        "invalid_token",
        "This token is unknown, has expired, or is for another plugin. Ask the user for"
        " a new token for this plugin.",
        headers=_challenge(operation, error="invalid_token"),
    )


def _challenge(operation: Operation, error: str | None = None) -> dict[str, str]:
    """RFC 6750 section 3: no `error` when no token was sent."""
    parts = [f'realm="{operation.plugin}"']
    if operation.scopes:
        parts.append(f'scope="{" ".join(operation.scopes)}"')
    if error:
        parts.append(f'error="{error}"')
    return {"WWW-Authenticate": "Bearer " + ", ".join(parts)}
