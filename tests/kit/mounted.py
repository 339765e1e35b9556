"""Every plugin that comes along, as it stands and as a copy under another name, in one gateway."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import time_machine
from flask import Flask
from marshmallow import fields, validate
from werkzeug.test import TestResponse

from gateway import Public, ServiceKey
from gateway.app import SAMPLES, create_app
from gateway.declaration import PATH_NAME, Declaration, Kind, Operation
from gateway.discovery import find
from tests.kit.conversation import Conversation
from tests.kit.mcp_client import MODERN
from tests.kit.people import Person

# Beside what comes along: kinds of plugins of which no sample is one.
FOLDERS = (SAMPLES, Path(__file__).parent / "more_plugins")
PLUGINS = {plugin.name: plugin for plugin in find(FOLDERS)}
ORIGINALS = {name: plugin.declaration for name, plugin in PLUGINS.items()}
COPIES = {f"copy{number}of{name}"[:32]: name for number, name in enumerate(ORIGINALS)}
NAMES = [*ORIGINALS, *COPIES]

ROOT = "http://localhost:8000"
NOW = datetime(2027, 3, 2, 10, 30, tzinfo=UTC)
KEY = "the-key-of-a-service"
NOWHERE = "http://127.0.0.1:9"  # the port of the discard protocol, which nobody serves

# Values that could be right, for fields that give neither an example nor a choice.
PLAUSIBLE = {
    fields.Boolean: True,
    fields.Number: 1,
    fields.Date: "2027-03-03",
    fields.DateTime: "2027-03-03T10:30:00+00:00",
    fields.Time: "10:30:00",
    fields.Email: "ada@example.com",
    fields.Url: "https://example.com/",
    fields.UUID: "5e1f5a3c-0b1e-4d43-9b1c-5b3c6f3d2a10",
    fields.Dict: {},
}


@contextmanager
def every_plugin(folder: Path) -> Iterator[Flask]:
    """A gateway with every plugin and its copy, from which no provider of data can be reached."""
    for copy, name in COPIES.items():
        shutil.copytree(PLUGINS[name].root_path, folder / "copies" / copy)
    environ = {
        "DATA_DIR": str(folder / "data"),
        "RATE_LIMIT": "off",
        "SERVICE_KEYS": f"somebody:{KEY}",
        **_without_providers(),
    }
    app = create_app(environ, plugin_dirs=[*FOLDERS, folder / "copies"])
    yield app
    app.extensions["gateway"].ledger.engine.dispose()


def _without_providers() -> dict[str, str]:
    return {
        f"{name.upper()}_{row.name}": NOWHERE
        for name in NAMES
        for row in ORIGINALS[COPIES.get(name, name)].settings
        if str(row.default).startswith(("http://", "https://"))
    }


def the_clock_stands() -> time_machine.travel:
    """So that an answer that moves with the clock is the same at every door and over every transport."""
    return time_machine.travel(NOW, tick=False)


class Mounted:
    """One plugin in a running gateway, and how one person calls it."""

    def __init__(self, app: Flask, name: str, email: str = "ada@example.com") -> None:
        self.app, self.name, self.email = app, name, email
        self.declaration: Declaration = app.extensions["gateway"].declarations[name]
        self.as_path, self.as_host = f"{ROOT}/{name}", f"http://{name}.localhost:8000"
        self.told: dict[str, Any] = {}
        self._tokens: dict[tuple[Any, ...], str] = {}
        with the_clock_stands():
            self.learn()

    def door(self, form: str) -> str:
        """Its address in the form "path" or "host"."""
        return self.as_path if form == "path" else self.as_host

    def ask(
        self, path: str, method: str = "GET", *, door: str = "", **options: Any
    ) -> TestResponse:
        """Send any request; `door` is the plugin's address in one of its forms.

        Where nobody is asked who they are, the name of the conversation is what tells them apart.
        """
        headers = {"openai-conversation-id": self.email, **options.pop("headers", {})}
        options |= {"method": method, "headers": headers, "buffered": True}
        return self.app.test_client().open((door or self.as_path) + path, **options)

    def call(
        self, operation: Operation, *, door: str = "", token: str | None = None, **more: Any
    ) -> TestResponse:
        """Call an operation over REST with values that could be right, and `more`."""
        return self.send(operation, {**self.arguments(operation), **more}, door=door, token=token)

    def send(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        *,
        door: str = "",
        token: str | None = None,
    ) -> TestResponse:
        """Call an operation over REST with exactly these values."""
        values = dict(values)
        path = PATH_NAME.sub(lambda name: quote(str(values.pop(name[1])), safe=""), operation.path)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if operation.kind is Kind.QUERY:
            path = f"{path}?{urlencode(in_texts(values), doseq=True)}"
            return self.ask(path, door=door, headers=headers)
        headers["Content-Type"] = "application/json"
        body = orjson.dumps(values)  # Flask's own would write \u8336 for 茶, which is twice as long
        return self.ask(path, "POST", door=door, headers=headers, data=body)

    def arguments(self, operation: Operation) -> dict[str, Any]:
        """Values that could be right, as far as the plugin's queries have told them."""
        return arguments(operation, self.told)

    def learn(self) -> None:
        """Ask every query, to call other operations with what they tell: ids, for example."""
        self.told = {}
        for operation in self.declaration.queries:
            answer = self.call(operation, token=self.token(operation))
            for part in parts(answer.json if answer.status_code == 200 else {}):
                self.told = {**part, **self.told}

    def token(
        self,
        asked: Operation | Declaration,
        plugin: str = "",
        scopes: tuple[str, ...] | None = None,
    ) -> str | None:
        """A credential that opens what is asked for, or one for `plugin`, which should not."""
        if isinstance(asked.auth, Public):
            return None
        if isinstance(asked.auth, ServiceKey):
            return KEY
        wanted = (plugin or self.name, scopes)
        if wanted not in self._tokens:
            self._tokens[wanted] = self.person(*wanted).token
        return self._tokens[wanted]

    def person(self, plugin: str = "", scopes: tuple[str, ...] | None = None) -> Person:
        """Who calls it, with a new token."""
        return Person(self.app, self.email, plugin or self.name, scopes)

    def tokens_of_others(self, asked: Operation | Declaration) -> list[str | None]:
        """Tokens of the same person for the other plugins."""
        if not asked.auth.names_a_person:
            return []
        others = self.app.extensions["gateway"].declarations.values()
        names = [
            each.name for each in others if each.auth.names_a_person and each.name != self.name
        ]
        return [self.token(asked, plugin=name) for name in names]

    def conversation(
        self,
        version: str = MODERN,
        *,
        door: str = "",
        token: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """An assistant of this person's that speaks MCP."""
        address = f"{door or self.as_path}/mcp"
        return Conversation(
            self.app, address, version, token, dict(capabilities or {}), name=self.email
        )

    def of(self, email: str) -> "Mounted":
        """The same plugin, called by somebody else."""
        return Mounted(self.app, self.name, email)

    def document(self) -> Any:
        return self.ask("/openapi.json").json


def in_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as an address has them: an empty list is one empty text, what is null is not there."""
    return {name: _in_text(value) for name, value in values.items() if value is not None}


def _in_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_text(each) for each in value] or ""
    return str(value).lower() if isinstance(value, bool) else value


def arguments(operation: Operation, told: Mapping[str, Any]) -> dict[str, Any]:
    """A value for every argument that is required or has an example; `told` are values by name."""
    return {
        name: value_of(field) if "example" in field.metadata else told.get(name, value_of(field))
        for name, field in operation.takes.fields.items()
        if field.required or "example" in field.metadata
    }


def value_of(field: fields.Field[Any]) -> Any:
    """The author's example, else the first choice, else something of the right type."""
    if "example" in field.metadata:
        return field.metadata["example"]
    for each in field.validators:
        if isinstance(each, validate.OneOf):
            return next(iter(each.choices))
    if isinstance(field, fields.List):
        return [value_of(field.inner)]
    if isinstance(field, fields.Nested):
        return {name: value_of(each) for name, each in field.schema.fields.items() if each.required}
    return next((value for kind, value in PLAUSIBLE.items() if isinstance(field, kind)), "example")


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(node, Mapping):
        yield node
    for inner in node.values() if isinstance(node, Mapping) else node:
        if isinstance(inner, Mapping | list):
            yield from parts(inner)


def described(document: Mapping[str, Any]) -> dict[str, Any]:
    """The operations of an OpenAPI document, by name."""
    found = (each for item in document["paths"].values() for each in item.values())
    return {each["operationId"]: each for each in found}


def is_problem(response: TestResponse, status: int) -> bool:
    """Whether it is problem+json of this status, with a sentence in it."""
    body = response.get_json(force=True, silent=True) or {}
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    return bool(body["detail"]) and body["status"] == status
