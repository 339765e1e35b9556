"""The page on which a person decides about one action, and the form on it.

The address carries no authority: the page is for the person who is signed in and whose action it is.
Looking changes nothing; only the form does.
"""

import re
from functools import partial
from typing import NoReturn

from flask import Response, abort, request
from sqlalchemy import Connection

from ..audit.trail import network_prefix
from ..auth.accounts import Account
from ..auth.secrets import hashed
from ..confirmations import record
from ..confirmations.approvals import not_found
from ..confirmations.changes import Actor
from ..confirmations.record import Confirmation
from ..confirmations.run import operation_of
from ..declaration import Operation
from ..envelope import Status
from ..errors import Problem
from ..runtime import current_gateway
from ..storage import clock
from . import session_cookie
from .asker import asker
from .confirmation_view import View
from .door import path_form
from .language import say
from .problem_words import TOO_LATE, for_people, problem_in_words
from .same_origin import form_token, require_own_form
from .sign_in import sign_in_path
from .site import led_to, private, site_page

ID = re.compile(r"cnf_[0-9a-f]{32}")
APPROVE, DECLINE = "approve", "decline"
FORM = "application/x-www-form-urlencoded"


def confirmation(confirmation_id: str) -> Response:
    """The page for its owner; the sign-in page for whoever is not signed in, 404 for others."""
    account, view = _read(confirmation_id)
    if account is None and (view is None or _is_a_persons(view.found)):
        return led_to(sign_in_path(path_form()))
    if view is None or (_is_a_persons(view.found) and not _is_of(account, view.found)):
        _not_theirs()
    return _page(account, view)


def answer_confirmation(confirmation_id: str) -> Response:
    """Take the answer of the person, and lead back to the page, which tells what came of it."""
    account, view = _read(confirmation_id)
    if account is None:
        return led_to(sign_in_path(path_form()))
    if view is None or not _is_a_persons(view.found):
        _not_theirs()
    if not _is_of(account, view.found):
        current_gateway().approvals.note_stranger(view.found, _person())
        _not_theirs()
    answer = _given_answer(view.found)
    try:
        after = _answered(account, view.found, answer)
    except Problem as problem:
        return _page(account, view, problem)
    return _told(account, view, answer, after)


def _read(confirmation_id: str) -> tuple[Account | None, View | None]:
    """Who is signed in, and what there is to see, whoever may see it."""
    try:
        with current_gateway().ledger.read() as connection:
            account = session_cookie.signed_in(connection)
            return account, _view(connection, confirmation_id)
    except Problem as problem:
        raise for_people(problem) from problem


def _view(connection: Connection, confirmation_id: str) -> View | None:
    found = _find(connection, confirmation_id)
    if found is None:
        return None
    now = clock.now(connection)
    return View(found.at(now), now, asker(connection, found), _other(connection, found))


def _other(connection: Connection, found: Confirmation) -> Confirmation | None:
    """What took its place; else what it took the place of, where the reader comes from there."""
    if found.superseded_by:
        return _find(connection, found.superseded_by)
    earlier = _find(connection, request.args.get("changed", ""))
    return earlier if earlier and earlier.superseded_by == found.id else None


def _find(connection: Connection, confirmation_id: str) -> Confirmation | None:
    return record.find(connection, confirmation_id) if ID.fullmatch(confirmation_id) else None


def _given_answer(found: Confirmation) -> str:
    """Which button was pressed on this very page. Raises 403 for a form that is not its own, 400 for
    one that is no form, or has not one answer.
    """
    if request.mimetype != FORM:
        abort(400, say("Answer on the page itself.", "请在页面上作答。"))
    require_own_form(_purpose(found), session_cookie.given() or "")
    answer = request.form.getlist("decision")
    if len(answer) != 1 or answer[0] not in (APPROVE, DECLINE):
        abort(400, say("Press one of the two buttons.", "请按两个按钮中的一个。"))
    return answer[0]


def _answered(account: Account, found: Confirmation, answer: str) -> Confirmation:
    approvals, check = current_gateway().approvals, partial(_refuse_others, account)
    if answer == APPROVE:
        return approvals.approve(found.id, account.id, _person(account), check).confirmation
    return approvals.end(
        found.id, Status.DECLINED, account.id, _person(account), check
    ).confirmation


def _told(account: Account, view: View, answer: str, after: Confirmation) -> Response:
    """On to what came of it; here and now where that is not what the button says."""
    too_late = TOO_LATE.get((answer, after.status))
    if too_late:
        return _page(account, view.of(after), too_late)
    if after.superseded_by:
        return led_to(f"/confirm/{after.superseded_by}?changed={after.id}")
    return led_to(path_form())


def _person(account: Account | None = None) -> Actor:
    """Who is at the page. The trail is the owner's to read, so it does not name others."""
    # A hash of the hash by which the ledger knows it: the trail must not lead to a session.
    session = hashed(hashed(session_cookie.given() or ""))
    network = network_prefix(request.remote_addr)
    return Actor("person", account.id if account else None, session, network)


def _is_of(account: Account | None, found: Confirmation) -> bool:
    return account is not None and found.principal == account.id


def _refuse_others(account: Account, found: Confirmation, _: Operation) -> None:
    if not _is_of(account, found):
        raise not_found()


def _not_theirs() -> NoReturn:
    abort(
        404,
        say(
            "There is no such action, or it is another person's.",
            "没有此操作，或它属于其他人。",
        ),
    )


def _purpose(found: Confirmation) -> str:
    """Of the form: it answers exactly what the page shows."""
    return f"confirm/{found.id}/{found.hash}"


def _is_a_persons(found: Confirmation) -> bool:
    """False where the plugin knows no persons: then the address, which nobody can guess, is enough."""
    operation = operation_of(current_gateway().declarations, found)
    return operation is None or operation.auth.names_a_person


def _page(account: Account | None, view: View, problem: Problem | None = None) -> Response:
    is_persons = _is_a_persons(view.found)
    may_answer = account is not None and is_persons and view.operation is not None
    token = form_token(_purpose(view.found), session_cookie.given() or "") if may_answer else None
    page = site_page(
        "confirmation.html",
        account,
        status=problem.status if problem else 200,
        form_token=token,
        is_persons=is_persons,
        problem=problem and problem_in_words(problem, view.plugin),
        view=view,
    )
    if problem:
        page.headers.extend(problem.headers)
    return private(page)
