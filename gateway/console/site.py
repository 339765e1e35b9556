"""Pages of the gateway itself, which know who is signed in and offer to sign out."""

from typing import Any

from flask import Response, make_response, redirect, render_template

from ..auth.accounts import Account
from ..runtime import current_gateway
from . import session_cookie
from .same_origin import form_token


def site_page(
    template: str, account: Account | None, *, status: int = 200, **values: Any
) -> Response:
    """A page from a template that extends `site.html`."""
    secret = session_cookie.given() if account else None
    sign_out_token = form_token("logout", secret) if secret else None
    html = render_template(
        template,
        account=account,
        sign_out_token=sign_out_token,
        offers_sign_up=current_gateway().settings.signup_mode == "open",
        **values,
    )
    return make_response(html, status)


def led_to(path: str) -> Response:
    """Lead the browser on to a page of ours."""
    return private(make_response(redirect(path, 303)))


def private(response: Response) -> Response:
    """The same response, which nobody may keep."""
    response.headers["Cache-Control"] = "no-store"
    return response
