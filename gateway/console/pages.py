"""The catalogue at the root, and the icon."""

from dataclasses import dataclass
from pathlib import Path

from flask import Response, send_file

from ..declaration import Declaration
from ..runtime import current_door, current_gateway
from . import session_cookie
from .described import KINDS, Words, access
from .door import forms
from .qr_code import qr_code
from .reachability import reachability
from .site import site_page

STATIC = Path(__file__).parent / "static"
ICON_KEPT = 7 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Entry:
    """A plugin in the catalogue; `forms` are its addresses."""

    plugin: Declaration
    access: Words
    forms: tuple[str, ...]


def catalogue() -> Response:
    """Every plugin: what it does, its operations, the addresses to copy into an assistant, and how."""
    gateway = current_gateway()
    with gateway.ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    # What a plugin declares itself: the operations that the gateway adds say nothing about it.
    declared = [plugin.declaration for plugin in gateway.plugins.values()]
    entries = [Entry(each, access(each), forms(each.name)) for each in declared]
    return site_page(
        "catalogue.html",
        account,
        entries=entries,
        kinds=KINDS,
        reach=reachability(current_door().root),
        qr_code=qr_code,
    )


def favicon() -> Response:
    """The icon that browsers ask for by themselves."""
    return send_file(STATIC / "logo.png", max_age=ICON_KEPT)
