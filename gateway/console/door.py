"""By which door the current request came, and which plugin it is for."""

from urllib.parse import quote

from flask import request

from ..plugin import Plugin
from ..runtime import current_door, current_gateway


def addressed_plugin() -> Plugin | None:
    """The plugin under whose prefix the address is, whether or not anything answers there."""
    return current_gateway().plugins.get(request.path.split("/", 2)[1])


def path_form() -> str:
    """The path of this page at the root, where people sign in, percent-encoded."""
    return quote(request.path)


def page_address() -> str:
    """The absolute address of this page, in the form in which it was asked for, without its query."""
    door = current_door()
    if door.plugin is None:
        return door.root + path_form()
    return door.base(door.plugin) + path_form().removeprefix(f"/{door.plugin}")


def forms(plugin: str) -> tuple[str, ...]:
    """The absolute addresses of a plugin: as a path, then as a host where that is one of ours."""
    root = current_door().root
    as_host = current_gateway().doors.host_form(root, plugin)
    return tuple(filter(None, (f"{root}/{plugin}", as_host.host if as_host else None)))
