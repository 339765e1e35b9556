"""The call that a plugin's own page runs in, so that `caller`, `ledger` and settings work there.

The transaction begins on first use; reading fails closed: without the ledger nobody can be told apart.
"""

from contextlib import ExitStack

from flask import Flask, g, request

from ..context import Caller, entered
from ..declaration import Declaration
from ..runtime import current_door, current_gateway
from ..storage.ledger import LazyTransaction
from . import session_cookie
from .language import reader_locale


def install(app: Flask) -> None:
    """Begin a call before each page of a plugin, and end it when the request is over."""
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    """Raises 429 for a reader with too many pages, which is shown as a page."""
    if not request.blueprints or "gateway.call" in request.environ:
        return  # no page of a plugin, or one that is read inside a call already
    declaration = current_gateway().declarations.get(request.blueprints[-1])
    if declaration is None:
        return
    g.page_call = ExitStack()
    reading = g.page_call.enter_context(LazyTransaction(current_gateway().ledger))
    caller = _caller(declaration, reading)
    reading.end()  # a page that waits for an upstream must not hold what only the session needed
    pipeline = current_gateway().pipeline
    pipeline.limits.count_page(declaration.name, caller.id, request.remote_addr or "")
    context = pipeline.context(declaration.name, caller, current_door(), reading)
    g.page_call.enter_context(entered(context))


def _end(_: BaseException | None) -> None:
    call = g.pop("page_call", None)
    if call is not None:
        call.close()


def _caller(declaration: Declaration, reading: LazyTransaction) -> Caller:
    """The person who is signed in, who may read and do all that is theirs; else anybody."""
    account = session_cookie.signed_in(reading()) if session_cookie.given() else None
    if account is None:
        return Caller(locale=reader_locale())
    return Caller(account.id, frozenset(declaration.auth.scopes), locale=reader_locale())
