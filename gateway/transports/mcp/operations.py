"""Requests as calls of operations, through the one path of every call."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...call import Answer, Call
from ...declaration import Declaration, Kind, Operation
from ...pipeline import Pipeline
from .features import HttpRefusal, Request


@dataclass(frozen=True)
class Operations:
    """Runs what one plugin declares, for requests."""

    declaration: Declaration
    pipeline: Pipeline

    def perform(
        self, operation: Operation, request: Request, arguments: Mapping[str, Any]
    ) -> Answer:
        """The answer of an operation. Raises `HttpRefusal` where it needs a token that is not there.

        Of a plugin that is open in part, such an answer is a result like any other: its client is
        connected already, and may read there that the user must link an account first.
        """
        answer = self.pipeline.perform(
            Call(
                operation=operation,
                door=request.door,
                arguments=arguments,
                authorization=request.authorization,
                address=request.address,
                hints=request.hints,
            )
        )
        if "WWW-Authenticate" in answer.headers and not self.declaration.is_open:
            raise HttpRefusal(answer)
        return answer

    def admit(self, request: Request) -> None:
        """Raise `HttpRefusal` unless the client may call the plugin, and is not calling too often."""
        if self.declaration.is_open:
            return
        answer = self.perform(self._connecting, request, {})
        if answer.is_problem:
            raise HttpRefusal(answer)

    @cached_property
    def _connecting(self) -> Operation:
        """A query of nothing, for whoever has any token for the plugin. The scopes of its auth are those
        that a client is told to ask for.
        """
        auth, linking = self.declaration.auth, self.declaration.linking
        return Operation(
            plugin=self.declaration.name,
            name="this plugin",
            kind=Kind.QUERY,
            path="",
            function=dict,
            auth=linking if linking and auth.names_a_person else auth,
        )
