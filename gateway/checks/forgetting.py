"""Rules for the function that deletes what a plugin keeps of a person."""

import inspect
from collections.abc import Callable

from ..declaration import Declaration, DeclarationError

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

Forget = Callable[..., object]
Rule = Callable[[Forget, Declaration], str | None]


def forget(function: Forget, declaration: Declaration) -> None:
    """Refuse a function that breaks a rule; `declaration` holds what was declared before it."""
    for rule in RULES:
        wrong = rule(function, declaration)
        if wrong:
            raise DeclarationError(f"{declaration.name}: `{function.__name__}` {wrong}")


def _is_plain(function: Forget, _: Declaration) -> str | None:
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return "is a coroutine or a generator, and would never run. Write a plain function."
    return None


def _takes_the_person(function: Forget, _: Declaration) -> str | None:
    kinds = [each.kind for each in inspect.signature(function).parameters.values()]
    if len(kinds) == 1 and kinds[0] in BY_POSITION:
        return None
    return "must take one argument: the id of the person to forget, as in caller.id."


def _persons_are_known(_: Forget, declaration: Declaration) -> str | None:
    if declaration.knows_persons:
        return None
    return (
        "has nobody to forget: neither the plugin's auth nor that of an operation above it identifies a"
        " person. Move it below them, or leave it out."
    )


def _is_declared_once(_: Forget, declaration: Declaration) -> str | None:
    if declaration.forget is None:
        return None
    return "is the second with @plugin.forget. Delete everything in one function."


RULES: tuple[Rule, ...] = (_is_plain, _takes_the_person, _persons_are_known, _is_declared_once)
