"""What the authorization server says when it refuses: the error codes of OAuth, each with a sentence."""

from collections.abc import Mapping


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
