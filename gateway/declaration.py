"""What a plugin declares, as frozen data. Every document and every transport is a function of this.

Nothing here knows of Flask, of requests or of storage.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Literal

from marshmallow import Schema, fields

from .boot import BootError
from .envelope import REPEAT_FIELDS

Approval = Literal["person", "chat"]
Effect = Literal["ledger", "external"]
PATH_NAME = re.compile(r"<([^<>]+)>")
# The scope by which a client asks to be kept signed in. It says nothing about what may be done, so
# plugins do not name it (SEP-2207).
OFFLINE_ACCESS = "offline_access"


def is_one_part(value: str) -> bool:
    """Whether a value can stand for a variable of a path, as one part of an address."""
    return value not in ("", ".", "..") and "/" not in value and "\\" not in value


class DeclarationError(BootError):
    """A plugin is declared incorrectly. The message says which, what is wrong, and what to do."""


@dataclass(frozen=True)
class Auth:
    """Who may call a plugin. Each kind below is one of the four that assistants have ever known."""

    scopes: tuple[str, ...] = ()

    names_a_person: ClassVar[bool] = False


@dataclass(frozen=True)
class Public(Auth):
    """Anybody may call, without any credential."""


@dataclass(frozen=True)
class ServiceKey(Auth):
    """One secret for each assistant, from `SERVICE_KEYS`; it names the assistant, not its user."""


@dataclass(frozen=True)
class UserKey(Auth):
    """A secret for each person, which the person pastes into the assistant."""

    names_a_person = True


@dataclass(frozen=True, init=False)
class OAuth(Auth):
    """The person links their account once; `scopes` are what a link may allow, the first to read."""

    names_a_person = True

    def __init__(self, *scopes: str) -> None:
        object.__setattr__(self, "scopes", scopes)


class Kind(StrEnum):
    """A query reads, an action changes something and is confirmed, an approval confirms it.

    A resource is read too, but by its address and not by calling an operation.
    """

    QUERY = "query"
    ACTION = "action"
    APPROVAL = "approval"
    RESOURCE = "resource"


Question = str | Mapping[str, str]
Confirm = Question | Callable[..., tuple[Question, Mapping[str, Any]]]


@dataclass(frozen=True)
class ConfirmationPolicy:
    """How an action is confirmed and where its effect lands.

    `effect` is "ledger" when the effect is rows of this gateway, made in the transaction that
    records the approval; "external" when it is anywhere else. `lookup` tells what became of such
    an effect: its result, or None. `undoable` says that a person can take it back.
    """

    confirm: Confirm
    approve: Approval = "person"
    effect: Effect = "ledger"
    lookup: Callable[..., Any] | None = None
    undoable: bool = False


@dataclass(frozen=True)
class Operation:
    """One thing an assistant can call: the same name, arguments and answer over every transport.

    `returns` describes what the function gives; `envelope` is set where answers are about an
    action, and has that as its `result`.
    """

    plugin: str
    name: str
    kind: Kind
    path: str
    function: Callable[..., Any]
    auth: Auth
    takes: Schema = field(default_factory=Schema)
    returns: Schema = field(default_factory=Schema)
    summary: str = ""
    description: str = ""
    scopes: tuple[str, ...] = ()
    open_world: bool = False
    policy: ConfirmationPolicy | None = None
    envelope: Schema | None = None

    @property
    def title(self) -> str:
        """The name in words: `find_slots` is "Find slots"."""
        return self.name.replace("_", " ").capitalize()

    @property
    def answers(self) -> Schema:
        """The shape of every answer: the envelope where it is about an action, else `returns`."""
        return self.envelope or self.returns

    @property
    def method(self) -> str:
        return "GET" if self.kind is Kind.QUERY else "POST"

    @property
    def path_names(self) -> tuple[str, ...]:
        """The arguments that travel in the path over REST."""
        return tuple(PATH_NAME.findall(self.path))

    @property
    def arguments(self) -> dict[str, fields.Field[Any]]:
        """Every argument an assistant may give: the author's, then the gateway's own."""
        return {**self.takes.fields, **self.gateway_arguments}

    @property
    def gateway_arguments(self) -> dict[str, fields.Field[Any]]:
        """The arguments that the gateway takes for itself: those of an action about its repeats."""
        return REPEAT_FIELDS if self.kind is Kind.ACTION else {}


@dataclass(frozen=True)
class Resource:
    """Text or bytes that an assistant may read by an address, such as `knowledge://notes/{id}`.

    `reading` is run for one address, whose variables are its arguments; `listing` tells which there
    are, None where nobody can list them. Both run like any operation, for whoever may call them.
    """

    reading: Operation
    listing: Operation | None
    mime_type: str

    @property
    def uri_template(self) -> str:
        """The address with its variables in braces (RFC 6570, level 1)."""
        path = PATH_NAME.sub(r"{\1}", self.reading.path)
        return f"{self.reading.plugin}:/{path}"


@dataclass(frozen=True)
class SettingRow:
    """A setting of a plugin: `name` as in the environment, without the plugin's prefix."""

    name: str
    default: Any
    help: str


@dataclass(frozen=True)
class Declaration:
    """All that one plugin says of itself.

    `summary` is for people (at most 100 characters), `instructions` is for the model. `forget`
    deletes what the plugin keeps of the person with an id.
    """

    name: str
    title: str
    summary: str
    instructions: str
    auth: Auth
    examples: tuple[str, ...]
    category: str | None
    operations: tuple[Operation, ...]
    settings: tuple[SettingRow, ...] = ()
    resources: tuple[Resource, ...] = ()
    forget: Callable[[str], object] | None = None

    @property
    def is_open(self) -> bool:
        """Whether anybody may call some operation, without any credential."""
        return any(isinstance(each.auth, Public) for each in self.operations)

    @property
    def linking(self) -> OAuth | None:
        """All that a person may allow an assistant by linking an account; None where nobody links."""
        auths = (self.auth, *(each.auth for each in self.operations))
        linked = [auth for auth in auths if isinstance(auth, OAuth)]
        scopes = dict.fromkeys(scope for auth in linked for scope in auth.scopes)
        return OAuth(*scopes) if linked else None

    @property
    def own_operations(self) -> tuple[Operation, ...]:
        """What the author declares, without what the gateway adds about confirmations."""
        return tuple(
            each for each in self.operations if each.envelope is None or each.kind is Kind.ACTION
        )

    @property
    def linked_scopes(self) -> tuple[str, ...]:
        """What a person may allow by linking an account; nothing where nobody links."""
        return self.linking.scopes if self.linking else ()

    @property
    def knows_persons(self) -> bool:
        """Whether the plugin, or some operation of it, is called for a person who is known."""
        auths = (self.auth, *(each.auth for each in self.operations))
        return any(auth.names_a_person for auth in auths)

    @property
    def queries(self) -> tuple[Operation, ...]:
        return tuple(each for each in self.operations if each.kind is Kind.QUERY)

    @property
    def actions(self) -> tuple[Operation, ...]:
        return tuple(each for each in self.operations if each.kind is Kind.ACTION)

    def operation(self, name: str) -> Operation | None:
        return next((each for each in self.operations if each.name == name), None)


def camel_case(name: str) -> str:
    """`find_slots` -> `FindSlots`: how schemas made for an operation are named."""
    return "".join(part.capitalize() for part in name.split("_"))
