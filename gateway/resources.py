"""What a plugin lets be read by an address, declared as operations so that they run like any other."""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields

from . import checks
from .declaration import PATH_NAME, Declaration, Kind, Operation, Resource
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
    checks.resource(made, read, declaration)
    return made


def contents(found: str | bytes) -> dict[str, str]:
    """What `Contents` takes."""
    if isinstance(found, bytes):
        return {"blob": base64.b64encode(found).decode()}
    return {"text": found}


def _listing(
    declaration: Declaration, read: ReadFunction, names: list[str], listing: ListFunction | None
) -> Operation | None:
    if listing is None:
        return None

    def found() -> dict[str, Any]:
        items = list(listing())
        for item in items:
            missing = sorted({*names, "title"} - item.keys())
            if missing:
                raise ValueError(
                    f"{declaration.name}: the listing of `{read.__name__}` has an item without"
                    f" {', '.join(missing)}. Give the variables of the path, and a title."
                )
        return {"found": items}

    name = f"{read.__name__}.list"
    return _operation(declaration, read, name, "", found, {}, Listing())


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
