"""The three JSON files: plugin.json, mcp.json, and the manifest that Claude reads instead."""

import re
from typing import Any

from ..publisher import Publisher
from .listing import interface, secure
from .source import Source
from .texts import SMALL_WORDS

SCHEMAS = "https://agent-plugins.org/schemas/1.0.0"


def plugin_json(source: Source) -> dict[str, Any]:
    """The manifest of Agent Plugins 1.0, with what OpenAI's directory asks for."""
    return {
        "$schema": f"{SCHEMAS}/plugin.schema.json",
        **_description(source),
        "extensions": {"com.openai": {"interface": interface(source)}},
    }


def mcp_json(source: Source) -> dict[str, Any]:
    """The one server. Codex drops a server with any key but these two (measured)."""
    return {
        "$schema": f"{SCHEMAS}/mcp.schema.json",
        "mcpServers": {source.name: {"type": "streamable-http", "url": source.mcp_url}},
    }


def claude_json(source: Source) -> dict[str, Any]:
    """Claude reads neither of the two above, and has another word for the same transport."""
    server = {"type": "http", "url": source.mcp_url}
    return {**_description(source), "mcpServers": {source.name: server}}


def _description(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "version": source.version,
        "description": source.declaration.summary,
        "author": _author(source.publisher.at(source.base)),
        **secure({"homepage": f"{source.base}/"}),
        "keywords": _keywords(source),
    }


def _author(publisher: Publisher) -> dict[str, str]:
    author = {"name": publisher.name, "email": publisher.contact_email}
    return {key: text for key, text in author.items() if text}


def _keywords(source: Source) -> list[str]:
    words = re.findall(
        r"\w+", f"{source.name} {source.declaration.title} {source.category}".lower()
    )
    return [each for each in dict.fromkeys(words) if each not in SMALL_WORDS]
