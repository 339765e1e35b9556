"""The forms of a page, filled in and sent as a browser does it, through Flask's test client."""

import html
import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = {"Origin": "http://localhost"}
PASSWORD = "correct horse battery staple"

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r"<input\b([^>]*)>")


def attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else None


def fields(page: TestResponse, action: str, nth: int = 0) -> dict[str, str]:
    """What a form would send if nobody typed anything: the nth of those that go to `action`."""
    found = [
        inside for tag, inside in FORM.findall(page.text) if attribute(tag, "action") == action
    ]
    tags = FIELD.findall(found[nth])
    return {attribute(each, "name"): attribute(each, "value") or "" for each in tags}


def send(
    client: FlaskClient,
    page: TestResponse,
    action: str,
    *,
    headers: dict[str, str] = ORIGIN,
    address: str = "127.0.0.1",
    nth: int = 0,
    **typed: str,
) -> TestResponse:
    """Fill in a form of the page and press its button; `address` is the network address."""
    return client.post(
        action,
        data={**fields(page, action, nth), **typed},
        headers=headers,
        environ_base={"REMOTE_ADDR": address},
    )


def send_here(
    client: FlaskClient, page: TestResponse, path: str, *, headers=ORIGIN, **typed: str
) -> TestResponse:
    """Fill in the form of a page that sends to its own address, beside the one that signs out."""
    [inside] = [
        inside for tag, inside in FORM.findall(page.text) if attribute(tag, "action") is None
    ]
    given = {
        attribute(each, "name"): attribute(each, "value") or "" for each in FIELD.findall(inside)
    }
    return client.post(path, data={**given, **typed}, headers=headers)


def sign_in(
    client: FlaskClient, email: str, password: str = PASSWORD, path: str = "/login", **how: str
) -> TestResponse:
    """Open the page and sign in."""
    return send(client, client.get(path), "/login", email=email, password=password, **how)


def sign_up(
    client: FlaskClient, email: str, password: str = PASSWORD, path: str = "/signup", **how: str
) -> TestResponse:
    """Open the page and sign up."""
    return send(client, client.get(path), "/signup", email=email, password=password, **how)
