"""One room, two doors: a plugin answers as a path and as a host, and both lead to the same routes.

`HostStep` is a WSGI step in front of the app. It refuses hosts that are not ours (421), turns the host
of a plugin into its path prefix, and notes the door, from which absolute addresses are made. Its
cost is one dictionary look-up, however many plugins there are.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from .config import Settings
from .errors import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANY_HOST = frozenset({"/healthz", "/known-host", "/metrics", "/readyz"})
HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Door:
    """The form in which an address was asked for.

    `root` is the origin at which people sign in, such as `http://localhost:8000`; `plugin` is the
    name of the plugin whose host was asked for, and `host` that host's origin; both None at the
    root.
    """

    root: str
    plugin: str | None = None
    host: str | None = None

    def base(self, plugin: str) -> str:
        """The absolute address of a plugin in this form, without a slash at the end."""
        if self.host is not None and plugin == self.plugin:
            return self.host
        return f"{self.root}/{plugin}"

    def well_known(self, name: str, plugin: str, path: str = "") -> str:
        """Where a document on an address of a plugin is looked for: `path` is below the plugin's.

        The name is inserted between the host and the path (RFC 8414 section 3.1).
        """
        base = self.base(plugin)
        origin = self.host if base == self.host else self.root
        return f"{origin}/.well-known/{name}{base.removeprefix(origin or '')}{path}"


class Doors:
    """Finds the door of a request from its Host, or refuses it."""

    def __init__(self, settings: Settings, plugins: Iterable[str]) -> None:
        self._settings = settings
        self._plugins = frozenset(plugins)
        self._known = {**dict(self._public_doors()), **dict(self._allowed_doors())}
        self._names = {_parts(key)[0] for key, door in self._known.items() if _is_secure(door)}

    @property
    def front(self) -> Door:
        """The door to name when nobody asks, as in a log: the configured root, or localhost."""
        return Door(self._settings.base_url or f"http://localhost:{self._settings.port}")

    @property
    def public_roots(self) -> list[str]:
        """The origins at which plugins are reached as paths from elsewhere, over HTTPS."""
        roots = {door.root for door in self._known.values() if not door.plugin}
        return sorted(root for root in roots if root.startswith("https://"))

    def find(self, host: str, scheme: str) -> Door | None:
        """The door that `host` (a Host header) is, or None when it is none of ours."""
        name, port = _parts(host)
        door = self._known.get(_key(name, port)) or self._known.get(f"any:{name}")
        if door is None:
            return self._loopback(name, port) if self._settings.is_local else None
        if door.root:
            return door
        return Door(f"{scheme if scheme == 'https' else 'http'}://{host.lower()}")

    def has_public_name(self, name: str) -> bool:
        """Whether a proxy should hold a certificate for `name`: a host that the settings name with
        https, on whatever port. It tells nothing of other hosts that are answered.
        """
        host, port = _parts(name)
        return not self._settings.is_local and port is None and host in self._names

    def host_form(self, root: str, plugin: str) -> Door | None:
        """The door of a plugin's own host below the origin `root`; None where there is none."""
        scheme, _, netloc = root.partition("://")
        return self.find(f"{plugin}.{netloc}", scheme)

    def _loopback(self, name: str, port: str | None) -> Door | None:
        suffix = f":{port}" if port else ""
        if name in LOOPBACK:
            return Door(f"http://{name}{suffix}")
        plugin, _, rest = name.partition(".")
        if rest == "localhost" and plugin in self._plugins:
            return Door(f"http://localhost{suffix}", plugin, f"http://{name}{suffix}")
        return None

    def _public_doors(self) -> Iterator[tuple[str, Door]]:
        base = self._settings.base_url
        if base is None:
            return
        scheme, _, netloc = base.partition("://")
        yield _key(*_parts(netloc)), Door(base)
        for plugin in self._plugins:
            host = f"{plugin}.{netloc}"
            yield _key(*_parts(host)), Door(base, plugin, f"{scheme}://{host}")

    def _allowed_doors(self) -> Iterator[tuple[str, Door]]:
        """Entries without a scheme answer in that of the request, and without a port on any."""
        for entry in self._settings.allowed_hosts:
            scheme, separator, netloc = entry.lower().rstrip("/").rpartition("://")
            name, port = _parts(netloc)
            key = _key(name, port) if port or separator else f"any:{name}"
            yield key, Door(f"{scheme}://{netloc}" if separator else "")

    def advice(self) -> str:
        """What to do about a host that is refused."""
        if self._settings.is_local:
            return (
                "Set BASE_URL to the public root of this gateway, or add the host to ALLOWED_HOSTS, as"
                " https://name where it speaks HTTPS; without them only localhost is answered."
            )
        return (
            f"BASE_URL says {self._settings.base_url}; add other hosts to ALLOWED_HOSTS, as https://name"
            " where they speak HTTPS."
        )


def _parts(host: str) -> tuple[str, str | None]:
    """Name and port of a Host header; an empty name for one that cannot be read."""
    parts = HOST.fullmatch(host.lower())
    if parts is None or int(parts["port"] or 0) > 65_535:
        return "", None
    return parts["name"].rstrip("."), parts["port"]


def _is_secure(door: Door) -> bool:
    return (door.host or door.root).startswith("https://")


def _key(name: str, port: str | None) -> str:
    """How a host is looked up. The usual ports are left out whatever the scheme: behind a proxy that
    ends TLS, a request for port 443 comes in as plain HTTP.
    """
    return name if port in (None, "80", "443") else f"{name}:{port}"


def in_the_form_asked(location: str, door: Door) -> str:
    """A redirect that Flask made by itself, without the prefix that the host already stands for."""
    inside = f"{door.host}/{door.plugin}/"
    if door.host and location.startswith(inside):
        return f"{door.host}/{location.removeprefix(inside)}"
    return location


class HostStep:
    """The WSGI step: `environ["gateway.door"]` is the door, and the path has the plugin in front."""

    def __init__(self, app: "WSGIApplication", doors: Doors) -> None:
        self._app = app
        self._doors = doors

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        door = self._doors.find(environ.get("HTTP_HOST", ""), environ["wsgi.url_scheme"])
        if path in ANY_HOST:
            environ["gateway.door"] = self._doors.front
        elif door is None:
            return self._refuse(environ["REQUEST_METHOD"], start_response)
        else:
            environ["gateway.door"] = door
            if door.plugin and not path.startswith("/static/"):
                environ["PATH_INFO"] = f"/{door.plugin}{path or '/'}"
        return self._app(environ, start_response)

    def _refuse(self, method: str, start_response: "StartResponse") -> Iterable[bytes]:
        problem = Problem(
            421, "unknown_host", f"This host is not served here. {self._doors.advice()}"
        )
        body = orjson.dumps(problem.body())
        start_response(
            "421 Misdirected Request",
            [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))],
        )
        return [] if method == "HEAD" else [body]
