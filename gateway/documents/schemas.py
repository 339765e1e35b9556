"""marshmallow fields as JSON Schema 2020-12: the one conversion behind every document.

It is apispec's, held to what the strictest reader takes. Arguments are closed and stand alone.
Answers are open, because assistants keep an old copy of a document and an answer may grow.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import chain, count
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, resolver
from apispec.ext.marshmallow.field_converter import DEFAULT_FIELD_MAPPING
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields, validate

OPENAPI_VERSION = "3.1.0"  # the first whose schemas are JSON Schema 2020-12

# The type and format of a field, found by its class or the nearest one above it.
FIELD_TYPES = {
    **DEFAULT_FIELD_MAPPING,
    fields.URL: ("string", "uri"),  # JSON Schema knows no "url"
    fields.NaiveDateTime: ("string", None),  # a date-time has an offset (RFC 3339)
}

JsonSchema = dict[str, Any]
Rule = Callable[[fields.Field[Any], JsonSchema], None]


def types(schema: JsonSchema) -> list[str]:
    """The types that a schema allows, none where it allows any."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _keywords_have_values(_: fields.Field[Any], schema: JsonSchema) -> None:
    for keyword in ("format", "pattern"):
        if schema.get(keyword, "") is None:
            del schema[keyword]


def _numbers_are_json(_: fields.Field[Any], schema: JsonSchema) -> None:
    for keyword, value in schema.items():
        if isinstance(value, Decimal):
            schema[keyword] = float(value)


def _bounds_may_be_exclusive(field: fields.Field[Any], schema: JsonSchema) -> None:
    for each in field.validators:
        if not isinstance(each, validate.Range):
            continue
        if not each.min_inclusive and schema.get("minimum") == each.min:
            schema["exclusiveMinimum"] = schema.pop("minimum")
        if not each.max_inclusive and schema.get("maximum") == each.max:
            schema["exclusiveMaximum"] = schema.pop("maximum")


def _choices_are_of_the_items(_: fields.Field[Any], schema: JsonSchema) -> None:
    if "array" in types(schema) and "enum" in schema:
        choices = [choice for choice in schema.pop("enum") if choice is not None]
        schema["items"] = {**schema["items"], "enum": choices}


def _choices_have_a_type(_: fields.Field[Any], schema: JsonSchema) -> None:
    choices = schema.get("enum")
    if choices and all(isinstance(choice, str) for choice in choices):
        schema.setdefault("type", "string")


def _objects_have_properties(_: fields.Field[Any], schema: JsonSchema) -> None:
    if "object" in types(schema):
        schema.setdefault("properties", {})


def _references_stand_alone(_: fields.Field[Any], schema: JsonSchema) -> None:
    if "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]


RULES: tuple[Rule, ...] = (
    _keywords_have_values,
    _numbers_are_json,
    _bounds_may_be_exclusive,
    _choices_are_of_the_items,
    _choices_have_a_type,
    _objects_have_properties,
    _references_stand_alone,
)


class _Arguments(OpenAPIConverter):
    field_mapping = FIELD_TYPES

    def field2property(self, field: fields.Field[Any]) -> JsonSchema:
        schema: JsonSchema = super().field2property(field)
        for rule in RULES:
            rule(field, schema)
        return schema


class _Answers(_Arguments):
    def field2type_and_format(self, field: fields.Field[Any], **kwargs: Any) -> JsonSchema:
        if getattr(field, "as_string", False):  # numbers written as strings, and read as either
            return {"type": "string"}
        found: JsonSchema = super().field2type_and_format(field, **kwargs)
        return found

    def schema2jsonschema(self, schema: Schema) -> JsonSchema:
        found: JsonSchema = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        found.pop("additionalProperties", None)
        return found


class _ClosedAnswers(_Answers):
    def schema2jsonschema(self, schema: Schema) -> JsonSchema:
        return {**super().schema2jsonschema(schema), "additionalProperties": False}


class AnswerSchemas(MarshmallowPlugin):
    """Puts the schemas of answers, and those nested in them, among the components of a document."""

    Converter = _Answers


class ComponentNames:
    """Names for the schemas of one document, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, wanted: str) -> str:
        """`wanted`, or where that is taken `wanted2` and so on."""
        candidates = chain([wanted], (f"{wanted}{number}" for number in count(2)))
        name = next(each for each in candidates if each not in self._taken)
        self._taken.add(name)
        return name

    def of_schema(self, schema: type[Schema]) -> str:
        """A name after its class; none for what was nested as a dict, which then stands inline."""
        name = re.sub(r"[^A-Za-z0-9._-]", "", resolver(schema))  # OpenAPI 3.1 section 4.8.7
        return "" if name in ("", "Generated") else self.claim(name)


def _standing_alone(converter: type[OpenAPIConverter]) -> OpenAPIConverter:
    """Without names for what is nested, apispec writes it out in place."""
    return converter(OPENAPI_VERSION, lambda _: "", APISpec("", "", OPENAPI_VERSION))


_ARGUMENTS, _CLOSED_ANSWERS = _standing_alone(_Arguments), _standing_alone(_ClosedAnswers)


def arguments_schema(arguments: Mapping[str, fields.Field[Any]]) -> JsonSchema:
    """What a caller may send for these fields: a closed object that refers to nothing outside."""
    schema: JsonSchema = _ARGUMENTS.fields2jsonschema(arguments)  # type: ignore[no-untyped-call]
    return {**schema, "additionalProperties": False}


def closed_schema(answer: Schema) -> JsonSchema:
    """What an answer of this shape may hold, closed at every level, referring to nothing outside.

    For those who fetch it anew with each connection: an answer that grows is described anew too.
    """
    schema: JsonSchema = _CLOSED_ANSWERS.schema2jsonschema(answer)  # type: ignore[no-untyped-call]
    return schema
