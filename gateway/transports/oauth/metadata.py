"""Serves the documents by which clients find out how an account is linked, wherever they look for them.

The name of a document stands between host and path (RFC 8414 section 3.1, RFC 9728 section 3.1): for a
plugin that is asked for as a host, at the root of that host; for one that is asked for as a path, at the
root of the gateway. Some clients put the name at the end, as OpenID Connect has it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from flask import Flask

from ...declaration import Declaration
from ...documents.formats import as_json
from ...documents.oauth import authorization_server, protected_resource
from ...errors import Problem
from ...hosts import Door
from ...runtime import Gateway
from ..prepared import Document, serve
from ..well_known import FROM_ANY_PAGE

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"  # where some look for the same document

NOTHING_TO_LINK = (
    "No account is linked to this plugin: it is open to everybody, or takes a key. Its page says how to"
    " connect to it."
)

# Clients that run in a page send the version of MCP along, which makes browsers ask first.
OPEN_PATHS = (
    r"^(/[a-z][a-z0-9]*)?(/mcp)?"
    rf"({'|'.join(map(re.escape, (RESOURCE, SERVER, OPENID)))})"
    r"(/[a-z][a-z0-9]*)?(/mcp)?\Z"
)
FROM_ANY_CLIENT = {
    **FROM_ANY_PAGE,
    "allow_headers": [*FROM_ANY_PAGE["allow_headers"], "MCP-Protocol-Version"],
}

Make = Callable[[Declaration, str], dict[str, Any]]


def install(app: Flask, gateway: Gateway) -> None:
    """Add the addresses of every plugin; where no account can be linked, they say so."""
    for declaration in gateway.declarations.values():
        for path in _resource_paths(declaration.name):
            _add(app, path, declaration, protected_resource)
        for path in _server_paths(declaration.name):
            _add(app, path, declaration, authorization_server)


def _resource_paths(name: str) -> Iterator[str]:
    yield f"/{name}{RESOURCE}"
    yield f"/{name}{RESOURCE}/mcp"
    yield f"/{name}/mcp{RESOURCE}"
    yield f"{RESOURCE}/{name}"
    yield f"{RESOURCE}/{name}/mcp"


def _server_paths(name: str) -> Iterator[str]:
    """Those with `/mcp` are for clients that take the MCP server itself for the issuer. Such a client
    has no other way to find a plugin below a path; at the host of a plugin it has the root of the host,
    and strict ones would give up at an issuer that is another than they asked for.
    """
    for document in (SERVER, OPENID):
        yield f"/{name}{document}"
        yield f"{document}/{name}"
        yield f"{document}/{name}/mcp"


def _add(app: Flask, path: str, declaration: Declaration, make: Make) -> None:
    def made(door: Door) -> Document:
        base = door.base(declaration.name)
        return Document(as_json(make(declaration, base)), "application/json")

    if declaration.linking:
        serve(app, path, made)
    else:
        app.add_url_rule(path, f"document:{path}", _nothing_to_link)


def _nothing_to_link() -> NoReturn:
    raise Problem(404, "not_found", NOTHING_TO_LINK)
