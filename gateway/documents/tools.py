"""Operations as MCP tools: what tools/list says of each (MCP 2026-07-28, server/tools)."""

from typing import Any

from ..declaration import Kind, OAuth, Operation, Public
from .descriptions import IN_TOOLS, description
from .parameters import query_schema
from .schemas import JsonSchema, arguments_schema, closed_schema


def tool(operation: Operation) -> dict[str, Any]:
    """The entry of an operation, with everything in it that a client needs: nothing is referred to.

    `securitySchemes` stands twice, as OpenAI has it: at the top, where the protocol does not know it,
    and in `_meta`, where nothing takes it away.
    """
    security = _security(operation)
    return {
        "name": operation.name,
        "title": operation.title,
        "description": description(operation, IN_TOOLS),
        "inputSchema": input_schema(operation),
        "outputSchema": closed_schema(operation.answers),
        "annotations": _annotations(operation),
        **security,
        "_meta": security,
    }


def input_schema(operation: Operation) -> JsonSchema:
    """All arguments in one closed object, each described as OpenAPI describes it."""
    if operation.kind is Kind.QUERY:
        return query_schema(operation)
    return arguments_schema(operation.arguments)


def _annotations(operation: Operation) -> dict[str, Any]:
    """The hints by which clients decide whether to ask their user, each said outright: one that is left
    out is taken for the worse. `idempotentHint` is left out: no client is known to act on it.

    An action is destructive even where it can be undone, which by OpenAI's guidelines does not justify
    less; and Codex runs without a word what says that it is neither destructive nor open (measured).
    """
    reads = operation.kind is Kind.QUERY
    return {
        "title": operation.title,
        "readOnlyHint": reads,
        "destructiveHint": not reads,
        "openWorldHint": operation.open_world,
    }


def _security(operation: Operation) -> dict[str, Any]:
    """As OpenAI has it: nobody or OAuth. It knows no other way to call."""
    if isinstance(operation.auth, Public):
        return {"securitySchemes": [{"type": "noauth"}]}
    if isinstance(operation.auth, OAuth):
        return {"securitySchemes": [{"type": "oauth2", "scopes": list(operation.scopes)}]}
    return {}
