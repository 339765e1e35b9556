"""An assistant that links an account, over the test client: in one process, with a clock to turn.

The client of `oauth_client.py` does the same over sockets, against real workers.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.kit.oauth_client import s256

REDIRECT_URI = "http://127.0.0.1:46747/callback"
OWN = {"Origin": "http://localhost"}


@dataclass
class Assistant:
    """A program that has registered itself for one plugin."""

    app: Flask
    plugin: str = "counter"
    metadata: dict[str, Any] = field(default_factory=dict)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def __post_init__(self) -> None:
        asked = {
            "client_name": "Codex",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
            **self.metadata,
        }
        reply = self._client.post(f"/{self.plugin}/oauth/register", json=asked)
        assert reply.status_code == 201, reply.text
        self.client_id = reply.json["client_id"]

    @property
    def _client(self) -> FlaskClient:
        return self.app.test_client()

    def asks(self, browser: FlaskClient, **changes: str | None) -> TestResponse:
        """What the browser gets that is sent to the server; None leaves a parameter out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "state": "a state",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            "resource": f"http://localhost/{self.plugin}/mcp",
            **changes,
        }
        given = {name: text for name, text in parameters.items() if text is not None}
        return browser.get(f"/{self.plugin}/oauth/authorize", query_string=given)

    def consent(self, browser: FlaskClient, **changes: str | None) -> str:
        """The path of the page on which the person answers."""
        sent = self.asks(browser, **changes)
        assert sent.status_code == 303, sent.text
        return urlsplit(sent.location).path

    def exchange(self, code: str, **changes: str) -> TestResponse:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": self.verifier,
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            **changes,
        }
        return self._client.post(f"/{self.plugin}/oauth/token", data=sent)

    def refresh(self, token: str, **changes: str) -> TestResponse:
        sent = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.client_id}
        return self._client.post(f"/{self.plugin}/oauth/token", data={**sent, **changes})

    def link(self, browser: FlaskClient, **changes: str | None) -> dict[str, Any]:
        """All of it, with a yes: the tokens."""
        answered = answers(browser, self.consent(browser, **changes), "allow")
        reply = self.exchange(landed(answered)["code"])
        assert reply.status_code == 200, reply.text
        return reply.json

    def call(self, tokens: dict[str, Any]) -> TestResponse:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self._client.get(f"/{self.plugin}/total", headers=headers)


def form_token(browser: FlaskClient, path: str) -> str:
    """The token in the form on a consent page."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    [token] = re.findall(r'class="choice">\s*<input[^>]*name="form_token" value="(\w+)"', page.text)
    return token


def answers(browser: FlaskClient, path: str, decision: str, token: str = "") -> TestResponse:
    """Press one of the two buttons."""
    sent = {"form_token": token or form_token(browser, path), "decision": decision}
    return browser.post(path, data=sent, headers=OWN)


def landed(answered: TestResponse) -> dict[str, str]:
    """What the browser takes to the assistant."""
    assert answered.status_code == 303, answered.text
    assert answered.location.startswith(f"{REDIRECT_URI}?")
    return dict(parse_qsl(urlsplit(answered.location).query))
