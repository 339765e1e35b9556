"""What became of one's own actions: a page to read, and a file to keep."""

import re
from collections.abc import Iterable, Iterator

import orjson
from flask import Response, request

from ..audit import reading
from ..runtime import current_gateway
from . import session_cookie
from .history import history
from .sign_in import sign_in_path
from .site import led_to, private, site_page

PATH = "/account/actions"
NUMBER = re.compile(r"[0-9]{1,9}")  # of a row: what a column for whole numbers can hold


def show_actions() -> Response:
    """The page; the sign-in page for whoever is not signed in."""
    before = NUMBER.fullmatch(request.args.get("before", ""))
    with current_gateway().ledger.read() as connection:
        account = session_cookie.signed_in(connection)
        if account is None:
            return led_to(sign_in_path(PATH))
        found = history(connection, account, int(before[0]) if before else None)
    return private(site_page("actions.html", account, history=found, is_first=before is None))


def export_actions() -> Response:
    """All rows of the trail that are one's own, with all that is in them, oldest first."""
    ledger = current_gateway().ledger
    with ledger.read() as connection:
        account = session_cookie.signed_in(connection)
    if account is None:
        return led_to(sign_in_path(PATH))
    rows = reading.rows(ledger, principal=account.id)
    response = Response(_as_json(account.id, rows), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="actions.json"'
    return private(response)


def _as_json(account_id: str, rows: Iterable[reading.Row]) -> Iterator[bytes]:
    """Row by row, however many there are. A file that breaks off is no JSON."""
    yield b'{"account":' + orjson.dumps(account_id) + b',"rows":['
    separator = b"\n"
    for row in rows:
        yield separator + orjson.dumps(row.told())
        separator = b",\n"
    yield b"\n]}\n"
