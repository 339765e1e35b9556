"""What the addresses of OAuth do, without a web framework. Fails closed: no ledger, no tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..declaration import OFFLINE_ACCESS
from ..limits import RateLimits
from ..storage.ledger import Ledger
from . import authorizations, codes, refreshing, requests, revocation
from .authorizations import Authorization
from .client_authentication import authenticate
from .clients import Client, Clients
from .codes import VERIFIER, Exchange
from .errors import OAuthError
from .requests import Issuer, Parameters, only


@dataclass(frozen=True)
class Credentials:
    """How a client shows who it is: what came beside the parameters.

    `header` is Authorization, `address` the network address; `as_json` says that the body was JSON.
    """

    header: str | None
    address: str
    as_json: bool = False


@dataclass(frozen=True)
class AuthorizationServer:
    """Grants and ends links. `secret` is the key from which replies that were lost are made again."""

    ledger: Ledger
    secret: str
    clients: Clients
    limits: RateLimits

    def ask(self, issuer: Issuer, parameters: Parameters) -> str:
        """Keep what a client asks a person to allow; its id.

        Raises `OAuthError` for what is told on a page, `SentBack` for what the client is told.
        """
        requests.refuse_repeated(parameters, but="resource")
        client_id = only(parameters, "client_id")
        if client_id is None:
            raise OAuthError("invalid_request", "Send the client_id of a registered client.")
        client = self.clients.find(issuer.plugin, client_id)
        request = requests.read(issuer, parameters, client)
        with self.ledger.write() as connection:
            return authorizations.create(connection, request)

    def allow(self, wanted: Authorization, account_id: str) -> str | None:
        """Record a person's yes; where their browser goes now, None where it comes too late."""
        with self.ledger.write() as connection:
            return authorizations.allow(connection, wanted, account_id, self.secret)

    def deny(self, wanted: Authorization) -> str | None:
        """Record a person's no; as `allow`."""
        with self.ledger.write() as connection:
            return authorizations.deny(connection, wanted)

    def exchange(self, issuer: Issuer, parameters: Parameters, sent: Credentials) -> dict[str, Any]:
        """The reply of the token endpoint. Raises `OAuthError`."""
        requests.refuse_repeated(parameters)
        kind = only(parameters, "grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            raise OAuthError(
                "unsupported_grant_type" if kind else "invalid_request",
                "Send grant_type=authorization_code or grant_type=refresh_token.",
            )
        client = self._client(issuer, parameters, sent)
        resource = only(parameters, "resource")
        if resource is not None:
            requests.refuse_foreign_resource(issuer, resource)
        if kind == "refresh_token":
            return self._refresh(issuer, parameters, client, resource)
        return self._redeem(issuer, parameters, client)

    def revoke(self, issuer: Issuer, parameters: Parameters, sent: Credentials) -> None:
        """End the token that is named, if it is the client's (RFC 7009)."""
        requests.refuse_repeated(parameters)
        client = self._client(issuer, parameters, sent)
        token = _required(parameters, "token")
        with self.ledger.write() as connection:
            revocation.revoke(connection, issuer.plugin, client, token)

    def _client(self, issuer: Issuer, parameters: Parameters, sent: Credentials) -> Client:
        client = authenticate(
            self.clients, self.limits, issuer.plugin, parameters, sent.header, sent.address
        )
        if sent.as_json and client.secret_hash is None:
            raise OAuthError(
                "invalid_request", "Send the parameters as application/x-www-form-urlencoded."
            )
        return client

    def _redeem(self, issuer: Issuer, parameters: Parameters, client: Client) -> dict[str, Any]:
        verifier = only(parameters, "code_verifier")
        if verifier is None and client.needs_pkce:
            raise OAuthError("invalid_request", "Send the parameter code_verifier.")
        if verifier is not None and not VERIFIER.fullmatch(verifier):
            raise OAuthError("invalid_request", "A code_verifier has 43 to 128 letters and digits.")
        sent = Exchange(
            code=_required(parameters, "code"),
            redirect_uri=only(parameters, "redirect_uri"),
            verifier=verifier,
        )
        with self.ledger.write() as connection:
            given = codes.redeem(connection, issuer.plugin, client, sent)
        if isinstance(given, OAuthError):
            raise given
        pair, resource = given
        return pair.body(resource)

    def _refresh(
        self, issuer: Issuer, parameters: Parameters, client: Client, resource: str | None
    ) -> dict[str, Any]:
        token = _required(parameters, "refresh_token")
        asked = _scopes(only(parameters, "scope"))
        with self.ledger.write() as connection:
            given = refreshing.refresh(connection, issuer.plugin, client, token, asked, self.secret)
        if isinstance(given, OAuthError):
            raise given
        return given.body(resource)


def _required(parameters: Parameters, name: str) -> str:
    value = only(parameters, name)
    if value is None:
        raise OAuthError("invalid_request", f"Send the parameter {name}.")
    return value


def _scopes(text: str | None) -> Sequence[str]:
    return [scope for scope in (text or "").split() if scope != OFFLINE_ACCESS]
