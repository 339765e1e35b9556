"""What a plugin's MCP server says of itself, and the prompts it offers."""

from typing import Any

from ..declaration import Declaration
from .openapi import VERSION

# OpenAI reads the first 512 characters most closely, so the rule that no action may break stands there.
ASKS_FIRST = (
    "An action never runs on its first call: it answers with a question for the user. Show question,"
    " link and code word for word, and never say that something is done before get_confirmation says"
    " executed."
)


def information(declaration: Declaration, base: str) -> dict[str, Any]:
    """The serverInfo of the plugin whose absolute address is `base`, without a slash at the end."""
    return {
        "name": declaration.name,
        "title": declaration.title,
        "version": VERSION,
        "description": declaration.summary,
        "websiteUrl": f"{base}/",
        "icons": [{"src": f"{base}/logo.png", "mimeType": "image/png"}],
    }


def instructions(declaration: Declaration) -> str:
    """What the model is told of the whole plugin: what it is, the rule of actions, then the author."""
    rule = ASKS_FIRST if declaration.actions else ""
    first = " ".join(filter(None, (declaration.summary, rule)))
    return "\n\n".join(filter(None, (first, declaration.instructions)))


def prompts(declaration: Declaration) -> list[dict[str, Any]]:
    """The examples, as prompts to choose from."""
    return [
        {"name": f"example_{number}", "title": text, "description": text, "arguments": []}
        for number, text in enumerate(declaration.examples, start=1)
    ]
