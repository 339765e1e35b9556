"""The call that a plugin's own page runs in, so that `caller`, `ledger` and settings work there.

The transaction begins on first use; reading fails closed: without the ledger nobody can be told apart.
"""

from contextlib import ExitStack

from flask import Flask, g, request

from ..context import CallContext, Caller, entered
from ..declaration import Declaration
from ..runtime import current_gateway
from ..storage.ledger import LazyTransaction
from . import session_cookie
from .door import current_door
from .language import reader_locale


def install(app: Flask) -> None:
    """Begin a call before each page of a plugin, and end it when the request is over."""
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    if not request.blueprints:
        return
    declaration = current_gateway().declarations.get(request.blueprints[-1])
    if declaration is None:
        return
    g.page_call = ExitStack()
    reading = g.page_call.enter_context(LazyTransaction(current_gateway().ledger))
    g.page_call.enter_context(entered(_context(declaration, reading)))


def _end(_: BaseException | None) -> None:
    call = g.pop("page_call", None)
    if call is not None:
        call.close()


def _context(declaration: Declaration, reading: LazyTransaction) -> CallContext:
    caller = _caller(declaration, reading)
    return current_gateway().pipeline.context(declaration.name, caller, current_door(), reading)


def _caller(declaration: Declaration, reading: LazyTransaction) -> Caller:
    """The person who is signed in, who may read and do all that is theirs; else anybody."""
    account = session_cookie.signed_in(reading()) if session_cookie.given() else None
    if account is None:
        return Caller(locale=reader_locale())
    return Caller(account.id, frozenset(declaration.auth.scopes), locale=reader_locale())
