"""What a server offers: tools, prompts, resources, and what their handlers are given and give back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...call import Answer, Hints
from ...hosts import Door


@dataclass(frozen=True)
class Request:
    """A request that keeps to the protocol.

    `capabilities` are the client's, empty for versions with a handshake, which say them elsewhere.
    `authorization` is the header, `address` the network address of the client.
    """

    method: str
    params: Mapping[str, Any]
    version: str
    is_modern: bool
    capabilities: Mapping[str, Any]
    door: Door
    authorization: str | None = None
    address: str = ""
    hints: Hints = Hints()


@dataclass(frozen=True)
class InputRequired:
    """In place of a result: questions to the client's user, by name, to be answered in a new request.

    `state` comes back with the answers. The client could change it: sign it.
    """

    requests: Mapping[str, Mapping[str, Any]]
    state: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a call has come, for a client that asked to be told.

    No operation of a plugin reports it yet; tools of the conformance suite do.
    """

    progress: float
    total: float | None = None
    message: str | None = None


class HttpRefusal(Exception):
    """A request that HTTP itself must refuse, such as one without a token: `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


Result = Mapping[str, Any]
# An iterator gives any number of `Progress`, and at last a result or a question.
Outcome = Result | InputRequired | Iterator[Progress | Result | InputRequired]
Handler = Callable[[Request], Outcome]


@dataclass(frozen=True)
class Tool:
    """`descriptor` is the entry in tools/list, `call` answers tools/call."""

    descriptor: Mapping[str, Any]
    call: Handler

    @property
    def name(self) -> str:
        return str(self.descriptor["name"])


@dataclass(frozen=True)
class Prompt:
    """`descriptor` is the entry in prompts/list, `get` answers prompts/get."""

    descriptor: Mapping[str, Any]
    get: Handler

    @property
    def name(self) -> str:
        return str(self.descriptor["name"])


@dataclass(frozen=True)
class Resources:
    """Answers resources/list, resources/templates/list and resources/read."""

    listing: Callable[[Request], Result]
    templates: Callable[[Request], Result]
    read: Handler


@dataclass(frozen=True)
class Server:
    """One MCP server.

    `information` is the serverInfo under the address of a door. `admit` raises where a client may not
    even see the lists. `is_public` says that the lists are the same for everybody.
    """

    information: Callable[[Door], Mapping[str, Any]]
    instructions: str
    tools: Sequence[Tool]
    prompts: Sequence[Prompt] = ()
    resources: Resources | None = None
    complete: Handler | None = None
    admit: Callable[[Request], None] = lambda _: None
    is_public: bool = True
