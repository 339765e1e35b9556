"""Where the arguments of an operation travel over REST: path, query string or body."""

from typing import Any

from marshmallow import fields

from ..declaration import Kind, Operation
from .schemas import JsonSchema, arguments_schema, types

Fields = dict[str, fields.Field[Any]]


def body_fields(operation: Operation) -> Fields:
    """What an action or an approval takes in its JSON body; nothing for a query, which has none."""
    if operation.kind is Kind.QUERY:
        return {}
    own = operation.path_names
    return {name: field for name, field in operation.arguments.items() if name not in own}


def parameters(operation: Operation) -> list[dict[str, Any]]:
    """The OpenAPI parameters: everything that is not in the body, schemas inline."""
    inside = body_fields(operation)
    outside = {name: field for name, field in operation.arguments.items() if name not in inside}
    schemas = _schemas(outside)["properties"]
    return [
        _parameter(name, schemas[name], field, in_path=name in operation.path_names)
        for name, field in outside.items()
    ]


def query_schema(operation: Operation) -> JsonSchema:
    """The arguments of a query in one object, each as in its parameter."""
    return _schemas(operation.arguments)


def _schemas(outside: Fields) -> JsonSchema:
    """The schemas of what travels in an address."""
    schema = arguments_schema(outside)
    properties = {name: _without_null(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": properties}


def _parameter(
    name: str, schema: JsonSchema, field: fields.Field[Any], *, in_path: bool
) -> dict[str, Any]:
    schema = dict(schema)
    description = schema.pop("description", "")
    parameter = {"name": name, "in": "path" if in_path else "query", "required": field.required}
    if "array" in types(schema):
        parameter |= {"style": "form", "explode": True}
    if description:
        parameter["description"] = description
    return {**parameter, "schema": schema}


def _without_null(schema: JsonSchema) -> JsonSchema:
    """The same schema for an address, in which there is no null: what is not there is left out."""
    named = [name for name in types(schema) if name != "null"]
    plain = {**schema, "type": named[0]} if len(named) == 1 else dict(schema)
    if plain.get("default", "") is None:
        del plain["default"]
    if "enum" in plain:
        plain["enum"] = [choice for choice in plain["enum"] if choice is not None]
    return plain
