"""The pages that every plugin has without doing anything for them."""

from flask import Response, make_response, render_template, send_file

from ..auth.accounts import LOCAL_EMAIL
from ..packaging import logo_of, publisher_of
from ..runtime import current_door, current_gateway
from . import connect, described, shell
from .door import forms
from .qr_code import qr_code
from .reachability import reachability

LOGO_KEPT = 7 * 24 * 3600  # seconds


def overview(name: str) -> Response:
    """What people and models see of a plugin, and how to connect assistants to it."""
    gateway = current_gateway()
    declaration = gateway.declarations[name]
    base = current_door().base(name)
    html = render_template(
        "plugin.html",
        plugin=declaration,
        access=described.access(declaration),
        kinds=described.KINDS,
        arguments_of=described.arguments,
        details_of=described.details,
        curl=lambda operation: shell.curl(operation, base),
        showcase=shell.showcase(declaration, base),
        credential=connect.credential(declaration),
        token_command=_token_command(name),
        forms=forms(name),
        ways=connect.ways(declaration, base),
        reach=reachability(base),
        qr_code=qr_code,
    )
    return make_response(html)


def legal(name: str) -> Response:
    """Who publishes the plugin, and on what terms."""
    return _notice("legal.html", name)


def privacy(name: str) -> Response:
    """What the gateway keeps of people, and why."""
    return _notice("privacy.html", name)


def logo(name: str) -> Response:
    """The plugin's picture."""
    return send_file(logo_of(current_gateway(), name), max_age=LOGO_KEPT)


def _notice(template: str, name: str) -> Response:
    gateway = current_gateway()
    html = render_template(
        template,
        plugin=gateway.declarations[name],
        publisher=publisher_of(gateway, name).at(current_door().base(name)),
        settings=gateway.settings,
    )
    return make_response(html)


def _token_command(name: str) -> str | None:
    """How whoever runs the gateway makes a token; None where calling needs none of a person's."""
    gateway = current_gateway()
    needed = connect.credential(gateway.declarations[name])
    if needed is None or not needed.names_a_person:
        return None
    return shell.token_command(name, LOCAL_EMAIL if gateway.settings.is_local else "EMAIL")
