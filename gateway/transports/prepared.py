"""Documents as they go out: made once for each door, kept as bytes, answered by ETag."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flask import Response, request

from ..hosts import Door
from ..runtime import current_door

# Loopback answers on any port, so the doors have no end. The latest are kept.
DOORS_KEPT = 16


@dataclass(frozen=True)
class Document:
    """A document as it goes out; `headers` are those beyond the usual ones."""

    body: bytes
    content_type: str
    etag: str
    headers: Mapping[str, str] = field(default_factory=dict)


def document(body: bytes, content_type: str, **headers: str) -> Document:
    """A document with its ETag; `cache_control=` stands for the header Cache-Control."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Document(body, content_type, hashlib.sha256(body).hexdigest()[:32], named)


def prepared(make: Callable[[Door], Document]) -> Callable[[], Response]:
    """A view that answers with the document for the door of the request."""
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

    return view
