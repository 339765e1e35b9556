"""The cookie that holds a session's secret. It lives at the root origin only."""

from flask import Response, request
from sqlalchemy import Connection

from ..auth import sessions
from ..auth.accounts import Account
from ..runtime import current_door


def given() -> str | None:
    """The secret that the browser sent; None at a plugin's host, where none is ours."""
    return request.cookies.get(_name()) if current_door().plugin is None else None


def signed_in(connection: Connection) -> Account | None:
    """Who is signed in."""
    secret = given()
    return sessions.who(connection, secret) if secret else None


def give(response: Response, secret: str) -> None:
    """Keep `secret` in the browser for as long as the session lasts."""
    response.set_cookie(
        _name(),
        secret,
        max_age=sessions.SESSION_LIFETIME,
        secure=_is_https(),
        httponly=True,
        samesite="Lax",
    )


def take(response: Response) -> None:
    """Drop the cookie."""
    response.delete_cookie(_name(), secure=_is_https(), httponly=True, samesite="Lax")


def _name() -> str:
    """With the prefix, browsers take the cookie from this very host over HTTPS and from nobody else."""
    return "__Host-session" if _is_https() else "session"


def _is_https() -> bool:
    return current_door().root.startswith("https://")
