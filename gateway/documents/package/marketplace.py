"""The lists from which assistants on one machine install: one for Codex, one for Claude."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..formats import as_json
from .source import OTHER, Source

CODEX, CLAUDE = ".agents/plugins/marketplace.json", ".claude-plugin/marketplace.json"
MARKETPLACES = (CODEX, CLAUDE)

Manifest = Mapping[str, Any]


def marketplaces(source: Source, exported: Iterable[Manifest]) -> dict[str, bytes]:
    """Both lists by their path, of the packages with these manifests, in this order.

    They are named after the address of the gateway, so that two gateways can be told apart.
    """
    exported = list(exported)
    host = urlsplit(source.base).netloc.removeprefix(f"{source.name}.")
    name = re.sub(r"[^a-z0-9]+", "-", host).strip("-")
    publisher = source.publisher.at(source.base)
    codex = {
        "name": name,
        "interface": {"displayName": publisher.name},
        "plugins": [_for_codex(each) for each in exported],
    }
    claude = {
        "name": name,
        "owner": {"name": publisher.name, "email": publisher.contact_email},
        "description": f"Plugins of {publisher.name}",
        "plugins": [_for_claude(each) for each in exported],
    }
    return {CODEX: as_json(codex), CLAUDE: as_json(claude)}


def is_export(marketplace: Any) -> bool:
    """Whether a list holds nothing but packages in the folders of their names beside it."""
    if not isinstance(marketplace, dict) or not isinstance(marketplace.get("plugins"), list):
        return False
    return all(_is_beside(each) for each in marketplace["plugins"])


def _is_beside(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    path = _path(entry)
    return entry.get("source") in (path, {"source": "local", "path": path})


def _path(manifest: Manifest) -> str:
    """Relative to the root of the marketplace, wherever the list itself is."""
    return f"./plugins/{manifest.get('name')}"


def _for_codex(manifest: Manifest) -> dict[str, Any]:
    return {
        "name": manifest["name"],
        "source": {"source": "local", "path": _path(manifest)},
        "policy": {"installation": "AVAILABLE", "authentication": "ON_USE"},
        "category": _category(manifest),
    }


def _for_claude(manifest: Manifest) -> dict[str, Any]:
    return {
        "name": manifest["name"],
        "source": _path(manifest),
        "description": manifest.get("description", ""),
        "version": manifest.get("version", ""),
        "category": _category(manifest),
    }


def _category(manifest: Manifest) -> str:
    try:
        return str(manifest["extensions"]["com.openai"]["interface"]["category"])
    except (KeyError, TypeError):
        return OTHER
