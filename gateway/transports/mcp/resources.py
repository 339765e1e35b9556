"""What a plugin lets be read, as MCP resources: its own, and its pages for people."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from ...call import Answer
from ...declaration import Operation, Resource
from .features import HttpRefusal, Request, Resources, Result
from .messages import JsonRpcError
from .operations import Operations
from .pages import MIME_TYPE, Pages

LISTED_AT_ONCE = 100  # resources in one reply
COMPLETIONS = 100  # values in one reply, by the protocol
NOT_FOUND_BEFORE = -32002  # in versions with a handshake


@dataclass(frozen=True)
class PluginResources:
    """Lists and reads what one plugin offers, through the one path of every call."""

    operations: Operations
    pages: Pages

    def offered(self) -> Resources:
        """The handlers."""
        return Resources(listing=self._list, templates=self._templates, read=self._read)

    def complete(self, request: Request) -> Result:
        """What a variable of an address may be, by its beginning."""
        name, begun = request.params["argument"]["name"], request.params["argument"]["value"]
        template = request.params["ref"].get("uri")
        found = sorted(
            {
                item[name]
                for resource in self._own
                if resource.uri_template == template and name in resource.reading.path_names
                for item in (self._listed(resource.listing, request) if resource.listing else ())
                if item[name].startswith(begun)
            }
        )
        shown = found[:COMPLETIONS]
        more = len(found) > len(shown)
        return {"completion": {"values": shown, "total": len(found), "hasMore": more}}

    @property
    def can_complete(self) -> bool:
        """Whether the values of some variable can be listed."""
        return any(resource.listing for resource in self._own)

    @property
    def _own(self) -> tuple[Resource, ...]:
        return self.operations.declaration.resources

    def _list(self, request: Request) -> Result:
        if not self.can_complete:  # else each listing asks who calls, and is counted
            self.operations.admit(request)
        start = _start(request.params.get("cursor"))
        end = start + LISTED_AT_ONCE
        found = [*self.pages.listed(request.door), *self._own_listed(request)]
        following = {"nextCursor": str(end)} if len(found) > end else {}
        return {"resources": found[start:end], **following}

    def _own_listed(self, request: Request) -> Iterator[dict[str, Any]]:
        for resource in self._own:
            if resource.listing:
                for item in self._listed_if_possible(resource.listing, request):
                    yield _entry(resource, item)
            elif not resource.reading.path_names:
                yield _entry(resource, {"title": resource.reading.title})

    def _listed_if_possible(self, listing: Operation, request: Request) -> list[Mapping[str, str]]:
        """Nothing where a listing fails inside, which is logged, so that it hides no other resource;
        and nothing where what there is is not for this client of a plugin that is open in part.
        """
        try:
            return self._listed(listing, request)
        except HttpRefusal:
            if not self.operations.declaration.is_open:
                raise
        except JsonRpcError as error:
            if error.data is None or error.data.get("code") != "internal_error":
                raise
        return []

    def _listed(self, listing: Operation, request: Request) -> list[Mapping[str, str]]:
        found: list[Mapping[str, str]] = self._contents(listing, request, {})["found"]
        return found

    def _templates(self, request: Request) -> Result:
        own = (_template(resource) for resource in self._own if resource.reading.path_names)
        return {"resourceTemplates": [*own, *self.pages.templates(request.door)]}

    def _read(self, request: Request) -> Result:
        uri = request.params["uri"]
        operation, values, mime_type = self._found(uri, request)
        contents = self._contents(operation, request, values)
        return {"contents": [{"uri": uri, "mimeType": mime_type, **contents}]}

    def _found(self, uri: str, request: Request) -> tuple[Operation, Mapping[str, str], str]:
        for resource in self._own:
            values = _variables(resource.uri_template, uri)
            if values is not None:
                return resource.reading, values, resource.mime_type
        page = self.pages.find(uri, request.door)
        if page is None:
            raise _not_found(request, f"There is no resource {uri[:200]}.")
        return self.pages.reading, page, MIME_TYPE

    def _contents(
        self, operation: Operation, request: Request, values: Mapping[str, str]
    ) -> Mapping[str, Any]:
        answer = self.operations.perform(operation, request, values)
        if "WWW-Authenticate" in answer.headers:  # a resource has no result that could say so
            raise HttpRefusal(answer)
        if answer.is_problem:
            raise _failure(request, answer)
        return answer.body


def _entry(resource: Resource, item: Mapping[str, str]) -> dict[str, Any]:
    described = item.get("description") or resource.reading.description
    uri, title = _filled(resource.uri_template, item), item["title"]
    entry = {"uri": uri, "name": title, "title": title, "mimeType": resource.mime_type}
    return {**entry, "description": described}


def _template(resource: Resource) -> dict[str, Any]:
    reading = resource.reading
    entry = {"uriTemplate": resource.uri_template, "name": reading.name, "title": reading.title}
    return {**entry, "description": reading.description, "mimeType": resource.mime_type}


def _filled(template: str, item: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda name: quote(item[name[1]], safe=""), template)


def _variables(template: str, uri: str) -> dict[str, str] | None:
    """The variables of an address that fits the template, each within one segment; else None."""
    parts = re.split(r"{(\w+)}", template)
    names = parts[1::2]
    pattern = "([^/]+)".join(map(re.escape, parts[::2]))
    found = re.fullmatch(pattern, uri)
    if found is None:
        return None
    return {name: unquote(value) for name, value in zip(names, found.groups(), strict=True)}


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,9}", cursor):
        raise JsonRpcError(INVALID_PARAMS, "This cursor is not of this list. Begin without one.")
    return int(cursor)


def _failure(request: Request, answer: Answer) -> JsonRpcError:
    """The refusal of an operation, where the protocol has no result for it."""
    detail = str(answer.body["detail"])
    if answer.status in (404, 422):
        return _not_found(request, detail)
    return JsonRpcError(INTERNAL_ERROR, detail, dict(answer.body))


def _not_found(request: Request, detail: str) -> JsonRpcError:
    code = INVALID_PARAMS if request.is_modern else NOT_FOUND_BEFORE
    return JsonRpcError(code, detail, {"uri": request.params.get("uri")})
