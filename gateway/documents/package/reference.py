"""`references/REFERENCE.md` of the skill: every operation with its arguments."""

from collections.abc import Iterator
from typing import Any

import orjson

from ...declaration import Kind, Operation
from ..schemas import JsonSchema, arguments_schema, types
from .source import Source
from .texts import cell

PATH = "references/REFERENCE.md"

KINDS = {
    Kind.QUERY: "Reads. Changes nothing.",
    Kind.ACTION: "Acts, after the user has confirmed it.",
    Kind.APPROVAL: "Confirms an action.",
}
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "default": "`{}` where left out",
}
AT_LEAST_ONE = (("minLength", 1), ("minItems", 1))
HEAD = "| argument | type | needed | meaning |\n|---|---|---|---|"


def reference(source: Source) -> str:
    """The operations in the order of the declaration, each with a table of what it takes."""
    parts = [f"# Operations of {source.declaration.title}"]
    for operation in source.declaration.operations:
        parts += [f"## {operation.name}", operation.description, KINDS[operation.kind]]
        parts.append(_table(operation))
    return "\n\n".join(parts) + "\n"


def _table(operation: Operation) -> str:
    schema = arguments_schema(operation.arguments)
    if not schema["properties"]:
        return "It takes no arguments."
    needed = schema.get("required", ())
    rows = (
        f"| `{name}` | {_type(each)} | {'yes' if name in needed else 'no'} | {_meaning(each)} |"
        for name, each in schema["properties"].items()
    )
    return "\n".join([HEAD, *rows])


def _type(schema: JsonSchema) -> str:
    named = [each for each in types(schema) if each != "null"]
    if named == ["array"]:
        return f"list of {_type(schema['items'])}"
    return f"{' or '.join(named) or 'any'}{_format(schema)}"


def _format(schema: JsonSchema) -> str:
    return f" ({schema['format']})" if "format" in schema else ""


def _meaning(schema: JsonSchema) -> str:
    return cell(" ".join(_sentences(schema)))


def _sentences(schema: JsonSchema) -> Iterator[str]:
    if "description" in schema:
        yield schema["description"]
    choices = _choices(schema)
    if choices:
        yield f"One of {', '.join(f'`{each}`' for each in choices)}."
    limits = ", ".join(_limits(schema))
    if limits:
        yield f"{limits[0].upper()}{limits[1:]}."


def _choices(schema: JsonSchema) -> list[Any]:
    inside = schema.get("items", {})
    return [each for each in schema.get("enum") or inside.get("enum", ()) if each is not None]


def _limits(schema: JsonSchema) -> Iterator[str]:
    for keyword, told in LIMITS.items():
        if (keyword, schema.get(keyword)) in AT_LEAST_ONE:
            yield "not empty"
        elif schema.get(keyword) not in (None, "", [], {}):
            yield told.format(orjson.dumps(schema[keyword]).decode())
