"""Serves the documents of a plugin."""

from collections.abc import Callable

from flask import Flask, Response

from ..declaration import Declaration
from ..documents.formats import as_json, as_yaml
from ..documents.manifest import manifest
from ..documents.openapi import openapi
from ..documents.publisher import Publisher
from ..runtime import Gateway, current_door
from .prepared import Document, document, prepared


def install(app: Flask, declaration: Declaration, publisher: Publisher) -> None:
    """Give a plugin the addresses of its documents."""

    def add(path: str, make: Callable[[str], Document]) -> None:
        app.add_url_rule(
            f"/{declaration.name}{path}",
            endpoint=f"document:{declaration.name}:{path}",
            view_func=prepared(lambda door: make(door.base(declaration.name))),
        )

    add(
        "/.well-known/ai-plugin.json",
        lambda base: document(as_json(manifest(declaration, base, publisher)), "application/json"),
    )
    add(
        "/openapi.json",
        lambda base: document(as_json(openapi(declaration, base)), "application/json"),
    )
    add(
        "/openapi.yaml",
        lambda base: document(as_yaml(openapi(declaration, base)), "application/yaml"),
    )
    app.add_url_rule(
        f"/{declaration.name}/.known/ai-plugin.json",
        endpoint=f"document:{declaration.name}:known",
        view_func=lambda: _moved(declaration.name),
    )


def publisher_of(gateway: Gateway, plugin: str) -> Publisher:
    """Who publishes a plugin, as the settings say."""
    settings = gateway.settings
    return Publisher(
        name=settings.publisher_name,
        contact_email=settings.contact_email,
        legal_url=settings.legal_url,
        verification_token=settings.verification_token_of(plugin),
        privacy_url=settings.privacy_url,
        terms_url=settings.terms_url,
        support_url=settings.support_url,
    )


def _moved(plugin: str) -> Response:
    """The address without "well-", which was written in many tutorials."""
    location = f"{current_door().base(plugin)}/.well-known/ai-plugin.json"
    return Response(status=308, headers={"Location": location}, content_type="text/plain")
