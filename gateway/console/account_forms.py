"""What people do on the page of their account."""

from flask import Response, request

from ..auth import accounts, by_password, grants, sessions
from ..auth.accounts import Account, NoAddress
from ..runtime import current_gateway
from . import attempts, session_cookie
from .account import PATH, Visitor, Wrong, done, taking, to_sign_in
from .deletion import CannotForget
from .deletion import delete_account as delete_everything
from .described import Words
from .password_words import password_fault
from .sign_in import enter
from .site import private, site_page

NOT_TYPED: Words = (
    "This is not the email address of your account. Type it as it is shown above.",
    "这不是你账户的邮箱地址，请按上方所示输入。",
)
NOT_YOURS: Words = ("This is not your password.", "密码不正确。")


def revoke_grant() -> Response:
    """End what one assistant may do; one that has ended already is no error."""
    return taking("revoke", _revoke)


def change_password() -> Response:
    """Keep a new password; every other session ends, and this one goes on under a new secret."""
    return taking("password", _change_password)


def delete_account() -> Response:
    """Delete the account, with what plugins keep of the person."""
    return taking("delete", _delete)


def _revoke(visitor: Visitor) -> Response:
    with current_gateway().ledger.write() as connection:
        grants.revoke(connection, visitor.account.id, request.form.get("grant", ""))
    return done("revoke")


def _change_password(visitor: Visitor) -> Response:
    new = request.form.get("new_password", "")
    fault = password_fault(new, visitor.account.email)
    if fault:
        raise Wrong("new_password", fault)
    _confirm(visitor, request.form.get("current_password", ""), told_at="current_password")
    ledger = current_gateway().ledger
    secret = by_password.change_password(ledger, visitor.account, visitor.session, new)
    return enter(secret, f"{PATH}?done=password") if secret else to_sign_in()


def _delete(visitor: Visitor) -> Response:
    _confirm(visitor, request.form.get("password", ""), told_at="delete")
    if _came_by_link(visitor) and not _is_own(request.form.get("email", ""), visitor.account):
        raise Wrong("delete", NOT_TYPED)  # who has typed no password types the address
    try:
        if not delete_everything(visitor.account, visitor.session):
            return to_sign_in()
    except CannotForget as error:
        raise Wrong("delete", _kept(str(error)), 500) from error
    response = private(site_page("deleted.html", None))
    session_cookie.take(response)
    return response


def _confirm(visitor: Visitor, password: str, *, told_at: str) -> None:
    """Go on only for the person: by the password, or a link just now. A wrong one is counted."""
    email = visitor.account.email
    attempts.count_password(email)
    ledger = current_gateway().ledger
    if not by_password.is_confirmed(ledger, visitor.account, visitor.session, password):
        attempts.password_was_wrong()
        raise Wrong(told_at, NOT_YOURS)
    attempts.password_was_right(email)


def _came_by_link(visitor: Visitor) -> bool:
    with current_gateway().ledger.read() as connection:
        return sessions.may_set_password(connection, visitor.session)


def _is_own(typed: str, account: Account) -> bool:
    try:
        return accounts.normal(typed) == account.email
    except NoAddress:
        return typed.strip() == account.email  # that of the local account is none


def _kept(plugin: str) -> Words:
    return (
        f"{plugin} could not delete what it keeps of you, so nothing was deleted. Try again later, or"
        " tell whoever runs this gateway.",
        f"{plugin} 未能删除与你有关的内容，因此没有删除任何数据。请稍后再试，或联系网关管理员。",
    )
