"""What browsers are told about every answer, and above all about every page.

Pages run no scripts and are shown in no frames; those of plugins send no forms either, so that a note
can never approve anything.
"""

from flask import Flask, Response, request

from . import session_cookie
from .door import addressed_plugin

# Browsers show these as documents, in which scripts could run.
DOCUMENTS = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"}
)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms};"
    " frame-ancestors 'none'; base-uri 'none'"
)
# Assistants open these in a window of theirs, which tells them when it is done. With a policy for
# openers on any of them, that window would be cut off from the assistant's for good.
ON_THE_WAY = ("/consent/", "/login", "/signup")


def install(app: Flask) -> None:
    """Add the headers to every response."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype in DOCUMENTS:
        _add_to_document(response)
    return response


def _add_to_document(response: Response) -> None:
    is_plugin = addressed_plugin() is not None
    response.headers.setdefault(
        "Content-Security-Policy", POLICY.format(forms="'none'" if is_plugin else "'self'")
    )
    if not request.path.startswith(ON_THE_WAY):
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # With no-referrer, browsers send `Origin: null` with our own forms (Fetch, "append a request
    # `Origin` header"), and the check of the origin would refuse them.
    response.headers["Referrer-Policy"] = "no-referrer" if is_plugin else "same-origin"
    response.vary.update(("Accept-Language", "Cookie"))
    if session_cookie.given():
        response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Cache-Control", "no-cache")
