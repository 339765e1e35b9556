"""The page of one's account: linked assistants, the password, and the way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, request

from ..auth import sessions
from ..auth.accounts import Account
from ..errors import Problem
from ..runtime import current_gateway
from . import attempts, deletion, session_cookie
from .described import Words, title_of
from .linked import linked
from .same_origin import form_token, read_large_form, require_own_form
from .sign_in import sign_in_path
from .site import led_to, private, site_page

PATH = "/account"
FORMS = ("delete", "password", "revoke")
DONE: Mapping[str, Words] = {
    "password": (
        "Your password is changed, and you are signed out everywhere else.",
        "密码已更改，其他设备上的登录均已退出。",
    ),
    "revoke": (
        "This link is ended: the assistant can do nothing more with it.",
        "此关联已解除，助手无法再使用它。",
    ),
}


@dataclass(frozen=True)
class Visitor:
    """Who is signed in, and the secret of their session."""

    account: Account
    session: str


class Wrong(Exception):
    """What is wrong, in words, and the form or field beside which to tell. `status` is the page's."""

    def __init__(self, told_at: str, told: Words, status: int = 422) -> None:
        super().__init__(told_at)
        self.told_at, self.told, self.status = told_at, told, status


def show_account() -> Response:
    """The page; the sign-in page for whoever is not signed in."""
    visitor = _visitor()
    return _page(visitor) if visitor else to_sign_in()


def taking(form: str, act: Callable[[Visitor], Response]) -> Response:
    """What `act` does for whoever sent `form`, or the page with what is wrong beside its field."""
    read_large_form()
    visitor = _visitor()
    if visitor is None:
        return to_sign_in()
    require_own_form(f"account/{form}", visitor.session)
    try:
        return act(visitor)
    except Wrong as wrong:
        return _page(visitor, {wrong.told_at: wrong.told}, wrong.status)
    except Problem as problem:
        page = _page(visitor, {form: attempts.in_words(problem)}, problem.status)
        return attempts.with_headers(page, problem)


def done(what: str) -> Response:
    """Back to the page, which says what was done: one of `DONE`."""
    return led_to(f"{PATH}?done={what}")


def _visitor() -> Visitor | None:
    session = session_cookie.given()
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    return Visitor(account, session) if account and session else None


def to_sign_in() -> Response:
    return led_to(sign_in_path(PATH))


def _page(
    visitor: Visitor, faults: Mapping[str, Words] | None = None, status: int = 200
) -> Response:
    with current_gateway().ledger.read() as connection:
        needs_password = not sessions.may_set_password(connection, visitor.session)
        assistants = linked(connection, visitor.account)
    page = site_page(
        "account.html",
        visitor.account,
        status=status,
        assistants=assistants,
        needs_password=needs_password,
        forgetting=[title_of(each) for each in deletion.forgetting()],
        keepers=deletion.keepers(),
        faults=faults or {},
        done=DONE.get(request.args.get("done", "")),
        form_tokens={form: form_token(f"account/{form}", visitor.session) for form in FORMS},
    )
    return private(page)
