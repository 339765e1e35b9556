"""Documents as they go out: made once for each door, kept as bytes, answered by ETag."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from flask import Flask, Response, request

from ..hosts import Door
from ..runtime import current_door

# Loopback answers on any port, so the doors have no end. The latest are kept.
DOORS_KEPT = 16


@dataclass(frozen=True)
class Document:
    """A document as it goes out; `headers` are those beyond the usual ones."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def etag(self) -> str:
        """The same for the same bytes."""
        return hashlib.sha256(self.body).hexdigest()[:32]


def serve(app: Flask, path: str, make: Callable[[Door], Document]) -> None:
    """Answer at a path of the app with what `make` gives for the door of the request."""
    made = lru_cache(DOORS_KEPT)(make)

    def view() -> Response:
        document = made(current_door())
        response = Response(document.body, content_type=document.content_type)
        response.set_etag(document.etag)
        response.headers["Cache-Control"] = "no-cache"
        response.headers.update(document.headers)
        response.vary.add("Origin")
        response.make_conditional(request)
        return response

    app.add_url_rule(path, f"document:{path}", view)


def moved(location: str) -> Response:
    """The answer at an address that leads to another."""
    return Response(status=308, headers={"Location": location}, content_type="text/plain")
