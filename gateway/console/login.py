"""The page at /login: by an email address and a password, or by a link that works once."""

from flask import Response, request

from . import sign_in, sign_in_link
from .same_origin import read_large_form


def ask_login() -> Response:
    """The page that asks for a password, or the one with the button that spends a link."""
    token = request.args.get("token")
    return sign_in_link.ask(token) if token else sign_in.ask()


def log_in() -> Response:
    """Begin a session with what the form brings."""
    read_large_form()
    token = request.form.get("token")
    return sign_in.sign_in() if token is None else sign_in_link.sign_in(token)
