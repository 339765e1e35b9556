"""The page on which a person decides about one action: what is asked, and what came of it.

The address carries no authority: the page is for the person who is signed in and whose action it is.
Looking changes nothing; only the form does.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn

import orjson
from flask import Response, abort, request

from ..audit.trail import network_prefix
from ..auth.accounts import Account
from ..auth.secrets import hashed
from ..confirmations import record
from ..confirmations.approvals import not_found
from ..confirmations.changes import Actor
from ..confirmations.questions import in_language
from ..confirmations.record import Confirmation
from ..declaration import Operation
from ..envelope import Status
from ..errors import Problem
from ..runtime import current_gateway
from ..storage import clock
from . import session_cookie
from .described import STATES
from .door import forms, path_form
from .language import reader_language, say
from .same_origin import form_token, require_own_form
from .sign_in import sign_in_path
from .site import led_to, private, site_page

ID = re.compile(r"cnf_[0-9a-f]{32}")
ANSWERS = ("approve", "decline")


def confirmation(confirmation_id: str) -> Response:
    """The page for its owner; the sign-in page for whoever is not signed in, 404 for others."""
    account, found, now = _read(confirmation_id)
    if account is None and (found is None or _is_a_persons(found)):
        return led_to(sign_in_path(path_form()))
    if found is None or (_is_a_persons(found) and account and found.principal != account.id):
        _not_theirs()
    return _page(account, found, now)


def answer_confirmation(confirmation_id: str) -> Response:
    """Take the answer of the person, and lead back to the page, which tells what came of it."""
    account, found, now = _read(confirmation_id)
    if account is None:
        return led_to(sign_in_path(path_form()))
    if found is None or not _is_a_persons(found):
        _not_theirs()
    approvals, actor = current_gateway().approvals, _person()
    if found.principal != account.id:
        approvals.note(found, "wrong_person", actor)
        _not_theirs()
    require_own_form(_purpose(found), session_cookie.given() or "")
    answer = request.form.getlist("decision")
    if len(answer) != 1 or answer[0] not in ANSWERS:
        abort(400, say("Press one of the two buttons.", "请按两个按钮中的一个。"))
    check = partial(_refuse_others, account)
    try:
        if answer[0] == "approve":
            after = approvals.approve(found.id, account.id, actor, check).confirmation
        else:
            after = approvals.end(found.id, Status.DECLINED, account.id, actor, check).confirmation
    except Problem as problem:
        return _page(account, found, now, problem)
    return led_to(
        f"/confirm/{after.superseded_by}?changed=1" if after.superseded_by else path_form()
    )


def _read(confirmation_id: str) -> tuple[Account | None, Confirmation | None, datetime]:
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        found = record.find(connection, confirmation_id) if ID.fullmatch(confirmation_id) else None
        return account, found, clock.now(connection)


def _person() -> Actor:
    session = hashed(hashed(session_cookie.given() or ""))
    return Actor("person", session, network_prefix(request.remote_addr or ""))


def _refuse_others(account: Account, found: Confirmation, _: Operation) -> None:
    if found.principal != account.id:
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
    declaration = current_gateway().declarations.get(found.plugin)
    return declaration is None or declaration.auth.names_a_person


def _page(
    account: Account | None, found: Confirmation, now: datetime, problem: Problem | None = None
) -> Response:
    shown = _shown(found.at(now), now)
    token = form_token(_purpose(found), session_cookie.given() or "") if account else None
    page = site_page(
        "confirmation.html",
        account,
        status=problem.status if problem else 200,
        form_token=token,
        problem=problem,
        changed="changed" in request.args,
        **shown,
    )
    if problem:
        page.headers.extend(problem.headers)
    return private(page)


def _shown(found: Confirmation, now: datetime) -> dict[str, Any]:
    declaration = current_gateway().declarations.get(found.plugin)
    return {
        "confirmation": found,
        "question": in_language(found.question, reader_language()),
        "state": STATES[found.status],
        "minutes": max(1, round((found.expires_at - now) / timedelta(minutes=1))),
        # A plugin may have been taken away since.
        "plugin_title": declaration.title if declaration else found.plugin,
        "operation": declaration.operation(found.operation) if declaration else None,
        "client_name": found.origin.get("caller", {}).get("client_name"),
        "arguments": _as_texts(found.arguments),
        "quote": _as_texts(found.quote),
        "result": _as_texts(found.result or {}),
        "page": _own_page(found),
    }


def _own_page(found: Confirmation) -> str | None:
    """The page of what was made, where the result names one of the plugin's own as its `url`."""
    url = str((found.result or {}).get("url", ""))
    own = tuple(f"{form}/" for form in forms(found.plugin))
    return url if url.startswith(own) else None


def _as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """JSON values as people read them; what is not there is left out."""
    present = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    return {name: _as_text(value) for name, value in present.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_as_text(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()
