"""A person with an account, and the assistant that calls for them."""

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.auth import accounts, sessions, tokens
from tests.kit import forms


class Person:
    """Somebody with a token for one plugin, calling over REST through the test client."""

    def __init__(
        self, app: Flask, email: str, plugin: str, scopes=None, client: str = "test"
    ) -> None:
        self.app = app
        self.gateway = app.extensions["gateway"]
        self.plugin = plugin
        scopes = self.gateway.declarations[plugin].auth.scopes if scopes is None else scopes
        with self.gateway.ledger.write() as ledger:
            try:
                self.account = accounts.find(ledger, email)
            except accounts.AccountError:
                self.account = accounts.add(ledger, email)
            self.token = tokens.issue(ledger, self.account, plugin, scopes, client=client)
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, query=None, headers=None) -> TestResponse:
        headers = {**self.headers, **(headers or {})}
        address = f"/{self.plugin}{path}"
        return self.app.test_client().get(address, query_string=query, headers=headers)

    def post(self, path: str, body=None, headers=None) -> TestResponse:
        headers = {**self.headers, **(headers or {})}
        return self.app.test_client().post(
            f"/{self.plugin}{path}", json=body or {}, headers=headers
        )

    def confirm(self, asked: TestResponse) -> TestResponse:
        """Say yes to what `asked` asks."""
        path = f"/confirmations/{asked.json['confirmation_id']}/confirm"
        return self.post(path, {"hash": asked.json["hash"]})

    def do(self, path: str, body=None) -> TestResponse:
        """Call an action and say yes to it: on the page, or in the chat where that is enough."""
        asked = self.post(path, body)
        if asked.status_code == 202 and "confirm_action" not in asked.json["next_step"]:
            return self.approve(asked)
        return self.confirm(asked)

    def decide(self, asked: TestResponse, decision: str, **how) -> TestResponse:
        """Press a button on the page of what `asked` asks; the reply to the form."""
        browser = self.browser()
        path = f"/confirm/{asked.json['confirmation_id']}"
        page = browser.get(path)
        return forms.send_here(browser, page, path, decision=decision, **how)

    def approve(self, asked: TestResponse) -> TestResponse:
        """Approve it on its page, and ask how it stands."""
        replied = self.decide(asked, "approve")
        assert replied.status_code == 303, replied.text
        return self.see(asked)

    def see(self, asked: TestResponse) -> TestResponse:
        """How what `asked` asks stands."""
        return self.get(f"/confirmations/{asked.json['confirmation_id']}")

    def browser(self) -> FlaskClient:
        """A browser in which this person is signed in at the root."""
        with self.gateway.ledger.write() as ledger:
            link = sessions.new_link(ledger, self.account)
            session = sessions.use_link(ledger, link)
        client = self.app.test_client()
        client.set_cookie("session", session)
        return client
