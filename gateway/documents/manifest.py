"""`/.well-known/ai-plugin.json`: the manifest, version 1, of 2023.

ChatGPT has stopped reading it; graders and libraries still do. `client_url` is where the user is
sent, and `authorization_url`, in spite of its name, is where the code is exchanged for a token.
"""

from typing import Any

from ..declaration import Auth, Declaration, Public, ServiceKey, UserKey
from .publisher import Publisher


def manifest(declaration: Declaration, base: str, publisher: Publisher) -> dict[str, Any]:
    """The manifest of the plugin whose absolute address is `base`, without a slash at the end."""
    publisher = publisher.at(base)
    return {
        "schema_version": "v1",
        "name_for_human": declaration.title,
        "name_for_model": declaration.name,
        "description_for_human": declaration.summary,
        "description_for_model": declaration.instructions,
        "auth": _auth(declaration.auth, base, publisher.verification_token),
        "api": {"type": "openapi", "url": f"{base}/openapi.json"},
        "logo_url": f"{base}/logo.png",
        "contact_email": publisher.contact_email,
        "legal_info_url": publisher.legal_url,
    }


def _auth(auth: Auth, base: str, verification_token: str | None) -> dict[str, Any]:
    tokens = {"openai": verification_token} if verification_token else {}
    if isinstance(auth, Public):
        return {"type": "none"}
    if isinstance(auth, UserKey):
        return {"type": "user_http", "authorization_type": "bearer"}
    if isinstance(auth, ServiceKey):
        return {
            "type": "service_http",
            "authorization_type": "bearer",
            "verification_tokens": tokens,
        }
    return {
        "type": "oauth",
        "client_url": f"{base}/oauth/authorize",
        "scope": " ".join(auth.scopes),
        "authorization_url": f"{base}/oauth/token",
        "authorization_content_type": "application/json",
        "verification_tokens": tokens,
    }
