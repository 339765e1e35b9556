"""Making an account: for anybody, for who is invited, or for nobody, as SIGNUP says.

A reply is the same whether or not the address has an account already. Where it has, the session that the
browser gets opens nothing, and the sign-in page that follows says what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy import Connection

from ..auth import accounts, invitations
from ..auth.accounts import Full, NoAddress
from ..auth.sign_up import InvitationSpent, Newcomer
from ..auth.sign_up import sign_up as make_account
from ..errors import Problem
from ..runtime import current_gateway
from . import attempts, session_cookie
from .described import Words
from .onward import asking
from .password_words import password_fault
from .same_origin import form_token, read_large_form, require_own_form
from .shell import flask_command
from .sign_in import enter, safe_next, sign_in_path
from .site import led_to, private, site_page

NO_ADDRESS: Words = ("This is not an email address.", "这不是有效的邮箱地址。")
# Why nobody can sign up just now, and the status that says so.
SHUT = {"closed": 403, "invite": 403, "full": 403, "spent": 410}


@dataclass(frozen=True)
class Visit:
    """Where somebody stands: with which invitation, for whom it is, where they want to go after.

    `shut` is why they cannot sign up, one of `SHUT`; None where they can.
    """

    invitation: str
    invited: str | None
    onward: str
    shut: str | None


def ask_sign_up() -> Response:
    """The page; for whoever is signed in already, where it would lead."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        visit = _visit(connection, request.args)
    if account and not visit.invitation:
        return led_to(_after(visit.onward))
    return _page(visit)


def sign_up() -> Response:
    """Make an account and begin a session, or say what is wrong with what was typed."""
    read_large_form()
    require_own_form("signup", request.form.get("invitation", ""))
    with current_gateway().ledger.read() as connection:
        visit = _visit(connection, request.form)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    email = visit.invited or email
    faults = {} if visit.shut else _faults(email, password)
    if visit.shut or faults:
        return _page(visit, email, faults)
    newcomer = Newcomer(email, password, visit.invitation or None, session_cookie.given())
    return _make(visit, newcomer)


def _make(visit: Visit, newcomer: Newcomer) -> Response:
    gateway = current_gateway()
    try:
        attempts.count_sign_up()
        secret = make_account(gateway.ledger, newcomer, gateway.settings.max_users)
    except (Full, InvitationSpent) as error:  # since the page was made
        return _shut(visit, "full" if isinstance(error, Full) else "spent")
    except Problem as problem:
        told = {"form": attempts.in_words(problem)}
        page = _page(visit, newcomer.email, told, problem.status)
        return attempts.with_headers(page, problem)
    return enter(secret, _after(visit.onward))


def _visit(connection: Connection, given: Mapping[str, str]) -> Visit:
    invitation = given.get("invitation", "")
    invited = invitations.whose(connection, invitation) if invitation else None
    shut = _why_shut(connection, invitation, invited)
    return Visit(invitation, invited, safe_next(given.get("next")), shut)


def _why_shut(connection: Connection, invitation: str, invited: str | None) -> str | None:
    settings = current_gateway().settings
    if settings.signup_mode == "closed":
        return "closed"
    if invitation and invited is None:
        return "spent"
    if settings.signup_mode == "invite" and invited is None:
        return "invite"
    return "full" if accounts.is_full(connection, settings.max_users) else None


def _after(onward: str) -> str:
    """A newcomer who is on the way to nowhere sees their account."""
    return "/account" if onward == "/" else onward


def _faults(email: str, password: str) -> dict[str, Words]:
    """What is wrong with each field, by its name."""
    try:
        address = accounts.normal(email)
    except NoAddress:
        return {"email": NO_ADDRESS}
    fault = password_fault(password, address)
    return {"password": fault} if fault else {}


def _shut(visit: Visit, why: str) -> Response:
    return _page(Visit(visit.invitation, None, visit.onward, why))


def _page(
    visit: Visit, email: str = "", faults: Mapping[str, Words] | None = None, status: int = 422
) -> Response:
    page = site_page(
        "sign_up.html",
        None,
        status=SHUT[visit.shut] if visit.shut else status if faults else 200,
        visit=visit,
        email=visit.invited or email,
        asking=asking(visit.onward),
        faults=faults or {},
        form_token=form_token("signup", visit.invitation),
        sign_in=sign_in_path(visit.onward),
        command=f"{flask_command()} user {'add' if visit.shut == 'closed' else 'invite'} EMAIL",
    )
    return private(page)
