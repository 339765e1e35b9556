"""The `flask` command line of the gateway."""

from flask import Flask

from .token import token
from .user import user


def install(app: Flask) -> None:
    """Add the commands: `flask user ...` and `flask token ...`."""
    app.cli.add_command(user)
    app.cli.add_command(token)
