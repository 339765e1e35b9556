"""Serves the documents: made once for each form of an address, kept as bytes, answered by ETag."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, request

from ..declaration import Declaration
from ..documents.formats import as_json, as_yaml
from ..documents.manifest import manifest
from ..documents.openapi import openapi
from ..documents.publisher import Publisher
from ..runtime import current_door

# Loopback answers on any port, so the forms of an address have no end. The latest are kept.
FORMS_KEPT = 16


@dataclass(frozen=True)
class Document:
    """A document as it goes out."""

    body: bytes
    content_type: str
    etag: str


def _document(body: bytes, content_type: str) -> Document:
    return Document(body, content_type, hashlib.sha256(body).hexdigest()[:32])


def install(app: Flask, declaration: Declaration, publisher: Publisher) -> None:
    """Give a plugin the addresses of its documents."""

    def add(path: str, make: Callable[[str], Document]) -> None:
        app.add_url_rule(
            f"/{declaration.name}{path}",
            endpoint=f"document:{declaration.name}:{path}",
            view_func=_view(declaration.name, lru_cache(FORMS_KEPT)(make)),
        )

    add(
        "/.well-known/ai-plugin.json",
        lambda base: _document(as_json(manifest(declaration, base, publisher)), "application/json"),
    )
    add(
        "/openapi.json",
        lambda base: _document(as_json(openapi(declaration, base)), "application/json"),
    )
    add(
        "/openapi.yaml",
        lambda base: _document(as_yaml(openapi(declaration, base)), "application/yaml"),
    )
    app.add_url_rule(
        f"/{declaration.name}/.known/ai-plugin.json",
        endpoint=f"document:{declaration.name}:known",
        view_func=lambda: _moved(declaration.name),
    )


def _view(plugin: str, document_at: Callable[[str], Document]) -> Callable[[], Response]:
    def view() -> Response:
        document = document_at(current_door().base(plugin))
        response = Response(document.body, content_type=document.content_type)
        response.set_etag(document.etag)
        response.headers["Cache-Control"] = "no-cache"
        response.vary.add("Origin")
        response.make_conditional(request)
        return response

    return view


def _moved(plugin: str) -> Response:
    """The address without "well-", which was written in many tutorials."""
    location = f"{current_door().base(plugin)}/.well-known/ai-plugin.json"
    return Response(status=308, headers={"Location": location}, content_type="text/plain")
