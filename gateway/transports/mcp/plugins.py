"""Gives every plugin its MCP server, at `/mcp` under its address in each form."""

from collections.abc import Callable
from functools import partial

from flask import Flask

from ...confirmations.operations import declining
from ...declaration import Declaration
from ...documents.server import information, instructions
from ...runtime import Gateway
from .caller import Operations
from .features import Server
from .pages import Pages
from .prompts import prompts
from .questions import Questions
from .resources import PluginResources
from .tools import tool
from .view import View, refuse_other_methods


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
    app.add_url_rule(path, f"mcp:{path}", view, methods=["POST"])
    others = ["GET", "DELETE", "PUT", "PATCH"]
    app.add_url_rule(path, f"mcp:{path}:others", refuse_other_methods, methods=others)


def server(app: Flask, gateway: Gateway, declaration: Declaration) -> Server:
    """What a plugin offers over MCP."""
    operations = Operations(declaration, gateway.pipeline)
    questions = Questions(
        operations,
        gateway.secret,
        confirming=declaration.operation("confirm_action"),
        declining=declining(declaration, gateway.ledger) if declaration.actions else None,
        looking=declaration.operation("get_confirmation"),
    )
    resources = PluginResources(operations, Pages(app, declaration))
    return Server(
        information=lambda door: information(declaration, door.base(declaration.name)),
        instructions=instructions(declaration),
        tools=[tool(each, operations, questions) for each in declaration.operations],
        prompts=prompts(declaration),
        resources=resources.offered(),
        complete=resources.complete if resources.can_complete else None,
        admit=operations.admit,
        is_public=declaration.is_open,
    )
