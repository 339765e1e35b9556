"""Lines that work as pasted into a shell."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from marshmallow import fields, validate

from ..declaration import PATH_NAME, Declaration, Operation, Public

VARIABLE = "$TOKEN"  # the shell's variable that holds a token
EXAMPLE = "example"  # the key in a field's metadata that holds a value which works


def flask_command() -> str:
    """How to call the command line: by its path where it is inside the current folder."""
    environment = Path(sys.prefix)
    here = Path.cwd()
    if not environment.is_relative_to(here):
        return "flask"
    return str((environment / "bin" / "flask").relative_to(here))


def token_command(plugin: str, email: str) -> str:
    """Makes a token for a person and keeps it in the shell's variable TOKEN."""
    return f"TOKEN=$({flask_command()} token issue --user {email} --plugin {plugin})"


def curl(operation: Operation, base: str, token: str = VARIABLE) -> str | None:
    """Calls a query at `base`; None for what changes something, or needs a value that nobody gave.

    Everything is percent-encoded, so that double quotes do in every shell.
    """
    values = _example_values(operation)
    if operation.method != "GET" or values is None:
        return None
    path = PATH_NAME.sub(lambda name: quote(values[name[1]], safe=""), operation.path)
    query = {name: text for name, text in values.items() if name not in operation.path_names}
    address = base + path + (f"?{urlencode(query, safe=',')}" if query else "")
    header = "" if isinstance(operation.auth, Public) else f' -H "Authorization: Bearer {token}"'
    return f'curl{header} "{address}"'


def showcase(declaration: Declaration, base: str, token: str = VARIABLE) -> str | None:
    """The line to try first: a query with example values, else one that needs no values."""
    ready = [each for each in declaration.queries if curl(each, base, token)]
    first = max(ready, key=lambda each: bool(_example_values(each)), default=None)
    return curl(first, base, token) if first else None


def _example_values(operation: Operation) -> Mapping[str, str] | None:
    """Every argument that has an example, as text; None where a required one has none."""
    examples = {name: _example(field) for name, field in operation.takes.fields.items()}
    if any(field.required and not examples[name] for name, field in operation.takes.fields.items()):
        return None
    return {name: text for name, text in examples.items() if text}


def _example(field: fields.Field[Any]) -> str:
    """The author's example of a field; of a required field with fixed choices, the first."""
    value = field.metadata.get(EXAMPLE)
    if value is None and field.required:
        value = next(iter(_choices(field)), None)
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return "" if value is None else _text(value)


def _choices(field: fields.Field[Any]) -> list[Any]:
    return [
        choice
        for each in field.validators
        if isinstance(each, validate.OneOf)
        for choice in each.choices
    ]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
