"""Gives every plugin its MCP server, at `/mcp` under its address in each form."""

from collections.abc import Callable
from functools import partial

from flask import Flask

from ...confirmations.operations import declining
from ...declaration import Declaration
from ...documents.server import information, instructions
from ...runtime import Gateway
from .elicitation import Elicitation
from .features import Server
from .operations import Operations
from .pages import Pages
from .prompts import prompts
from .resources import PluginResources
from .tools import tool
from .view import View, other_methods

OTHER_METHODS = ("GET", "DELETE", "OPTIONS", "PATCH", "PUT")


def install(app: Flask, gateway: Gateway) -> None:
    """Add the addresses."""
    for declaration in gateway.declarations.values():
        made = partial(server, app, gateway, declaration)
        add_server(app, f"/{declaration.name}/mcp", made)


def add_server(app: Flask, path: str, make: Callable[[], Server]) -> None:
    """Serve MCP at a path of the app, by what `make` gives when it is asked for the first time.

    Descriptions of tools take about a millisecond each, which a start with many plugins would feel.
    """
    view = View(make, is_lenient=app.extensions["gateway"].settings.mcp_lenient)
    for each in (path, f"{path}/"):  # as it is pasted
        app.add_url_rule(
            each, f"mcp:{each}", view, methods=["POST"], provide_automatic_options=False
        )
        app.add_url_rule(each, f"mcp:{each}:others", other_methods, methods=OTHER_METHODS)


def server(app: Flask, gateway: Gateway, declaration: Declaration) -> Server:
    """What a plugin offers over MCP."""
    operations = Operations(declaration, gateway.pipeline)
    elicitation = Elicitation(
        operations,
        gateway.secret,
        confirm_action=declaration.operation("confirm_action"),
        decline_action=declining(declaration, gateway.approvals) if declaration.actions else None,
        get_confirmation=declaration.operation("get_confirmation"),
    )
    resources = PluginResources(operations, Pages(app, declaration))
    return Server(
        information=lambda door: information(declaration, door.base(declaration.name)),
        instructions=instructions(declaration),
        tools=[tool(each, operations, elicitation) for each in declaration.operations],
        prompts=prompts(declaration),
        resources=resources.offered(),
        complete=resources.complete if resources.can_complete else None,
        admit=operations.admit,
        is_public=declaration.is_open,
    )
