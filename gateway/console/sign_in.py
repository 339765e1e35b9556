"""Signing in with an email address and a password, and signing out.

A wrong password, an account without one and an address without an account get the same reply.
"""

import re
from urllib.parse import urlencode

from flask import Response, request

from ..auth import by_password, sessions
from ..auth.accounts import LOCAL_EMAIL
from ..errors import Problem
from ..runtime import current_gateway
from . import attempts, session_cookie
from .described import Words
from .onward import asking
from .same_origin import form_token, require_own_form
from .shell import flask_command
from .site import led_to, private, site_page

# One slash, then visible ASCII without a backslash, which browsers read as a slash.
OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
WRONG: Words = (
    "This email address and this password do not belong together.",
    "邮箱地址与密码不匹配。",
)


def safe_next(path: str | None) -> str:
    """`path` if it leads to a page of this origin, else the catalogue."""
    return path if path and OWN_PATH.fullmatch(path) else "/"


def sign_in_path(path: str) -> str:
    """The path of the sign-in page that leads on to `path`, which is percent-encoded."""
    return _leading_on("/login", path)


def sign_up_path(path: str) -> str:
    """The path of the page that makes an account and leads on to `path`."""
    return _leading_on("/signup", path)


def _leading_on(page: str, path: str) -> str:
    return page if path == "/" else f"{page}?{urlencode({'next': path})}"


def enter(secret: str, onward: str) -> Response:
    """Give the browser a session, and lead on."""
    response = led_to(onward)
    session_cookie.give(response, secret)
    return response


def link_command() -> str:
    """What the person who runs this gateway types to make a link."""
    person = LOCAL_EMAIL if current_gateway().settings.is_local else "EMAIL"
    return f"{flask_command()} user link {person}"


def ask() -> Response:
    """The page, or at once where it would lead for whoever is signed in."""
    onward = safe_next(request.args.get("next"))
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    if account and "next" in request.args:
        return led_to(onward)
    if account:
        return private(site_page("signed_in.html", account))
    return _page(onward)


def sign_in() -> Response:
    """Begin a session; one that went on in this browser ends."""
    require_own_form("login", "")
    email, onward = request.form.get("email", ""), safe_next(request.form.get("next"))
    try:
        secret = _with_password(email, request.form.get("password", ""))
    except Problem as problem:
        page = _page(onward, email, attempts.in_words(problem), problem.status)
        return attempts.with_headers(page, problem)
    return enter(secret, onward) if secret else _page(onward, email, WRONG, 422)


def sign_out() -> Response:
    """End the session, and let the browser forget it."""
    response = led_to("/")
    secret = session_cookie.given()
    if secret:
        require_own_form("logout", secret)
        with current_gateway().ledger.write() as connection:
            sessions.end(connection, secret)
        session_cookie.take(response)
    return response


def _with_password(email: str, password: str) -> str | None:
    attempts.count_password(email)
    ledger, earlier = current_gateway().ledger, session_cookie.given()
    secret = by_password.sign_in(ledger, email, password, instead_of=earlier)
    if secret is None:
        attempts.password_was_wrong()
    else:
        attempts.password_was_right(email)
    return secret


def _page(onward: str, email: str = "", fault: Words | None = None, status: int = 200) -> Response:
    page = site_page(
        "sign_in.html",
        None,
        status=status,
        onward=onward,
        email=email,
        asking=asking(onward),
        fault=fault,
        # Also what follows when somebody signs up with an address that has an account.
        session_is_over=fault is None and session_cookie.given() is not None,
        form_token=form_token("login", ""),
        sign_up=sign_up_path(onward),
        command=link_command(),
    )
    return private(page)
