"""Which program is speaking: the client's proof at the token endpoint (RFC 6749 section 2.3)."""

import base64
import binascii
import hmac
from contextlib import suppress
from urllib.parse import unquote_plus

from ..auth.secrets import hashed
from ..errors import Problem
from ..limits import RateLimits, network_of
from .clients import PUBLIC, Client, Clients
from .errors import OAuthError, limits_as_oauth
from .requests import Parameters, only

KIND, FAILURES = "client secret", "10/minute"


def authenticate(
    clients: Clients,
    limits: RateLimits,
    plugin: str,
    parameters: Parameters,
    header: str | None,
    address: str,
) -> Client:
    """The client of a plugin that sent `parameters`, none of which may be there twice.

    `header` is Authorization, `address` the network address. Raises `OAuthError` "invalid_client"
    with status 401; with 429 after too many failures of one client from one address.
    """
    try:
        client_id, secret = _credentials(parameters, header)
    except OAuthError as error:
        raise _challenge(error, plugin) from error
    who = f"{plugin} {client_id} {network_of(address)}"
    with limits_as_oauth():
        limits.refuse_attempts(KIND, who, FAILURES)
    try:
        client = clients.for_tokens(plugin, client_id)
        _check_secret(client, secret)
    except OAuthError as error:
        with suppress(Problem):
            limits.count_attempt(KIND, who, FAILURES)
        raise _challenge(error, plugin) from error
    return client


def _challenge(error: OAuthError, realm: str) -> OAuthError:
    """RFC 6749 section 5.2: the status, and the method to use, whichever was used."""
    challenge = {"WWW-Authenticate": f'Basic realm="{realm}"'}
    return OAuthError(error.error, error.description, 401, headers=challenge)


def _credentials(parameters: Parameters, header: str | None) -> tuple[str, str]:
    """Id and secret, an empty one where none was sent, from the header or the body but not from both."""
    if "client_assertion" in parameters or "client_assertion_type" in parameters:
        raise _refused("This server checks no assertions of clients. Use a secret, or none.")
    client_id = only(parameters, "client_id") or ""
    secret = only(parameters, "client_secret") or ""
    if header is not None:
        given_id, given_secret = _basic(header)
        if secret or client_id not in ("", given_id):
            raise _refused(
                "The client identified itself twice. Send its credentials in the header or in the"
                " body, and not in both."
            )
        client_id, secret = given_id, given_secret
    if not client_id:
        raise _refused("The request does not say which client it is from. Send its client_id.")
    return client_id, secret


def _basic(header: str) -> tuple[str, str]:
    """Both are encoded as in a form before they are joined (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise _refused("A client identifies itself with Authorization: Basic, or in the body.")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _refused("The Authorization header is not Base64 of an id and a secret.") from error
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _check_secret(client: Client, secret: str) -> None:
    """A secret counts by either method: which one a client prefers makes nothing safer."""
    if client.auth_method == PUBLIC or client.secret_hash is None:
        if secret:
            raise _refused("This client has no secret, and sent one. Send its client_id only.")
    elif not hmac.compare_digest(hashed(secret), client.secret_hash):
        raise _refused("The secret of this client is missing or wrong.")


def _refused(description: str) -> OAuthError:
    return OAuthError("invalid_client", description, 401)
