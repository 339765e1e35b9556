"""Serves the documents of every plugin."""

from flask import Flask, Response

from ..documents.formats import as_json, as_yaml
from ..documents.manifest import manifest
from ..documents.openapi import openapi
from ..documents.package.archive import archive
from ..hosts import Door
from ..packaging import package, publisher_of, source_of
from ..runtime import Gateway, current_door
from .prepared import Document, moved, serve

MANIFEST = "/.well-known/ai-plugin.json"


def install(app: Flask, gateway: Gateway) -> None:
    """Add the addresses."""
    for name in gateway.declarations:
        _install(app, gateway, name)


def _install(app: Flask, gateway: Gateway, name: str) -> None:
    declaration, publisher = gateway.declarations[name], publisher_of(gateway, name)

    def as_manifest(door: Door) -> Document:
        made = manifest(declaration, door.base(name), publisher)
        return Document(as_json(made), "application/json")

    def json(door: Door) -> Document:
        return Document(as_json(openapi(declaration, door.base(name))), "application/json")

    def yaml(door: Door) -> Document:
        return Document(as_yaml(openapi(declaration, door.base(name))), "application/yaml")

    def as_package(door: Door) -> Document:
        body = archive(package(source_of(gateway, name, door)))
        attachment = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
        return Document(body, "application/zip", attachment)

    serve(app, f"/{name}{MANIFEST}", as_manifest)
    serve(app, f"/{name}/openapi.json", json)
    serve(app, f"/{name}/openapi.yaml", yaml)
    serve(app, f"/{name}/package.zip", as_package)
    known = f"/{name}/.known/ai-plugin.json"
    app.add_url_rule(known, f"document:{known}", lambda: _moved(name))


def _moved(plugin: str) -> Response:
    """The address without "well-", which was written in many tutorials."""
    return moved(f"{current_door().base(plugin)}{MANIFEST}")
