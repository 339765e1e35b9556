"""What the authorization server says when it refuses: the error codes of OAuth, each with a sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import Problem


class OAuthError(Exception):
    """A request that is refused, as RFC 6749 section 5.2 and its relatives word it.

    `error` is the code for programs, such as "invalid_grant"; `description` is a sentence on what
    to do, without quotes, backslashes or characters beyond ASCII, which the RFC forbids there.
    """

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


@contextmanager
def limits_as_oauth() -> Iterator[None]:
    """Tell a 429 in the words of OAuth, which has no code of its own for it."""
    try:
        yield
    except Problem as problem:
        raise OAuthError(
            "temporarily_unavailable", problem.detail, problem.status, headers=problem.headers
        ) from problem
