"""What a plugin lets be read by an address, declared as operations so that they run like any other."""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields

from . import checks
from .declaration import PATH_NAME, Declaration, Kind, Operation, Resource, is_one_part
from .docstrings import docstring

ReadFunction = Callable[..., str | bytes]
ListFunction = Callable[[], Iterable[Mapping[str, str]]]


class Contents(Schema):
    """What is at an address: text, or bytes in base64."""

    text = fields.String()
    blob = fields.String()
    mimeType = fields.String()  # noqa: N815 - the name on the wire


class Listing(Schema):
    """What there is: the variables of each address, and its title."""

    found = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


def resource(
    declaration: Declaration,
    read: ReadFunction,
    path: str,
    mime_type: str,
    listing: ListFunction | None,
) -> Resource:
    """The resource that `read` gives. Raises `DeclarationError` where it cannot work."""
    names = PATH_NAME.findall(path)
    takes = {name: fields.String(required=True) for name in names}

    def found(**values: str) -> dict[str, str]:
        return contents(read(**values))

    reading = _operation(declaration, read, read.__name__, path, found, takes, Contents())
    made = Resource(reading, _listing(declaration, read, names, listing), mime_type)
    checks.resource(made, read, listing, declaration)
    return made


def contents(found: str | bytes) -> dict[str, str]:
    """What `Contents` takes. Raises TypeError for what is neither text nor bytes."""
    if isinstance(found, bytes):
        return {"blob": base64.b64encode(found).decode()}
    if isinstance(found, str):
        return {"text": found}
    raise TypeError(f"a resource gives str or bytes, and not {type(found).__name__}")


def _listing(
    declaration: Declaration, read: ReadFunction, names: list[str], listing: ListFunction | None
) -> Operation | None:
    if listing is None:
        return None

    def found() -> dict[str, Any]:
        items = list(listing())
        for item in items:
            wrong = _wrong_item(item, names)
            if wrong:
                raise ValueError(f"{declaration.name}: the listing of `{read.__name__}` {wrong}")
        return {"found": items}

    name = f"{read.__name__}.list"
    return _operation(declaration, read, name, "", found, {}, Listing())


def _wrong_item(item: Mapping[str, str], names: list[str]) -> str | None:
    missing = sorted({*names, "title"} - item.keys())
    if missing:
        return f"has an item without {', '.join(missing)}. Give the variables of the path, and a title."
    for name in names:
        if not is_one_part(item[name]):
            return f'gives "{item[name]}" for {name}. Give what can be one part of an address.'
    return None


def _operation(
    declaration: Declaration,
    documented: ReadFunction,
    name: str,
    path: str,
    function: Callable[..., Any],
    takes: Mapping[str, fields.Field[Any]],
    returns: Schema,
) -> Operation:
    summary, rest = docstring(documented)
    return Operation(
        plugin=declaration.name,
        name=name,
        kind=Kind.RESOURCE,
        path=path,
        function=function,
        summary=summary,
        description=f"{summary}\n{rest}".strip(),
        takes=Schema.from_dict(dict(takes), name="Address")(),
        returns=returns,
        auth=declaration.auth,
        scopes=declaration.auth.scopes[:1],
    )
