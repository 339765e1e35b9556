"""Serves what strangers look for at addresses that are known: what there is, proofs, and cards."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from flask import Flask, Response

from ..declaration import Declaration
from ..documents.api_catalog import MEDIA_TYPE as API_CATALOG_TYPE
from ..documents.api_catalog import PATH as API_CATALOG
from ..documents.api_catalog import api_catalog, catalog_link
from ..documents.formats import as_json
from ..documents.llms import llms
from ..documents.server_card import CATALOG_MEDIA_TYPE, MEDIA_TYPE, ai_catalog, server_card
from ..errors import Problem
from ..hosts import Door
from ..runtime import Gateway, current_door
from .mcp.versions import HANDSHAKE, MODERN
from .prepared import Document, moved, serve

CHALLENGE = "/.well-known/openai-apps-challenge"
NO_CHALLENGE = (
    "There is no challenge to answer here. Whoever runs the gateway sets OPENAI_APPS_CHALLENGE, or the"
    " same after a plugin's name and an underscore, to the token that OpenAI gave out."
)
# The first is the address that MCP reserves (SEP-2127), the others are where scanners look.
CARDS = ("/mcp/server-card", "/.well-known/mcp/server-card.json", "/.well-known/mcp.json")
CARD_KEPT = {"Cache-Control": "public, max-age=3600"}  # SEP-2127, Caching

AI_CATALOG = "/.well-known/ai-catalog.json"

# What pages of any origin may read: as SEP-2127 (CORS Requirements) has it for cards. Of two patterns
# Flask-CORS asks the one with more slashes first, which is this one.
_OPEN = "|".join(map(re.escape, (API_CATALOG, AI_CATALOG, *CARDS)))
OPEN_PATHS = rf"^(/llms\.txt|(/[a-z][a-z0-9]*)?({_OPEN}))\Z"
FROM_ANY_PAGE: dict[str, Any] = {
    "origins": "*",
    "send_wildcard": True,
    "methods": ["GET"],
    "allow_headers": ["Content-Type", "If-None-Match"],
    "expose_headers": ["ETag"],
}

Make = Callable[[Door], Document]


def install(app: Flask, gateway: Gateway) -> None:
    """Add the documents of the gateway as a whole, and those of plugins that prove or announce."""
    _add_challenge(app, "", gateway.settings.openai_apps_challenge)
    for name in gateway.declarations:
        _add_challenge(app, f"/{name}", gateway.settings.apps_challenge_of(name))
        app.add_url_rule(f"/{name}{API_CATALOG}", f"to-catalogue:{name}", _to_catalogue)
    serve(app, API_CATALOG, lambda door: _api_catalog(gateway, door))
    serve(app, "/llms.txt", lambda door: _llms(gateway, door))
    if gateway.settings.mcp_server_card:
        _add_cards(app, gateway)


def _add_challenge(app: Flask, prefix: str, token: str | None) -> None:
    path = prefix + CHALLENGE
    if token:
        serve(app, path, lambda _: Document(token.encode(), "text/plain"))
    else:
        app.add_url_rule(path, f"document:{path}", _no_challenge)


def _no_challenge() -> NoReturn:
    raise Problem(404, "not_found", NO_CHALLENGE)


def _to_catalogue() -> Response:
    """A plugin's host has no catalogue of its own: RFC 9727 section 5.1 has it lead to the one."""
    return moved(current_door().root + API_CATALOG)


def _plugins(gateway: Gateway, door: Door) -> Mapping[str, Declaration]:
    """The plugins by their absolute addresses, as the makers of documents want them."""
    return {door.base(name): each for name, each in gateway.declarations.items()}


def _api_catalog(gateway: Gateway, door: Door) -> Document:
    settings = gateway.settings
    made = api_catalog(
        _plugins(gateway, door),
        door.root,
        privacy_url=settings.privacy_url,
        terms_url=settings.terms_url,
        cards=settings.mcp_server_card,
    )
    return Document(as_json(made), API_CATALOG_TYPE, {"Link": catalog_link(door.root)})


def _llms(gateway: Gateway, door: Door) -> Document:
    text = llms(_plugins(gateway, door), door.root, gateway.settings.publisher_name)
    return Document(text.encode(), "text/plain; charset=utf-8")


def _add_cards(app: Flask, gateway: Gateway) -> None:
    def catalog(door: Door) -> Document:
        made = ai_catalog(_plugins(gateway, door), door.root, gateway.settings.publisher_name)
        return Document(as_json(made), CATALOG_MEDIA_TYPE, CARD_KEPT)

    serve(app, AI_CATALOG, catalog)
    for declaration in gateway.declarations.values():
        for path in CARDS:
            serve(app, f"/{declaration.name}{path}", _card(declaration))


def _card(declaration: Declaration) -> Make:
    def make(door: Door) -> Document:
        base = door.base(declaration.name)
        card = server_card(declaration, base, door.root, (*MODERN, *reversed(HANDSHAKE)))
        return Document(as_json(card), MEDIA_TYPE, CARD_KEPT)

    return make
