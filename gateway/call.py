"""One call of an operation, and its answer: what every transport hands in and gets back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .declaration import Operation
from .hosts import Door
from .image import Image


@dataclass(frozen=True)
class Hints:
    """What an assistant says of its user. It may be invented: never for deciding what is allowed."""

    region: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    conversation: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class Call:
    """A call as it came in, nothing checked yet.

    `arguments` are JSON values and keep their types; `texts` came in an address, each as the list
    of its occurrences, and are read as the type that the schema asks for. `authorization` is the
    header. `address` is the network address of the caller, for limits only.
    """

    operation: Operation
    door: Door
    arguments: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    authorization: str | None = None
    idempotency_key: str | None = None
    address: str = ""
    hints: Hints = Hints()


@dataclass(frozen=True)
class Answer:
    """The outcome of a call. `body` is a JSON object; a problem (RFC 9457) where `is_problem`.

    `image` is a picture beside it, for those who can show one.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    is_problem: bool = False
    image: Image | None = None
