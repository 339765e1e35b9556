"""Signing in with a link that works once.

Only the button spends the link: programs that look at links in mails and chats open them with GET.
"""

from flask import Response, request

from ..auth import sessions
from ..runtime import current_gateway
from . import session_cookie
from .same_origin import form_token, require_own_form
from .sign_in import enter, link_command, safe_next
from .site import private, site_page


def ask(token: str) -> Response:
    """The page with the button, or what has become of the link."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        owner = sessions.whose_link(connection, token)
    page = site_page(
        "sign_in_link.html",
        account,
        status=200 if owner else 410,
        owner=owner,
        token=token,
        onward=safe_next(request.args.get("next")),
        form_token=form_token("login", token),
        command=link_command(),
    )
    return private(page)


def sign_in(token: str) -> Response:
    """Spend the link and begin a session; one that went on in this browser ends."""
    require_own_form("login", token)
    with current_gateway().ledger.write() as connection:
        secret = sessions.use_link(connection, token, session_cookie.given())
    if secret is None:
        return _spent()
    return enter(secret, safe_next(request.form.get("next")))


def _spent() -> Response:
    """The page for a link that works no more; whoever pressed twice may be signed in already."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    return private(site_page("sign_in_link.html", account, status=410, command=link_command()))
