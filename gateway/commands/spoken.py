"""Errors of use, shown as the sentence they are."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..auth.accounts import AccountError
from ..errors import Problem


@contextmanager
def spoken() -> Iterator[None]:
    """Turn our own errors into Click's, which print one line and leave with status 1."""
    try:
        yield
    except AccountError as error:
        raise click.ClickException(str(error)) from error
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
