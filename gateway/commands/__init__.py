"""The `flask` command line of the gateway."""

from flask import Flask

from .plugin import plugin
from .token import token
from .user import user


def install(app: Flask) -> None:
    """Add the commands: `flask user ...`, `flask token ...` and `flask plugin ...`."""
    app.cli.add_command(user)
    app.cli.add_command(token)
    app.cli.add_command(plugin)
