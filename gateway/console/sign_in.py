"""Signing in with a link that works once, and signing out.

Only the button spends the link: programs that look at links in mails and chats open them with GET.
"""

import re
from urllib.parse import urlencode

from flask import Response, make_response, redirect, request

from ..auth import sessions
from ..auth.accounts import LOCAL_EMAIL
from ..runtime import current_gateway
from . import session_cookie
from .same_origin import form_token, require_own_form
from .shell import flask_command
from .site import private, site_page

# One slash, then visible ASCII without a backslash, which browsers read as a slash.
OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def safe_next(path: str | None) -> str:
    """`path` if it leads to a page of this origin, else the catalogue."""
    return path if path and OWN_PATH.fullmatch(path) else "/"


def sign_in_path(path: str) -> str:
    """The path of the sign-in page that leads on to `path`, which is percent-encoded."""
    return "/login?" + urlencode({"next": path})


def ask() -> Response:
    """The page with the button, or how to get a link."""
    token, onward = request.args.get("token", ""), safe_next(request.args.get("next"))
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        owner = sessions.whose_link(connection, token) if token else None
    if account and "next" in request.args and not token:
        return private(make_response(redirect(onward, 303)))
    page = site_page(
        "sign_in.html",
        account,
        status=410 if token and owner is None else 200,
        owner=owner,
        token=token,
        onward=onward,
        form_token=form_token("login", token),
        command=_command(),
    )
    return private(page)


def sign_in() -> Response:
    """Spend the link and begin a session; one that went on in this browser ends."""
    token = request.form.get("token", "")
    require_own_form("login", token)
    earlier = session_cookie.given()
    with current_gateway().ledger.write() as connection:
        secret = sessions.use_link(connection, token)
        if secret and earlier:
            sessions.end(connection, earlier)
    if secret is None:
        return _spent(token)
    response = private(make_response(redirect(safe_next(request.form.get("next")), 303)))
    session_cookie.give(response, secret)
    return response


def _spent(token: str) -> Response:
    """The page for a link that works no more; whoever pressed twice may be signed in already."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    page = site_page("sign_in.html", account, status=410, token=token, command=_command())
    return private(page)


def sign_out() -> Response:
    """End the session, and let the browser forget it."""
    response = private(make_response(redirect("/", 303)))
    secret = session_cookie.given()
    if secret:
        require_own_form("logout", secret)
        with current_gateway().ledger.write() as connection:
            sessions.end(connection, secret)
        session_cookie.take(response)
    return response


def _command() -> str:
    """What the person who runs this gateway types to make a link."""
    person = LOCAL_EMAIL if current_gateway().settings.is_local else "EMAIL"
    return f"{flask_command()} user link {person}"
