"""The page on which a person allows an assistant to use a plugin for them, or does not.

It is asked every time, of a client that is known too: a link that nobody clicked for must not exist.
What the page shows is the record of the request, and the answer is to that record.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from flask import Response, abort, request
from sqlalchemy import Connection

from ..authorization import authorizations, clients
from ..authorization.authorizations import Authorization
from ..authorization.errors import OAuthError
from ..declaration import Declaration, Kind, Operation
from ..documents.scopes import scope_uses
from ..runtime import current_gateway
from ..storage import clock
from . import session_cookie
from .described import title_of
from .headers import POLICY
from .language import say
from .onward import consent_path
from .same_origin import form_token, require_own_form
from .sign_in import sign_in_path
from .site import led_to, private, site_page

# Chromium holds `form-action` against every redirect that follows a form, and a client may lead its user
# on to anywhere. The page holds nothing that a stranger wrote as HTML, so no form but ours is on it.
WITHOUT_FORM_ACTION = POLICY.replace(" form-action {forms};", "")
ANSWERS = ("allow", "deny")


@dataclass(frozen=True)
class Allowance:
    """One scope in words: the operations that it opens, and whether any of them changes something."""

    scope: str
    operations: tuple[Operation, ...]

    @property
    def acts(self) -> bool:
        return any(each.kind is Kind.ACTION for each in self.operations)


def ask_consent(authorization_id: str) -> Response:
    """The page, or the sign-in page that leads back to it."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        wanted = authorizations.find(connection, authorization_id)
        is_predefined = wanted is not None and _is_predefined(connection, wanted)
        now = clock.now(connection)
    wanted = _waiting(wanted, now)
    if account is None:
        return led_to(sign_in_path(request.path))
    page = site_page(
        "consent.html",
        account,
        form_token=form_token(consent_path(wanted.id), session_cookie.given() or ""),
        is_predefined=is_predefined,
        **_shown(wanted, _plugin(wanted)),
    )
    page.headers["Content-Security-Policy"] = WITHOUT_FORM_ACTION
    return private(page)


def answer_consent(authorization_id: str) -> Response:
    """Take the answer, and send the browser on to the assistant with it."""
    require_own_form(consent_path(authorization_id), session_cookie.given() or "")
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        wanted = authorizations.find(connection, authorization_id)
    if account is None:
        return led_to(sign_in_path(request.path))
    decision = request.form.getlist("decision")
    if wanted is None or len(decision) != 1 or decision[0] not in ANSWERS:
        abort(400, say("Press one of the two buttons.", "请按两个按钮中的一个。"))
    server = current_gateway().authorization
    allowed = decision[0] == "allow"
    location = server.allow(wanted, account.id) if allowed else server.deny(wanted)
    if location is None:
        _over()
    return private(Response(status=303, headers={"Location": location}))


def _waiting(wanted: Authorization | None, now: datetime) -> Authorization:
    """The request, if it can still be answered; otherwise the page that says so."""
    if wanted is None or not wanted.awaits_answer(now):
        _over()
    return wanted


def _is_predefined(connection: Connection, wanted: Authorization) -> bool:
    """Whether whoever runs the gateway added the client; 410 where it has been removed."""
    if clients.is_published(wanted.request.client):
        return False
    try:
        return clients.find(connection, wanted.request.plugin, wanted.request.client).is_predefined
    except OAuthError:
        _over()


def _over() -> NoReturn:
    abort(
        410,
        say(
            "This request has been answered, or is older than a quarter of an hour. Connect again from"
            " your assistant.",
            "此请求已答复，或已超过一刻钟。请从助手重新发起连接。",
        ),
    )


def _plugin(wanted: Authorization) -> Declaration:
    declaration = current_gateway().declarations.get(wanted.request.plugin)
    if declaration is None:
        abort(410, say("This plugin is no longer served here.", "本网关已不再提供此插件。"))
    return declaration


def _shown(wanted: Authorization, declaration: Declaration) -> dict[str, Any]:
    asked = wanted.request
    return {
        "plugin": title_of(declaration),
        "asked": asked,
        "home": urlsplit(asked.client).hostname if clients.is_published(asked.client) else None,
        "destination": urlsplit(asked.redirect_uri),
        "is_on_this_machine": urlsplit(asked.redirect_uri).scheme == "http",
        "allowances": [Allowance(scope, scope_uses(declaration, scope)) for scope in asked.scopes],
    }
