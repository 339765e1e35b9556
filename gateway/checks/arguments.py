"""Rules for what an operation takes and returns."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, missing

from ..declaration import Kind, Operation
from ..envelope import REPEAT_FIELDS

RESERVED_ARGUMENTS = frozenset({"confirmation", *REPEAT_FIELDS})
ARGUMENT = 700  # characters of an argument's description that GPT Actions read


def _path_names_are_fields(operation: Operation) -> str | None:
    for name in operation.path_names:
        if name not in operation.takes.fields:
            return f"has <{name}> in its path, but `takes` has no such field. Add it."
        if not operation.takes.fields[name].required:
            return f"has <{name}> in its path, but the field is optional. Say required=True."
    return None


def _names_are_free(operation: Operation) -> str | None:
    for name in operation.takes.fields:
        if name in RESERVED_ARGUMENTS:
            return f"takes `{name}`, which is the gateway's own argument. Rename the field."
    return None


def _fields_keep_their_names(operation: Operation) -> str | None:
    for name, field in operation.takes.fields.items():
        if {field.data_key or name, field.attribute or name} != {name}:
            return f"renames the field `{name}` by data_key or attribute. Use one name everywhere."
    return None


def _descriptions_fit(operation: Operation) -> str | None:
    for name, field in operation.takes.fields.items():
        length = len(field.metadata.get("description", ""))
        if length > ARGUMENT:
            return f"describes `{name}` in {length} characters. Assistants read {ARGUMENT}: shorten it."
    return None


def _an_object_goes_each_way(operation: Operation) -> str | None:
    if not (operation.takes.many or operation.returns.many):
        return None
    return (
        "has a schema with many=True. Arguments and answers are objects: put the list in a field."
    )


def _schemas_end(operation: Operation) -> str | None:
    return _endless(operation.takes, ()) or _endless(operation.returns, ())


def _endless(schema: Schema, above: tuple[type[Schema], ...]) -> str | None:
    above = (*above, type(schema))
    for name, field in _nested(schema):
        if isinstance(field.nested, str):
            return f"nests `{name}` by a string. Name the schema class itself."
        inner = field.schema
        if type(inner) in above:
            return f"nests `{name}` in itself, which assistants cannot read. Flatten the schema."
        wrong = _endless(inner, above)
        if wrong:
            return wrong
    return None


def _nested(schema: Schema) -> Iterator[tuple[str, fields.Nested]]:
    for name, field in schema.fields.items():
        inner = _innermost(field)
        if isinstance(inner, fields.Nested):
            yield name, inner


def _innermost(field: Any) -> Any:
    """The field inside lists and objects; the field itself elsewhere."""
    while isinstance(field, fields.List | fields.Dict):
        field = field.inner if isinstance(field, fields.List) else field.value_field
    return field


def _numbers_are_json(operation: Operation) -> str | None:
    for schema in (operation.takes, operation.returns):
        for name, field in _all_fields(schema):
            if isinstance(field, fields.Decimal) and not field.as_string:
                return f"has the decimal `{name}`, which JSON cannot hold. Say as_string=True."
    return None


def _all_fields(schema: Schema) -> Iterator[tuple[str, fields.Field[Any]]]:
    """Every field with its name, those inside lists, objects and nested schemas too."""
    for name, field in schema.fields.items():
        yield name, _innermost(field)
    for _, nested in _nested(schema):
        yield from _all_fields(nested.schema)


def _queries_are_flat(operation: Operation) -> str | None:
    if operation.kind is not Kind.QUERY:
        return None
    for name, field in operation.takes.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested | fields.Dict | fields.List):
            return f"is a query and takes the nested `{name}`. A query string is flat: use plain fields."
    return None


def _function_is_plain(operation: Operation) -> str | None:
    function = operation.function
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return "is a coroutine or a generator. Write a plain function: each call has its thread."
    return None


def _function_takes_the_fields(operation: Operation) -> str | None:
    wrong = takes_exactly(operation.function, operation.takes)
    return wrong and f"{wrong} The function and `takes` must name the same."


def takes_exactly(function: Callable[..., Any], schema: Schema) -> str | None:
    """What keeps `function` from being called with exactly the fields of `schema`, if anything."""
    parameters = inspect.signature(function).parameters
    for name in schema.fields:
        if name not in parameters:
            return f"does not take the field `{name}`."
    for name, parameter in parameters.items():
        if name not in schema.fields:
            return f"takes `{name}`, but there is no such field."
        if parameter.kind is parameter.POSITIONAL_ONLY:
            return f"takes `{name}` by position only: remove the slash."
    return _optional_without_default(parameters, schema)


def _optional_without_default(
    parameters: Mapping[str, inspect.Parameter], schema: Schema
) -> str | None:
    for name, field in schema.fields.items():
        optional = not field.required and field.load_default is missing
        if optional and parameters[name].default is inspect.Parameter.empty:
            return f"needs `{name}`, but the field is optional: give the parameter a default."
    return None


RULES: tuple[Callable[[Operation], str | None], ...] = (
    _path_names_are_fields,
    _names_are_free,
    _fields_keep_their_names,
    _descriptions_fit,
    _an_object_goes_each_way,
    _schemas_end,
    _numbers_are_json,
    _queries_are_flat,
    _function_is_plain,
    _function_takes_the_fields,
)
