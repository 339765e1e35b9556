"""A plugin's pages for people as MCP resources, at the very addresses that its answers name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from flask import Flask, Response, abort
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ...context import current_call
from ...declaration import PATH_NAME, Declaration, Kind, Operation
from ...docstrings import docstring
from ...hosts import Door
from ...resources import Contents, contents

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NO_PAGE = "There is no such page."
MIME_TYPE = "text/html"  # of a page whose address does not say otherwise


class PageAddress(Schema):
    """Where a page is in the app: the path, decoded, and the query as it stands."""

    path = fields.String(required=True)
    query = fields.String(required=True)


@dataclass(frozen=True)
class Pages:
    """The pages of one plugin: its own at `/`, and those that its author made under `/pages/`."""

    app: Flask
    declaration: Declaration

    @cached_property
    def reading(self) -> Operation:
        """Reading one, for whoever may read what the plugin has."""
        declaration = self.declaration
        return Operation(
            plugin=declaration.name,
            name="this page",
            kind=Kind.RESOURCE,
            path="",
            function=self._read,
            takes=PageAddress(),
            returns=Contents(),
            auth=declaration.auth,
            scopes=declaration.auth.scopes[:1],
        )

    def listed(self, door: Door) -> list[dict[str, Any]]:
        """The pages whose addresses have no variables."""
        return [{"uri": uri, **entry} for uri, entry in self._entries(door) if "{" not in uri]

    def templates(self, door: Door) -> list[dict[str, Any]]:
        """The pages whose addresses have variables."""
        return [{"uriTemplate": uri, **entry} for uri, entry in self._entries(door) if "{" in uri]

    def find(self, uri: str, door: Door) -> Mapping[str, str] | None:
        """The page at an address in the form of `door`, as `reading` takes it; None for no page."""
        name = self.declaration.name
        base = door.base(name)
        if not uri.startswith(f"{base}/"):
            return None
        address, _, query = uri.partition("?")
        path = f"/{name}{unquote(address.removeprefix(base))}"
        try:
            rule, _ = self.app.url_map.bind("").match(path, "GET", return_rule=True)
        except (HTTPException, RoutingException):
            return None
        return {"path": path, "query": query} if rule.rule in self._told else None

    @cached_property
    def _told(self) -> Mapping[str, tuple[str, str]]:
        """A title and a description of each page, by the path of its rule."""
        name = self.declaration.name
        views = {
            rule.rule: self.app.view_functions[rule.endpoint]
            for rule in self.app.url_map.iter_rules()
            if rule.rule.startswith(f"/{name}/pages/") and "GET" in (rule.methods or ())
        }
        own = {f"/{name}/": (self.declaration.title, self.declaration.summary)}
        return {**own, **{path: _title_and_rest(path, view) for path, view in views.items()}}

    def _entries(self, door: Door) -> Iterator[tuple[str, dict[str, Any]]]:
        name = self.declaration.name
        for path, (title, description) in self._told.items():
            uri = door.base(name) + PATH_NAME.sub(_variable, path.removeprefix(f"/{name}"))
            kind = guess_type(path)[0] or MIME_TYPE
            entry = {"name": _last_word(path) or name, "title": title, "mimeType": kind}
            yield uri, {**entry, "description": description} if description else entry

    def _read(self, path: str, query: str) -> dict[str, str]:
        """The page as a browser of the caller would get it. Aborts as the page does."""
        call = current_call()
        environ = EnvironBuilder(quote(path), call.door.root, query).get_environ()
        environ |= {"gateway.door": call.door, "gateway.call": call}
        if call.caller.locale:
            environ["HTTP_ACCEPT_LANGUAGE"] = call.caller.locale
        body, status, headers = run_wsgi_app(self._answer, environ, buffered=True)
        page = Response(body, status, headers)
        if page.status_code != HTTPStatus.OK:
            problem = page.get_json(force=True, silent=True) or {}
            code = page.status_code if page.status_code >= HTTPStatus.BAD_REQUEST else 404
            abort(code, problem.get("detail") or NO_PAGE)
        kind, charset = page.mimetype or MIME_TYPE, page.mimetype_params.get("charset", "utf-8")
        is_text = kind.startswith("text/")
        found = page.get_data().decode(charset, "replace") if is_text else page.get_data()
        return {**contents(found), "mimeType": kind}

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        """The app without what stands in front of it: the door is known."""
        return Flask.wsgi_app(self.app, environ, start_response)


def _variable(found: Any) -> str:
    """`<int:number>` as `{number}`."""
    return f"{{{found[1].rpartition(':')[2]}}}"


def _title_and_rest(path: str, view: object) -> tuple[str, str]:
    """From the docstring of the page, else from its address."""
    title, rest = docstring(view)
    return title or _last_word(path).capitalize(), rest


def _last_word(path: str) -> str:
    """`/booking/pages/bookings/<id>` is about `bookings`; empty for the plugin's own page."""
    words = [part for part in path.split("/")[2:] if part and "<" not in part]
    return words[-1] if words else ""
