"""`/.well-known/api-catalog`: every API of the gateway (RFC 9727), as a set of links (RFC 9264).

An API is listed at the address under which it is called. Each plugin has two, one for REST and one
for MCP. The relations are those of RFC 8631 (service-desc, service-doc, service-meta, status) and
RFC 6903 (privacy-policy, terms-of-service).
"""

from collections.abc import Mapping
from typing import Any

from ..declaration import Declaration
from .server_card import MEDIA_TYPE as SERVER_CARD

PATH = "/.well-known/api-catalog"
MEDIA_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


def api_catalog(
    plugins: Mapping[str, Declaration],
    root: str,
    *,
    privacy_url: str | None = None,
    terms_url: str | None = None,
    cards: bool = False,
) -> dict[str, Any]:
    """The catalogue at `root` of `plugins`, which are given by their absolute addresses.

    `cards` says whether their MCP servers have cards.
    """
    items = [item for base, each in plugins.items() for item in _items(base, each)]
    linkset: list[dict[str, Any]] = [{"anchor": root + PATH, "item": items}]
    for base in plugins:
        policies = {"privacy-policy": privacy_url or f"{base}/privacy"}
        policies |= {"terms-of-service": terms_url} if terms_url else {}
        linkset += [_rest(base, root, policies), _mcp(base, cards)]
    return {"linkset": linkset}


def catalog_link(root: str) -> str:
    """The Link header that leads to the catalogue (RFC 9727 section 2)."""
    return f'<{root}{PATH}>; rel="api-catalog"; type="application/linkset+json"'


def _items(base: str, declaration: Declaration) -> list[dict[str, str]]:
    title = declaration.title
    return [{"href": base, "title": title}, {"href": f"{base}/mcp", "title": f"{title} (MCP)"}]


def _rest(base: str, root: str, policies: Mapping[str, str]) -> dict[str, Any]:
    return {
        "anchor": base,
        "service-desc": [
            _link(f"{base}/openapi.json", "application/json"),
            _link(f"{base}/openapi.yaml", "application/yaml"),
        ],
        "service-doc": [_link(f"{base}/", "text/html")],
        "service-meta": [_link(f"{base}/.well-known/ai-plugin.json", "application/json")],
        "status": [_link(f"{root}/healthz", "application/json")],
        **{relation: [{"href": address}] for relation, address in policies.items()},
    }


def _mcp(base: str, cards: bool) -> dict[str, Any]:
    """An MCP server describes itself once one is connected, so only what is read before is linked."""
    card = {"service-meta": [_link(f"{base}/mcp/server-card", SERVER_CARD)]}
    page = {"service-doc": [_link(f"{base}/", "text/html")]}
    return {"anchor": f"{base}/mcp", **page, **(card if cards else {})}


def _link(address: str, media_type: str) -> dict[str, str]:
    return {"href": address, "type": media_type}
