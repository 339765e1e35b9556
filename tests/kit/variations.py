"""Arguments around those that could be right: each limit just kept and just missed, and other things."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from marshmallow import fields

from gateway.declaration import Kind, Operation

JsonSchema = Mapping[str, Any]

OF_ANY_TYPE = (1, 1.5, True, "1", [], ["x"], {}, None)
TEXTS = (
    "",
    " ",
    "0",
    "x",
    "红烧肉 🍲 é",
    "a&b=c%20+d?#",
    "a\nb",
    "a\0b",
    "2027-02-29",
    "x" * 1_000,
)
NUMBERS = (-1, 0, 1, 10**12)


def variations(right: Mapping[str, Any], schema: JsonSchema) -> Iterator[dict[str, Any]]:
    """Calls that change one thing about `right`, which `schema` may allow or not."""
    yield dict(right)
    yield {**right, "surprise": "1"}
    for name, told in schema["properties"].items():
        yield {key: value for key, value in right.items() if key != name}
        for value in values_around(told, right.get(name)):
            yield {**right, name: value}


def values_around(schema: JsonSchema, right: Any) -> Iterator[Any]:
    """Values for one argument: at its limits and past them, then of every type."""
    yield from schema.get("enum", ())
    if "default" in schema:
        yield schema["default"]
    if "string" in _types(schema):
        yield from TEXTS
        yield from ("长" * length for length in _around(schema, "minLength", "maxLength"))
    if {"integer", "number"} & _types(schema):
        yield from (*NUMBERS, *_around(schema, "minimum", "maximum"))
    if "array" in _types(schema):
        some = right or ["x"]
        yield from ((some * n)[:n] for n in _around(schema, "minItems", "maxItems"))
        yield from ([each] for each in values_around(schema.get("items", {}), some[0]))
    yield from OF_ANY_TYPE


def wrong_types(field: fields.Field[Any], schema: JsonSchema) -> list[Any]:
    """Values of every type that the schema of an argument does not allow.

    Two are taken all the same: null for what may be missing, and a text for a decimal number.
    """
    taken = {type(None): field.allow_none, str: isinstance(field, fields.Decimal)}
    return [
        value for value in OF_ANY_TYPE if not has_type(value, schema) and not taken.get(type(value))
    ]


def has_type(value: Any, schema: JsonSchema) -> bool:
    """Whether a value is of a type that the schema allows, and all inside it, if it is a list."""
    allowed, checker = _types(schema), Draft202012Validator({}).is_type
    if allowed and not any(checker(value, name) for name in allowed):
        return False
    items = schema.get("items", {})
    return not isinstance(value, list) or all(has_type(each, items) for each in value)


def means_the_same_in_an_address(
    operation: Operation, values: Mapping[str, Any], schema: JsonSchema
) -> bool:
    """Whether REST can say just this: in an address everything is text, and is read as its type."""
    is_query = operation.kind is Kind.QUERY
    for name in operation.arguments if is_query else operation.path_names:
        if name in values and not has_type(values[name], schema["properties"][name]):
            return False
    if not all(_is_a_segment(values.get(name, "")) for name in operation.path_names):
        return False
    return not is_query or all(map(_is_one_text_each, values.values()))


def _types(schema: JsonSchema) -> set[str]:
    found = schema.get("type", [])  # none stands for any
    return {found} if isinstance(found, str) else set(found)


def _around(schema: JsonSchema, lowest: str, highest: str) -> Iterator[int]:
    if lowest in schema:
        yield from (max(schema[lowest] - 1, 0), schema[lowest])
    if highest in schema:
        yield from (schema[highest], schema[highest] + 1)


def _is_a_segment(text: str) -> bool:
    return text not in ("", ".", "..") and "/" not in text


def _is_one_text_each(value: Any) -> bool:
    """An item that is empty, or has a comma in it, cannot be told from none or from two."""
    return not isinstance(value, list) or all(each and "," not in str(each) for each in value)
