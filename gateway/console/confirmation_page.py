"""The page of one action: what was asked, the code to compare, and what came of it.

The address carries no authority: it only shows, and where the plugin knows persons, only to the one
who asked.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import Response, abort

from ..confirmations import record
from ..confirmations.questions import in_language
from ..confirmations.record import Confirmation
from ..runtime import current_gateway
from . import session_cookie
from .described import STATES
from .door import forms, path_form
from .language import reader_language
from .sign_in import sign_in_path
from .site import led_to, private, site_page

ID = re.compile(r"cnf_[0-9a-f]{32}")


def confirmation(confirmation_id: str) -> Response:
    """The page for its owner; the sign-in page for whoever is not signed in, 404 for others."""
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        found = record.find(connection, confirmation_id) if ID.fullmatch(confirmation_id) else None
    if found is None or _is_a_persons(found):
        if account is None:
            return led_to(sign_in_path(path_form()))
        if found is None or found.principal != account.id:
            abort(404, "There is no such action, or it is another person's.")
    now = datetime.now(UTC)
    return private(site_page("confirmation.html", account, **_shown(found.at(now), now)))


def _is_a_persons(found: Confirmation) -> bool:
    """False where the plugin knows no persons: then the address, which nobody can guess, is enough."""
    declaration = current_gateway().declarations.get(found.plugin)
    return declaration is None or declaration.auth.names_a_person


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
        "arguments": _as_texts(found.arguments),
        "result": _as_texts(found.result or {}),
        "page": _page(found),
    }


def _page(found: Confirmation) -> str | None:
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
