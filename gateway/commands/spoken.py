"""Errors of use, shown as the sentence they are."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..auth.accounts import AccountError
from ..declaration import Declaration
from ..errors import Problem
from ..runtime import Gateway


@contextmanager
def spoken() -> Iterator[None]:
    """Turn our own errors into Click's, which print one line and leave with status 1."""
    try:
        yield
    except AccountError as error:
        raise click.ClickException(str(error)) from error
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem


def plugin_named(gateway: Gateway, name: str) -> Declaration:
    """The plugin of that name; where there is none, those there are."""
    declaration = gateway.declarations.get(name)
    if declaration is None:
        raise click.ClickException(
            f"There is no plugin {name}. There are: {', '.join(gateway.declarations)}."
        )
    return declaration
