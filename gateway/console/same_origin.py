"""Forms are taken only from our own pages: by the browser's word for it, and by a token in the form."""

import hashlib
import hmac

from flask import request

from ..errors import Problem
from ..runtime import current_door, current_gateway

FIELD = "form_token"
# Bytes of a form with a password: a megabyte that was pasted there is told to be too long for one.
LARGEST = 1_100_000


def form_token(purpose: str, secret: str) -> str:
    """Proves that a form was made by us, for this purpose and for whoever holds `secret`."""
    key = current_gateway().secret.encode()
    return hmac.new(key, f"{purpose}:{secret}".encode(), hashlib.sha256).hexdigest()


def require_own_form(purpose: str, secret: str) -> None:
    """Refuse a form that another site sent, or that was not made for this purpose: 403."""
    given = request.form.get(FIELD, "").encode()
    made = form_token(purpose, secret).encode()
    if not (_is_same_origin() and hmac.compare_digest(given, made)):
        raise Problem(
            403,
            "forbidden",
            "This form was not sent from its own page. Open the page and try again.",
        )


def read_large_form() -> None:
    """Let the current request bring a form of up to `LARGEST` bytes. To be called before any reading."""
    request.max_content_length = request.max_form_memory_size = LARGEST


def _is_same_origin() -> bool:
    """By Origin; a browser that leaves it out says the same in Sec-Fetch-Site, or is refused."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    return origin == current_door().root
