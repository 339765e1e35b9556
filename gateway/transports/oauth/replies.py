"""How the authorization server answers programs: JSON that nobody may keep."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

from ...authorization.errors import OAuthError


def reply(body: Mapping[str, Any], status: int = 200) -> Response:
    """An answer, which may hold secrets (RFC 6749 section 5.1 has both headers)."""
    response = Response(orjson.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def refusal(error: OAuthError) -> Response:
    """A refusal: its code for programs and its sentence (RFC 6749 section 5.2)."""
    response = reply(error.body(), error.status)
    response.headers.update(error.headers)
    return response
