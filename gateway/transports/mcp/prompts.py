"""The examples of a plugin as MCP prompts: a person chooses one, and it stands in the chat."""

from collections.abc import Mapping
from typing import Any

from ...declaration import Declaration
from ...documents.server import prompts as descriptors
from .features import Prompt, Request, Result


def prompts(declaration: Declaration) -> list[Prompt]:
    """One prompt for each example."""
    return [_prompt(descriptor) for descriptor in descriptors(declaration)]


def _prompt(descriptor: Mapping[str, Any]) -> Prompt:
    message = {"role": "user", "content": {"type": "text", "text": descriptor["title"]}}

    def get(_: Request) -> Result:
        return {"messages": [message]}

    return Prompt(descriptor, get)
