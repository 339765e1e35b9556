"""Where the answer of an authorization may go: which addresses a client may name, and which it did.

An address is compared to the letter (RFC 9700 section 4.1.3), so what a browser would read in another
way than a comparison does is refused when it is named.
"""

import re
from ipaddress import IPv6Address
from typing import Any

from .errors import OAuthError

MOST, LONGEST = 10, 1_000  # addresses of a client, characters of each

# Schemes of editors that register themselves with a name that is not a domain's.
EDITORS = frozenset({"cursor", "vscode", "vscode-insiders", "windsurf"})

# RFC 3986 section 2, without the asterisk, which somebody means as a wildcard.
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()+,;=-]|%[0-9A-Fa-f]{2})+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
_REST = r"(?P<path>(?:/[^?]*)?)(?:\?.*)?"
HTTPS = re.compile(rf"https://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\]){_PORT}{_REST}")
LOOPBACK = re.compile(
    rf"(?P<origin>http://(?:127\.0\.0\.1|\[::1\]|localhost)){_PORT}(?P<rest>{_REST})"
)
_PRIVATE_USE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?=/)(?://[^/?@]+)?(?P<path>(?:/(?!/)[^?]*)?)(?:\?.*)?"
)

FORMS = (
    "Use https with a host, http for 127.0.0.1, [::1] or localhost, or a scheme of your own with a dot"
    " in it such as com.example.app"
)


def redirect_uris(value: Any) -> tuple[str, ...]:
    """The addresses that a client names, as they were given.

    Raises `OAuthError` "invalid_redirect_uri" unless it is a list of some that may be registered.
    """
    if not isinstance(value, list) or not value:
        raise _invalid("redirect_uris must be a list of at least one address.")
    if len(value) > MOST:
        raise _invalid(f"redirect_uris may list {MOST} addresses at most.")
    for number, uri in enumerate(value, start=1):
        fault = _fault(uri)
        if fault:
            raise _invalid(f"Redirect URI number {number} cannot be registered: {fault}.")
    return tuple(dict.fromkeys(value))


def matches(asked: str, registered: str) -> bool:
    """Whether `asked` is the registered address, to the letter.

    Only the port of a program on the user's own machine may be another one each time (RFC 8252
    section 7.3).
    """
    if asked == registered:
        return True
    given, known = LOOPBACK.fullmatch(asked), LOOPBACK.fullmatch(registered)
    if given is None or known is None or not _is_port(given["port"]):
        return False
    return (given["origin"], given["rest"]) == (known["origin"], known["rest"])


def is_clean(uri: str) -> bool:
    """Whether an address has nothing that two readers could read in two ways."""
    return _CHARACTERS.fullmatch(uri) is not None and "#" not in uri


def is_web_address(uri: str, *, with_path: bool = False) -> bool:
    """Whether it is an https address with a host, and without a name of a user."""
    parts = HTTPS.fullmatch(uri)
    if parts is None or not _is_host(parts["host"]) or not _is_port(parts["port"]):
        return False
    return not has_dot_segments(parts["path"]) and (parts["path"] != "" or not with_path)


def has_dot_segments(path: str) -> bool:
    """Whether a browser would make another path of it."""
    segments = re.sub("%2e", ".", path, flags=re.IGNORECASE).split("/")
    return "." in segments or ".." in segments


def _fault(uri: Any) -> str | None:
    """What is wrong with an address that a client names."""
    if not isinstance(uri, str) or not 0 < len(uri) <= LONGEST:
        return f"it must be text of at most {LONGEST:,} characters"
    if not is_clean(uri):
        return "it has a fragment, a wildcard, or a character that must be written as %XX"
    if is_web_address(uri) or _is_loopback(uri) or _is_private_use(uri):
        return None
    return f"its form is none that is known. {FORMS}, without a user name and without dot segments"


def _is_loopback(uri: str) -> bool:
    parts = LOOPBACK.fullmatch(uri)
    return parts is not None and _is_port(parts["port"]) and not has_dot_segments(parts["path"])


def _is_private_use(uri: str) -> bool:
    """RFC 8252 section 7.1: a scheme with a dot is a domain of whoever made the program."""
    parts = _PRIVATE_USE.fullmatch(uri)
    if parts is None or has_dot_segments(parts["path"]):
        return False
    return "." in parts["scheme"] or parts["scheme"] in EDITORS


def _is_host(text: str) -> bool:
    try:
        return not text.startswith("[") or bool(IPv6Address(text[1:-1]))
    except ValueError:
        return False


def _is_port(text: str | None) -> bool:
    return text is None or int(text) <= 65_535


def _invalid(description: str) -> OAuthError:
    return OAuthError("invalid_redirect_uri", description)
