"""Rules for something that is read by an address."""

import inspect
import re
from collections.abc import Callable

from ..declaration import PATH_NAME, Declaration, DeclarationError, Resource
from .operations import DESCRIPTION, PATH

MIME_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?charset=[a-z0-9-]+)?")

BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

Read = Callable[..., object]
Rule = Callable[[Resource, Declaration], str | None]
FunctionRule = Callable[[Resource, Read, object], str | None]


def resource(resource: Resource, read: Read, listing: object, declaration: Declaration) -> None:
    """Refuse a resource that breaks a rule.

    `read` and `listing` are what the author gave; `declaration` holds what was declared before it.
    """
    of_functions = (rule(resource, read, listing) for rule in FUNCTION_RULES)
    for wrong in (*of_functions, *(rule(resource, declaration) for rule in RULES)):
        if wrong:
            raise DeclarationError(f"{declaration.name}: `{resource.reading.name}` {wrong}")


def _function_is_plain(_: Resource, read: Read, __: object) -> str | None:
    if inspect.iscoroutinefunction(read) or inspect.isgeneratorfunction(read):
        return "is a coroutine or a generator. Write a plain function: each call has its thread."
    return None


def _function_takes_the_variables(resource: Resource, read: Read, _: object) -> str | None:
    names = list(resource.reading.path_names)
    found = inspect.signature(read).parameters
    if list(found) == names and all(each.kind in BY_NAME for each in found.values()):
        return None
    return f"must take exactly the variables of its path, in their order: {', '.join(names) or 'none'}."


def _listing_can_be_called(_: Resource, __: Read, listing: object) -> str | None:
    if listing is None or callable(listing):
        return None
    return "has a listing that is no function. Give a function without arguments, or none."


def _path_is_legal(resource: Resource, _: Declaration) -> str | None:
    if PATH.fullmatch(resource.reading.path):
        return None
    return f'has the path "{resource.reading.path}". Write it like /notes/<id>.'


def _has_a_docstring(resource: Resource, _: Declaration) -> str | None:
    if resource.reading.summary:
        return None
    return "has no docstring. Write one: it is what people and models are told of it."


def _docstring_fits(resource: Resource, _: Declaration) -> str | None:
    length = len(resource.reading.description)
    if length <= DESCRIPTION:
        return None
    return f"has a docstring of {length} characters. Shorten it to {DESCRIPTION}."


def _type_is_legal(resource: Resource, _: Declaration) -> str | None:
    if MIME_TYPE.fullmatch(resource.mime_type):
        return None
    return f'has the type "{resource.mime_type}". Write it like text/markdown or image/png.'


def _name_is_free(resource: Resource, declaration: Declaration) -> str | None:
    others = {each.reading.name for each in declaration.resources}
    if resource.reading.name not in others and not declaration.operation(resource.reading.name):
        return None
    return "is declared twice. Rename one of the functions."


def _address_is_free(resource: Resource, declaration: Declaration) -> str | None:
    """Two templates that differ in the names of their variables are one address, too."""
    for other in declaration.resources:
        if _shape(other) == _shape(resource):
            return (
                f"has the address of `{other.reading.name}`, {other.uri_template}. Change one path."
            )
    return None


def _shape(resource: Resource) -> str:
    return PATH_NAME.sub("<>", resource.reading.path)


FUNCTION_RULES: tuple[FunctionRule, ...] = (
    _function_is_plain,
    _function_takes_the_variables,
    _listing_can_be_called,
)
RULES: tuple[Rule, ...] = (
    _path_is_legal,
    _has_a_docstring,
    _docstring_fits,
    _type_is_legal,
    _name_is_free,
    _address_is_free,
)
