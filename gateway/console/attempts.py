"""How often a password may be tried, or an account made, from one network address.

These limits hold whatever RATE_LIMIT says. Every try at one account counts before it is looked at, so
that many at once are not let through together, and a right password begins anew. Whatever is wrong
counts for the network address, too.
"""

from contextlib import suppress

from flask import Response, request

from ..auth import accounts
from ..auth.accounts import NoAddress
from ..errors import Problem
from ..limits import RateLimits, network_of
from ..runtime import current_gateway
from .described import Words

PASSWORDS, SPRAYING, SIGN_UPS = "10/5 minutes", "100/hour", "20/hour"


def count_password(email: str) -> None:
    """Count a password that is tried. Raises 429 for too many."""
    _limits().refuse_attempts("spraying", _network(), SPRAYING)
    _limits().count_attempt("password", _at(email), PASSWORDS)


def password_was_right(email: str) -> None:
    """Begin anew with this account."""
    _limits().forget_attempts("password", _at(email), PASSWORDS)


def password_was_wrong() -> None:
    """Count a wrong password for the network address; its sender is told that it is wrong."""
    with suppress(Problem):
        _limits().count_attempt("spraying", _network(), SPRAYING)


def count_sign_up() -> None:
    """Count an account that is made. Raises 429 for too many."""
    _limits().count_attempt("sign-up", _network(), SIGN_UPS)


def in_words(problem: Problem) -> Words:
    """What a page says about a problem that passes by itself. Raises any other again."""
    seconds = problem.headers.get("Retry-After")
    if problem.code not in ("rate_limited", "overloaded"):
        raise problem
    if problem.code == "rate_limited":
        return problem.detail, f"尝试次数过多，请在 {seconds} 秒后重试。"
    return problem.detail, "目前登录的人太多，请稍等几秒再试。"


def with_headers(response: Response, problem: Problem) -> Response:
    """The response with the headers of the problem that it tells."""
    response.headers.update(problem.headers)
    return response


def _limits() -> RateLimits:
    return current_gateway().pipeline.limits


def _network() -> str:
    return network_of(request.remote_addr or "")


def _at(email: str) -> str:
    with suppress(NoAddress):
        email = accounts.normal(email)
    return f"{_network()} {email}"
