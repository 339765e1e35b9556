"""One error shape for everything: problem+json (RFC 9457), the same over every transport."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException

CODES = {
    400: "bad_request",
    414: "too_large",
    431: "too_large",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    415: "unsupported_media_type",
    421: "unknown_host",
    422: "invalid_arguments",
    429: "rate_limited",
    500: "internal_error",
    502: "upstream_unavailable",
    503: "unavailable",
    504: "upstream_unavailable",
}
# What to say where nobody said anything.
PLAIN = {
    404: "There is no such address. A plugin's openapi.json lists all of its own.",
    405: "This address does not answer that method. The header Allow lists those it does.",
}
FAULTS_TOLD, FIELD_LONGEST = 20, 100
RETRYABLE = frozenset({429, 502, 503, 504})


class Problem(Exception):
    """An error that a model or a person can act on.

    `detail` is one sentence: what happened and what to do. `code` is for programs and never
    changes. `errors` names fields, as `{"field": ..., "detail": ...}`. `retryable` says whether the
    same call may succeed later, unchanged. `more` holds what a program may go on with: `alternatives`
    (values that would do instead), `confirm_url` (where a person decides), `superseded_by`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        retryable: bool | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        self.retryable = status in RETRYABLE if retryable is None else retryable

    def body(self) -> dict[str, Any]:
        """The members of RFC 9457 section 3.1, then `code`, `retryable` and, for fields, `errors`."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retryable": self.retryable,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return {**self.more, **body}


def from_http_exception(error: HTTPException) -> Problem:
    """The problem that Flask's own `abort(status, "sentence")` means.

    An exception of an author's own may have a `problem`: a mapping with a `code` for programs, and
    with `alternatives`, a list of values that would do instead.
    """
    status = error.code or 500
    description = error.description
    if description == type(error).description:  # Werkzeug's own words are for somebody at a browser
        description = PLAIN.get(status, description)
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")
    }
    detail = " ".join((description or HTTPStatus(status).phrase).split())
    told = dict(getattr(error, "problem", {}))
    code = told.pop("code", CODES.get(status, "error"))
    return Problem(status, code, detail, headers=headers, more=told)


def invalid_arguments(faults: Mapping[str, str]) -> Problem:
    """422 for arguments that do not fit: what is wrong with each field, by its name; the first ones
    where there are very many, as a caller decides how long that gets.
    """
    told = [(name[:FIELD_LONGEST], fault) for name, fault in list(faults.items())[:FAULTS_TOLD]]
    more = f"; and {len(faults) - len(told)} more" if len(faults) > len(told) else ""
    message = "; ".join(f"{name}: {fault}" for name, fault in told) + more
    errors = [{"field": name, "detail": fault} for name, fault in told]
    return Problem(422, "invalid_arguments", f"Correct these arguments: {message}", errors=errors)


def store_unavailable() -> Problem:
    """503 when the ledger cannot be reached: nothing was done, the same call may be repeated."""
    return Problem(
        503,
        "store_unavailable",
        "The gateway cannot reach its store at the moment, and nothing was done. Repeat the same call.",
        headers={"Retry-After": "2"},
    )


def internal_error() -> Problem:
    """500 without a word about the inside; the log has the trace."""
    return Problem(
        500,
        "internal_error",
        "Something failed inside the gateway, and it is logged. Tell the user; do not repeat the call.",
    )
