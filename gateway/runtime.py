"""What one running app is made of. Plugins are module-global and hold none of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app, request

from .authorization.requests import Issuer
from .authorization.server import AuthorizationServer
from .config import Settings
from .confirmations.approvals import Approvals
from .confirmations.sweeper import Sweeper
from .declaration import Declaration
from .hosts import Door, Doors
from .pipeline import Pipeline
from .plugin import Plugin
from .storage.cache import Cache
from .storage.ledger import Ledger


@dataclass(frozen=True)
class Gateway:
    """One running app's parts. `secret` signs forms; `declarations` and `plugins` are by name."""

    settings: Settings
    secret: str
    plugins: Mapping[str, Plugin]
    declarations: Mapping[str, Declaration]
    doors: Doors
    ledger: Ledger
    cache: Cache
    pipeline: Pipeline
    approvals: Approvals
    authorization: AuthorizationServer

    def after_fork(self) -> None:
        """What a worker must do first: forget the connections of the process it was copied from."""
        self.ledger.after_fork()
        if any(each.actions for each in self.declarations.values()):
            Sweeper(self.ledger, self.approvals.elsewhere).start()


def current_gateway() -> Gateway:
    """The gateway of the current Flask app."""
    return cast(Gateway, current_app.extensions["gateway"])


def current_door() -> Door:
    """The door by which the current request came, as the step in front of the app has found it."""
    return cast(Door, request.environ["gateway.door"])


def current_issuer(plugin: str) -> Issuer:
    """The authorization server of a plugin, at the door by which the current request came."""
    gateway, door = current_gateway(), current_door()
    scopes = gateway.declarations[plugin].linked_scopes
    as_host = gateway.doors.host_form(door.root, plugin)
    bases = [f"{door.root}/{plugin}", *([as_host.host] if as_host else [])]
    resources = {f"{base}{path}" for base in bases for path in ("", "/mcp")}
    return Issuer(plugin, door.base(plugin), scopes, frozenset(resources))
