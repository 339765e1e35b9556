"""`Plugin`: a Flask blueprint that records what its author declares, and checks it at import."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, render_template
from marshmallow import Schema, fields
from sqlalchemy import Column, Constraint, Index, MetaData, Table

from . import checks
from .context import Setting, current_call
from .declaration import (
    Approval,
    Auth,
    Confirm,
    ConfirmationPolicy,
    Declaration,
    DeclarationError,
    Effect,
    Kind,
    Operation,
    SettingRow,
    camel_case,
)
from .docstrings import docstring
from .envelope import envelope_of
from .resources import ListFunction, ReadFunction
from .resources import resource as resource_of
from .storage import clock
from .storage.naming import NAMING

Function = TypeVar("Function", bound=Callable[..., Any])
Takes = Schema | type[Schema] | Mapping[str, fields.Field[Any]] | None


class Plugin(Blueprint):
    """A plugin for AI assistants: `plugin = Plugin(__name__, title="Harbour Bookings", auth=Public())`.

    The folder is the name. The module's docstring is the plugin's description: its first line is
    for people, the rest for the model. `title` is what people see (at most 20 characters), `auth`
    says who may call, `examples` are prompts that a person could type, `open_world` says that the
    plugin reaches beyond a bounded set of data (MCP's openWorldHint).

    `declaration` is everything declared so far, frozen. Raises `DeclarationError` where what is
    declared cannot work, with what to do about it.
    """

    def __init__(
        self,
        import_name: str,
        *,
        title: str,
        auth: Auth,
        examples: list[str] | tuple[str, ...] = (),
        category: str | None = None,
        open_world: bool = False,
    ) -> None:
        name = import_name.rpartition(".")[2]
        checks.plugin_name(name)
        super().__init__(name, import_name)
        checks.examples(name, examples)
        summary, instructions = docstring(sys.modules[import_name])
        self.declaration = Declaration(
            name=name,
            title=title,
            summary=summary,
            instructions=instructions,
            auth=auth,
            examples=tuple(examples),
            category=category,
            operations=(),
        )
        checks.plugin(self.declaration)
        self.metadata = MetaData(naming_convention=NAMING)
        self._open_world = open_world

    def query(
        self,
        path: str,
        *,
        returns: Takes,
        takes: Takes = None,
        scopes: tuple[str, ...] | list[str] | None = None,
        auth: Auth | None = None,
        open_world: bool | None = None,
    ) -> Callable[[Function], Function]:
        """Declare a function that reads and changes nothing: GET, never confirmed.

        `scopes` are needed to call it (default: the first of the auth's).
        """
        auth = auth or self.declaration.auth
        checks.auth(self.name, auth)

        def record(function: Function) -> Function:
            needed = auth.scopes[:1] if scopes is None else tuple(scopes)
            self._record(function, Kind.QUERY, path, takes, returns, auth, needed, open_world, None)
            return function

        return record

    def action(
        self,
        path: str,
        *,
        returns: Takes,
        confirm: Confirm,
        takes: Takes = None,
        scopes: tuple[str, ...] | list[str] | None = None,
        approve: Approval = "person",
        effect: Effect = "ledger",
        lookup: Callable[..., Any] | None = None,
        undoable: bool = False,
    ) -> Callable[[Function], Function]:
        """Declare a function that changes something: POST, and run only once it is confirmed.

        `confirm` is the question: a format string over the arguments, one for each language, or a
        function of the same arguments that returns the question and the quote it rests on, or
        aborts. `scopes` are needed to call it (default: all of the auth's). `approve="chat"` lets
        the assistant relay the person's yes; use it only for what is small and can be undone.
        `lookup` takes the same arguments and tells what became of an effect elsewhere: its result,
        or None where there is none.
        """
        policy = ConfirmationPolicy(
            confirm=confirm, approve=approve, effect=effect, lookup=lookup, undoable=undoable
        )

        def record(function: Function) -> Function:
            auth = self.declaration.auth
            needed = auth.scopes if scopes is None else tuple(scopes)
            self._record(function, Kind.ACTION, path, takes, returns, auth, needed, None, policy)
            return function

        return record

    def resource(
        self, path: str, *, mime_type: str, listing: ListFunction | None = None
    ) -> Callable[[ReadFunction], ReadFunction]:
        """Declare a function that gives text or bytes to be read by an address.

        The address is `<plugin>:/` and `path`, such as `knowledge://notes/{id}`; the function takes
        the variables of the path as texts, and aborts with 404 where there is nothing. `listing`
        gives what there is: for each the variables, a `title` and, if you like, a `description`.
        Whoever has the first scope of the plugin's auth may read and list.
        """

        def record(function: ReadFunction) -> ReadFunction:
            made = resource_of(self.declaration, function, path, mime_type, listing)
            resources = (*self.declaration.resources, made)
            self.declaration = replace(self.declaration, resources=resources)
            return function

        return record

    def forget(self, function: Function) -> Function:
        """Declare the function that deletes what the plugin keeps of a person.

        It takes the person's id, as in `caller.id`, and runs in the transaction that deletes their
        account, with `ledger`. When it raises, nothing is deleted and the person is told.
        """
        checks.forget(function, self.declaration)
        self.declaration = replace(self.declaration, forget=function)
        return function

    def setting(self, name: str, default: Any, help: str) -> Setting:  # noqa: A002 - the usual word
        """Declare a setting: `.value` is read from `<PLUGIN>_<NAME>` in the environment."""
        row = SettingRow(name, default, help)
        checks.setting(self.name, row, self.declaration.settings)
        self.declaration = replace(self.declaration, settings=(*self.declaration.settings, row))
        return Setting(self.name, row)

    def table(self, name: str, *parts: Column[Any] | Constraint | Index) -> Table:
        """A table of this plugin in the ledger, named `<plugin>_<name>`; its migration makes it."""
        return Table(f"{self.name}_{name}", self.metadata, *parts)

    @property
    def now(self) -> datetime:
        """The moment, in UTC, by the clock that all workers share. Only inside a call."""
        return clock.now(current_call().connection())

    @property
    def data_dir(self) -> Path:
        """A folder of this plugin's own under `DATA_DIR`, made when asked for. Only inside a call."""
        return current_call().data_dir(self.name)

    def url_for(self, endpoint: str, **values: object) -> str:
        """The absolute address of one of this plugin's pages, in the form the call came through."""
        return current_call().url(self.name, endpoint, values)

    def render(self, template: str, **values: Any) -> str:
        """The page made from a template in this plugin's `templates/` folder."""
        return render_template(f"{self.name}/{template}", plugin=self.declaration, **values)

    def _record(
        self,
        function: Callable[..., Any],
        kind: Kind,
        path: str,
        takes: Takes,
        returns: Takes,
        auth: Auth,
        scopes: tuple[str, ...],
        open_world: bool | None,
        policy: ConfirmationPolicy | None,
    ) -> None:
        name = function.__name__
        summary, rest = docstring(function)
        answer = self._schema(returns, name, "Answer")
        operation = Operation(
            plugin=self.name,
            name=name,
            kind=kind,
            path=path,
            function=function,
            summary=summary,
            description=f"{summary}\n{rest}".strip(),
            takes=self._schema(takes, name, "Request"),
            returns=answer,
            auth=auth,
            scopes=scopes,
            open_world=self._open_world if open_world is None else open_world,
            policy=policy,
            envelope=envelope_of(f"{camel_case(name)}Confirmation", answer) if policy else None,
        )
        checks.operation(operation, self.declaration)
        operations = (*self.declaration.operations, operation)
        self.declaration = replace(self.declaration, operations=operations)

    def _schema(self, given: Takes, operation: str, suffix: str) -> Schema:
        """An instance, made once: a schema class costs 40 us to instantiate (measured)."""
        if isinstance(given, Schema):
            return given
        if isinstance(given, type) and issubclass(given, Schema):
            return given()
        if given is None or isinstance(given, Mapping):
            return Schema.from_dict(dict(given or {}), name=camel_case(operation) + suffix)()
        raise DeclarationError(
            f"{self.name}: `{operation}` has {type(given).__name__} for a schema. Give a marshmallow"
            " Schema class, an instance, or a dict of fields."
        )
