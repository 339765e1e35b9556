"""Schemas of an OpenAPI document as MCP has them: nothing is referred to, nothing is left open."""

from collections.abc import Mapping
from functools import partial
from typing import Any


def arguments_in(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation, wherever OpenAPI has them."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    inside = in_full(body.get("schema", {"properties": {}}), document)
    outside = {each["name"]: each for each in operation["parameters"]}
    properties = {name: _with_its_description(each) for name, each in outside.items()}
    assert not set(properties) & set(inside["properties"])
    needed = {name for name, each in outside.items() if each["required"]}
    return {
        "properties": {**properties, **inside["properties"]},
        "required": needed | set(inside.get("required", ())),
    }


def _with_its_description(parameter: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: parameter[name] for name in ("description",) if name in parameter}
    return {**parameter["schema"], **told}


REFERRING = ("$ref", "allOf", "anyOf")


def in_full(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to written out, closed as for somebody who reads it each time."""
    whole = partial(in_full, document=document)
    full = {name: each for name, each in schema.items() if name not in REFERRING}
    for each in (schema, *schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in each:
            name = each["$ref"].removeprefix("#/components/schemas/")
            full = {**whole(document["components"]["schemas"][name]), **full}
    if {"type": "null"} in schema.get("anyOf", ()):
        full["type"] = [full["type"], "null"]
    if "properties" in full:
        full["properties"] = {name: whole(each) for name, each in full["properties"].items()}
        full.setdefault("additionalProperties", False)
    for inner in ("items", "additionalProperties"):
        if isinstance(full.get(inner), Mapping):
            full[inner] = whole(full[inner])
    return full
