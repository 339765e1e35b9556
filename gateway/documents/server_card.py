"""MCP server cards and the catalogue of them. Experimental: SEP-2127, as its schema was in July 2026.

A card tells a client what it needs before it connects; what the server can do it tells by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..declaration import Declaration, ServiceKey, UserKey
from .server import information

MEDIA_TYPE = "application/mcp-server-card+json"
CATALOG_MEDIA_TYPE = "application/ai-catalog+json"
SCHEMA = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"


def server_card(
    declaration: Declaration, base: str, root: str, versions: Sequence[str]
) -> dict[str, Any]:
    """The card of the plugin at the absolute address `base`.

    `root` is the gateway's own address, of which the name is made: it is the same in every form of
    the plugin's address. `versions` are those of MCP that are spoken.
    """
    namespace = ".".join(reversed(_host(root).split(".")))
    remote = {"type": "streamable-http", "url": f"{base}/mcp"}
    return {
        "$schema": SCHEMA,
        **information(declaration, base),
        "name": f"{namespace}/{declaration.name}",
        "remotes": [
            {**remote, "supportedProtocolVersions": list(versions), **_headers(declaration)}
        ],
    }


def ai_catalog(plugins: Mapping[str, Declaration], root: str, publisher: str) -> dict[str, Any]:
    """The catalogue at `root` of the cards of `plugins`, given by their absolute addresses."""
    return {
        "specVersion": "1.0",
        "host": {"displayName": publisher},
        "entries": [
            {
                "identifier": f"urn:air:{_host(root)}:mcp:{declaration.name}",
                "displayName": declaration.title,
                "type": MEDIA_TYPE,
                "url": f"{base}/mcp/server-card",
            }
            for base, declaration in plugins.items()
        ],
    }


def _host(root: str) -> str:
    """The host's name. An IPv6 address loses its colons, which names and URNs give a meaning."""
    return (urlsplit(root).hostname or "").replace(":", "-")


def _headers(declaration: Declaration) -> dict[str, Any]:
    """The key that a person or an operator pastes; a client finds out about OAuth by itself."""
    if not isinstance(declaration.auth, ServiceKey | UserKey):
        return {}
    needed = not declaration.is_open
    key = {"description": "The key for this plugin.", "isRequired": needed, "isSecret": True}
    return {
        "headers": [
            {
                "name": "Authorization",
                "value": "Bearer {key}",
                "isRequired": needed,
                "isSecret": True,
                "variables": {"key": key},
            }
        ]
    }
