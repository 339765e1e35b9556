"""What a client reads before it links an account: the resource (RFC 9728), and its authorization server.

Clients compare addresses letter by letter, so `base` is the issuer just as it is, without a slash at
its end.
"""

from typing import Any

from ..declaration import OFFLINE_ACCESS, Declaration

CLIENT_AUTHENTICATION = ["none", "client_secret_post", "client_secret_basic"]


def protected_resource(declaration: Declaration, base: str) -> dict[str, Any]:
    """What protects the MCP server of the plugin whose absolute address is `base`."""
    return {
        "resource": f"{base}/mcp",
        "authorization_servers": [base],
        "scopes_supported": list(declaration.linked_scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": declaration.title,
        "resource_documentation": f"{base}/",
    }


def authorization_server(declaration: Declaration, base: str) -> dict[str, Any]:
    """How accounts are linked to the plugin at `base` (RFC 8414).

    Besides: the issuer is in every answer to the browser (RFC 9207), and a client may be named by the
    address of its own description (CIMD) as well as register (RFC 7591).
    """
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "registration_endpoint": f"{base}/oauth/register",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "scopes_supported": [*declaration.linked_scopes, OFFLINE_ACCESS],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{base}/",
    }
