"""The `flask` command line of the gateway."""

from flask import Flask

from .audit import audit
from .client import client
from .grants import grants
from .plugin import plugin
from .token import token
from .user import user


def install(app: Flask) -> None:
    """Add the commands: `flask user`, `flask token`, `flask client`, `flask grants`, `flask plugin`
    and `flask audit`."""
    app.cli.add_command(user)
    app.cli.add_command(token)
    app.cli.add_command(client)
    app.cli.add_command(grants)
    app.cli.add_command(plugin)
    app.cli.add_command(audit)
