"""An assistant that links accounts by OAuth, as strict as the strictest of them.

    client = OAuthClient.registered(wire, "counter")     # discovers, then registers itself
    asked = client.ask()                                 # asked.url is for the person's browser
    code = asked.code(browser.allow(asked.url))          # checks `state` and `iss`
    tokens = client.tokens(client.exchange(asked, code)) # tokens.access, tokens.refresh
    client.call(tokens.access).status                    # 200

Every request can be bent before it is sent: a keyword changes a parameter, None leaves it out.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.kit.server import Reply
from tests.kit.user_browser import Browser
from tests.kit.wire import Request, Wire, get, post_form, post_json

REDIRECT_URI = "https://assistant.example/callback"
# A query of each plugin that takes any token with the first of its scopes.
QUERIES = {
    "booking": "/bookings",
    "counter": "/total",
    "ferry": "/trips/T-1",
    "knowledge": "/find?query=tea",
    "personal": "/who",
}


def s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parameters(url: str) -> dict[str, str]:
    """What the query of an address holds, each name once."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert len(pairs) == len(dict(pairs)), url
    return dict(pairs)


@dataclass(frozen=True)
class Tokens:
    """What an exchange gave."""

    access: str
    refresh: str | None
    reply: Reply


@dataclass(frozen=True)
class Asked:
    """A question to a person: `url` is what the browser opens."""

    url: str
    state: str
    verifier: str
    redirect_uri: str
    issuer: str

    def answer(self, landed: str) -> dict[str, str]:
        """The parameters of the answer, for which the browser `landed` at the client."""
        expected = self.redirect_uri + ("&" if "?" in self.redirect_uri else "?")
        assert landed.startswith(expected), landed
        answered = parameters(landed)
        assert answered["state"] == self.state
        assert answered["iss"] == self.issuer
        return answered

    def code(self, landed: str) -> str:
        """The code in the answer."""
        answered = self.answer(landed)
        assert set(answered) == {"code", "state", "iss"}, landed
        return answered["code"]


@dataclass
class OAuthClient:
    """One client of one plugin's authorization server, at one of its doors."""

    wire: Wire
    plugin: str = "counter"
    door: str = "path"
    client_id: str = ""
    secret: str | None = None
    auth_method: str = "none"
    redirect_uri: str = REDIRECT_URI
    resource: str = ""
    server: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def registered(
        cls, wire: Wire, plugin: str = "counter", door: str = "path", **metadata: Any
    ) -> Self:
        """A client that has found the server and registered itself."""
        client = cls(wire, plugin, door)
        client.discover()
        reply = client.register(**metadata)
        assert reply.status == 201, reply.body
        client.client_id = reply.json["client_id"]
        client.secret = reply.json.get("client_secret")
        client.auth_method = reply.json["token_endpoint_auth_method"]
        client.redirect_uri = reply.json["redirect_uris"][0]
        return client

    @property
    def base(self) -> str:
        return self.wire.base(self.plugin, self.door)

    def discover(self) -> None:
        """Find the server from the answer to a call without a token (RFC 9728, RFC 8414)."""
        refused = self.call(None)
        assert refused.status == 401, refused.body
        challenge = refused.headers["WWW-Authenticate"]
        [address] = re.findall(r'resource_metadata="([^"]+)"', challenge)
        about = self.wire.send(get(address)).json
        [issuer] = about["authorization_servers"]
        parts = urlsplit(issuer)
        place = (
            f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}"
        )
        self.server = self.wire.send(get(place)).json
        assert self.server["issuer"] == issuer
        self.resource = about["resource"]

    def register(self, **metadata: Any) -> Reply:
        """Register at the server (RFC 7591)."""
        given = {
            "client_name": "Test Assistant",
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            **metadata,
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return self.wire.send(post_json(self.server["registration_endpoint"], sent))

    def ask(self, *more: tuple[str, str], **changes: str | None) -> Asked:
        """A question for a person; `more` are parameters beside the usual ones, or once more."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.server["scopes_supported"]),
            "state": state,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
            "resource": self.resource,
            **changes,
        }
        query = urlencode([*_given(fields).items(), *more])
        return Asked(
            url=f"{self.server['authorization_endpoint']}?{query}",
            state=fields["state"] or "",
            verifier=verifier,
            redirect_uri=fields["redirect_uri"] or "",
            issuer=self.server["issuer"],
        )

    def exchanging(
        self, asked: Asked, code: str, *more: tuple[str, str], **changes: str | None
    ) -> Request:
        """The request that exchanges a code."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
            "resource": self.resource,
        }
        return self._to_token_endpoint(fields, more, changes)

    def exchange(
        self, asked: Asked, code: str, *more: tuple[str, str], **changes: str | None
    ) -> Reply:
        return self.wire.send(self.exchanging(asked, code, *more, **changes))

    def refreshing(self, token: str, *more: tuple[str, str], **changes: str | None) -> Request:
        """The request that exchanges a refresh token."""
        fields = {"grant_type": "refresh_token", "refresh_token": token, "resource": self.resource}
        return self._to_token_endpoint(fields, more, changes)

    def refresh(self, token: str, *more: tuple[str, str], **changes: str | None) -> Reply:
        return self.wire.send(self.refreshing(token, *more, **changes))

    def revoking(self, token: str | None, **changes: str | None) -> Request:
        """The request that gives a token back (RFC 7009)."""
        fields = {"token": token, **self._credentials(), **changes}
        return post_form(self.server["revocation_endpoint"], _given(fields))

    def revoke(self, token: str | None, **changes: str | None) -> Reply:
        return self.wire.send(self.revoking(token, **changes))

    def tokens(self, reply: Reply) -> Tokens:
        """The tokens in a reply that must hold some."""
        assert reply.status == 200, reply.body
        body = reply.json
        assert body["token_type"].lower() == "bearer"
        return Tokens(body["access_token"], body.get("refresh_token"), reply)

    def link(self, browser: Browser, **changes: str | None) -> Tokens:
        """All of it: ask whoever is signed in, be allowed, exchange the code."""
        asked = self.ask(**changes)
        return self.tokens(self.exchange(asked, asked.code(browser.allow(asked.url))))

    def call(self, token: str | None, plugin: str = "", door: str = "", **headers: str) -> Reply:
        """Call a query over REST, of this plugin at this door unless others are named."""
        named = plugin or self.plugin
        url = self.wire.base(named, door or self.door) + QUERIES[named]
        if token is not None:
            headers = {"authorization": f"Bearer {token}", **headers}
        return self.wire.send(get(url, **headers))

    def post(self, token: str, path: str, body: Any) -> Reply:
        """Call an action over REST."""
        return self.wire.send(post_json(self.base + path, body, authorization=f"Bearer {token}"))

    def _to_token_endpoint(
        self, fields: dict[str, str], more: tuple[tuple[str, str], ...], changes: dict[str, Any]
    ) -> Request:
        given = _given({**fields, **self._credentials(), **changes})
        return post_form(self.server["token_endpoint"], [*given.items(), *more])

    def _credentials(self) -> dict[str, str]:
        secret = {"client_secret": self.secret} if self.secret else {}
        return {"client_id": self.client_id, **secret}


def _given(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text is not None}
