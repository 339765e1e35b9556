"""The kinds of auth as OpenAPI security schemes, and which of them an operation needs."""

from typing import Any

from ..declaration import Auth, Declaration, OAuth, Operation, Public, ServiceKey, UserKey
from .scopes import scope_uses

NAMES: dict[type[Auth], str] = {ServiceKey: "serviceKey", UserKey: "userKey", OAuth: "oauth"}


def security_schemes(declaration: Declaration, base: str) -> dict[str, dict[str, Any]]:
    """The schemes that a plugin or some operation of it asks for, by name."""
    asked = {
        type(auth) for auth in (declaration.auth, *(each.auth for each in declaration.operations))
    }
    schemes = {
        ServiceKey: _bearer("The secret of one assistant."),
        UserKey: _bearer("The secret of one person."),
        OAuth: _oauth(declaration, base),
    }
    return {NAMES[kind]: scheme for kind, scheme in schemes.items() if kind in asked}


def security(operation: Operation) -> list[dict[str, list[str]]]:
    """What one operation needs. An empty list says outright that it needs nothing."""
    if isinstance(operation.auth, Public):
        return []
    scopes = list(operation.scopes) if isinstance(operation.auth, OAuth) else []
    return [{NAMES[type(operation.auth)]: scopes}]


def _bearer(description: str) -> dict[str, Any]:
    return {"type": "http", "scheme": "bearer", "description": description}


def _oauth(declaration: Declaration, base: str) -> dict[str, Any]:
    flow = {
        "authorizationUrl": f"{base}/oauth/authorize",
        "tokenUrl": f"{base}/oauth/token",
        "refreshUrl": f"{base}/oauth/token",
        "scopes": {scope: _in_words(declaration, scope) for scope in declaration.linked_scopes},
    }
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}


def _in_words(declaration: Declaration, scope: str) -> str:
    """What allowing a scope opens, as people read it on a page that asks them."""
    told = (each.summary.rstrip(".") for each in scope_uses(declaration, scope))
    return "; ".join(told) or "Opens nothing by itself"
