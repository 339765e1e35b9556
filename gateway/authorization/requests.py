"""What an assistant asks a person to allow: read and checked, before anybody is shown anything.

Until the client and its redirect URI are known to belong together nothing is sent there: a fault is told
on a page (`OAuthError`). From then on a fault goes back to the client (`SentBack`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ..declaration import OFFLINE_ACCESS
from .clients import Client
from .errors import OAuthError

Parameters = Mapping[str, Sequence[str]]

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url (RFC 7636 section 4.2)
# Some clients ask everybody for these (OpenID Connect Core, sections 3.1.2.1 and 5.4). They are passed
# over: nobody is told here who a person is.
OPENID = frozenset({"openid", "profile", "email", "address", "phone"})
# RFC 6749 appendix A.5; so long that ours and theirs fit into one request line of 8,190 bytes.
STATE = re.compile(r"[\x20-\x7e]{0,2000}")


@dataclass(frozen=True)
class Issuer:
    """The authorization server as one plugin has it at one door.

    `address` is what tokens and answers say they come from, `scopes` what a person may allow, and
    `resources` the addresses that its tokens are good for: those of the plugin at either door.
    """

    plugin: str
    address: str
    scopes: tuple[str, ...]
    resources: frozenset[str]


@dataclass(frozen=True)
class Request:
    """A request that keeps to the rules. `refreshes` says that the link outlives the first hour."""

    plugin: str
    issuer: str
    client: str
    client_name: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    resource: str
    refreshes: bool


class SentBack(OAuthError):
    """A fault that the client is told, at `location`."""

    def __init__(self, error: OAuthError, redirect_uri: str, state: str | None, iss: str) -> None:
        super().__init__(error.error, error.description)
        self.location = answer_address(redirect_uri, state, iss, error.body())


def answer_address(
    redirect_uri: str, state: str | None, iss: str, answer: Mapping[str, str]
) -> str:
    """Where a browser takes an answer: the redirect URI with it, `state` and `iss` (RFC 9207)."""
    asked = {} if state is None else {"state": state}
    separator = "&" if "?" in redirect_uri else "?"
    # Spaces as %20: some programs show a plus sign.
    return redirect_uri + separator + urlencode({**answer, **asked, "iss": iss}, quote_via=quote)


def only(parameters: Parameters, name: str) -> str | None:
    """A parameter that may be given once; an empty one is none (RFC 6749 section 3.1)."""
    given = parameters.get(name, ())
    if len(given) > 1:
        raise OAuthError("invalid_request", f"Send the parameter {name} only once.")
    return given[0] or None if given else None


def refuse_repeated(parameters: Parameters, *, but: str = "") -> None:
    """Refuse a name that no parameter has, and what is sent twice: each reader may take another."""
    for name in parameters:
        if name != but:
            _refuse_odd_name(name)
            only(parameters, name)


def _refuse_odd_name(name: str) -> None:
    if not re.fullmatch(r"[\x21-\x7e]{1,60}", name):
        raise OAuthError("invalid_request", "A parameter has a name that none of ours has.")


def read(issuer: Issuer, parameters: Parameters, client: Client) -> Request:
    """The request of `client`. Raises `OAuthError` for the page, or `SentBack` for the client."""
    redirect_uri = only(parameters, "redirect_uri")
    if redirect_uri is None or not client.redirects_to(redirect_uri):
        raise OAuthError(
            "invalid_request",
            "The address to which the answer should go is not one that this assistant has"
            " registered. Remove the connection in the assistant and add it again.",
        )
    state = only(parameters, "state")
    if not STATE.fullmatch(state or ""):
        raise OAuthError("invalid_request", "The state must be at most 2,000 characters of ASCII.")
    try:
        return _read(issuer, parameters, client, redirect_uri, state)
    except OAuthError as error:
        raise SentBack(error, redirect_uri, state, issuer.address) from error


def _read(
    issuer: Issuer, parameters: Parameters, client: Client, redirect_uri: str, state: str | None
) -> Request:
    if only(parameters, "response_type") != "code":
        raise OAuthError("unsupported_response_type", "Only response_type=code is answered here.")
    scopes = asked_scopes(issuer, only(parameters, "scope"))
    return Request(
        plugin=issuer.plugin,
        issuer=issuer.address,
        client=client.id,
        client_name=client.name,
        redirect_uri=redirect_uri,
        scopes=tuple(scope for scope in scopes if scope != OFFLINE_ACCESS),
        state=state,
        challenge=_challenge(parameters, client),
        resource=_resource(issuer, parameters, client),
        refreshes=client.refreshes or OFFLINE_ACCESS in scopes,
    )


def asked_scopes(issuer: Issuer, text: str | None) -> tuple[str, ...]:
    """The scopes that are asked for, all of the plugin's where none is named."""
    asked = [scope for scope in dict.fromkeys((text or "").split()) if scope not in OPENID]
    unknown = [scope for scope in asked if scope not in (*issuer.scopes, OFFLINE_ACCESS)]
    if unknown:
        known = " ".join(issuer.scopes)
        raise OAuthError("invalid_scope", f"A scope is unknown here. There are: {known}")
    if all(scope == OFFLINE_ACCESS for scope in asked):
        return (*issuer.scopes, *asked)
    return tuple(asked)


def _challenge(parameters: Parameters, client: Client) -> str | None:
    challenge, method = (
        only(parameters, "code_challenge"),
        only(parameters, "code_challenge_method"),
    )
    if challenge is None and method is None and not client.needs_pkce:
        return None
    if method != "S256" or not CHALLENGE.fullmatch(challenge or ""):
        raise OAuthError(
            "invalid_request",
            "Send a code_challenge with code_challenge_method=S256 (PKCE, RFC 7636).",
        )
    return challenge


def _resource(issuer: Issuer, parameters: Parameters, client: Client) -> str:
    """The address that the token is for.

    MCP has clients name it. Programs of 2023 do not know the parameter, and of those that publish a
    document claude.ai leaves it out (August 2026); an issuer gives tokens for one plugin anyway.
    """
    given = parameters.get("resource", ())
    if not given and (client.is_predefined or client.home):
        return f"{issuer.address}/mcp"
    if len(given) != 1:
        raise OAuthError("invalid_target", f"Send one resource: {issuer.address}/mcp")
    refuse_foreign_resource(issuer, given[0])
    return given[0]


def refuse_foreign_resource(issuer: Issuer, resource: str) -> None:
    """Refuse to make tokens for addresses that are not this plugin's (RFC 8707 section 2)."""
    if resource.removesuffix("/") not in issuer.resources:
        raise OAuthError("invalid_target", f"The resource here is {issuer.address}/mcp")
