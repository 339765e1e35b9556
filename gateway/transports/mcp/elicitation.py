"""The question of an action, shown by the client itself (elicitation, MCP 2026-07-28).

A client that can show forms gets the question in place of the answer that holds it. Its user's yes comes
back with a second request, and confirms exactly what was asked, as `confirm_action` would: only where a
yes in the chat is enough. A client that can open addresses is given that of the page instead. What it
sends back says that its user has seen the link, and approves nothing: it is told how the action stands.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from mcp_types import INVALID_PARAMS

from ...call import Answer
from ...confirmations.record import LIFETIME
from ...declaration import Kind, Operation
from ...envelope import Status
from .features import InputRequired, Outcome, Request, Result
from .messages import JsonRpcError
from .operations import Operations
from .results import tool_result

NAME = "confirmation"  # of the one question in a reply


class Mode(StrEnum):
    """How a client shows a question: by itself, or by opening the page that does."""

    FORM = "form"
    URL = "url"


@dataclass(frozen=True)
class Elicitation:
    """Asks the questions of one plugin's actions, and follows the answers.

    `secret` signs what clients keep for us. The three operations are those about confirmations; None
    where the plugin has no actions, or none that is confirmed in the chat.
    """

    operations: Operations
    secret: str
    confirm_action: Operation | None
    decline_action: Operation | None
    get_confirmation: Operation | None

    def ask(self, operation: Operation, request: Request, answer: Answer) -> InputRequired | None:
        """The question in `answer`, for a client that can show it; None where it is not to be shown."""
        mode = _mode(operation, request)
        if mode is None or answer.body.get("status") != Status.WAITING:
            return None
        body = answer.body
        state = [body["confirmation_id"], body["hash"], mode, _digest(operation, request)]
        question = {"method": "elicitation/create", "params": _shown(mode, body)}
        return InputRequired({NAME: question}, self._signer.dumps(state))

    def has_reply(self, operation: Operation, request: Request) -> bool:
        """Whether a request brings back a state of ours, and so perhaps an answer of the user."""
        brought = request.is_modern and request.params.get("requestState") is not None
        return brought and operation.kind is Kind.ACTION

    def follow(self, operation: Operation, request: Request) -> Outcome:
        """What the user's answer leads to; without a legible one, the question of a form again.

        Raises `JsonRpcError` for a state that is not ours, is too old, or belongs to another call.
        """
        confirmation_id, hashed, mode = self._opened(operation, request)
        named = {"confirmation_id": confirmation_id}
        match mode, _action(request):
            case Mode.FORM, "accept":
                return self._told(self.confirm_action, request, {**named, "hash": hashed})
            case _, "decline":
                return self._told(self.decline_action, request, {**named, "hash": hashed})
            case Mode.FORM, None:
                answer = self._run(self.get_confirmation, request, named)
                return self.ask(operation, request, answer) or tool_result(answer)
        # Complete even while it waits: a client that accepts by itself would be asked without end.
        return self._told(self.get_confirmation, request, named)

    def _told(
        self, operation: Operation | None, request: Request, arguments: Mapping[str, Any]
    ) -> Result:
        return tool_result(self._run(operation, request, arguments))

    def _run(
        self, operation: Operation | None, request: Request, arguments: Mapping[str, Any]
    ) -> Answer:
        if operation is None:
            raise _foreign()
        answer = self.operations.perform(operation, request, arguments)
        if answer.is_problem and answer.body["code"] == "action_not_found":  # another person's
            raise _foreign()
        return answer

    def _opened(self, operation: Operation, request: Request) -> tuple[str, str, str]:
        try:
            confirmation_id, hashed, mode, digest = self._signer.loads(
                request.params["requestState"], max_age=int(LIFETIME.total_seconds())
            )
        except (BadData, ValueError) as error:
            raise _foreign() from error
        if digest != _digest(operation, request):
            raise _foreign()
        return confirmation_id, hashed, mode

    @property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="mcp-request-state")


def _mode(operation: Operation, request: Request) -> Mode | None:
    """By a form only where a yes in the chat is enough, and as the client says that it can."""
    able = request.capabilities.get("elicitation")
    if not request.is_modern or operation.policy is None or not isinstance(able, Mapping):
        return None
    shows_forms = not able or "form" in able  # an empty one means forms, as in 2025-06-18
    if operation.policy.approve == "chat" and shows_forms:
        return Mode.FORM
    return Mode.URL if "url" in able else None


def _shown(mode: Mode, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the client is to show. The address of the page carries no authority."""
    message, url = f"{body['question']}\n\n{body['match_code']}", body["confirm_url"]
    if mode is Mode.URL:
        return {"mode": mode, "message": message, "url": url}
    nothing = {"type": "object", "properties": {}}
    return {"mode": mode, "message": f"{message}  {url}", "requestedSchema": nothing}


def _action(request: Request) -> str | None:
    replies = request.params.get("inputResponses")
    reply = replies.get(NAME) if isinstance(replies, Mapping) else None
    return reply.get("action") if isinstance(reply, Mapping) else None


def _digest(operation: Operation, request: Request) -> str:
    """Stands for the tool and its arguments: the same state under another call is refused."""
    call = [operation.plugin, operation.name, request.params.get("arguments") or {}]
    return hashlib.sha256(json.dumps(call, sort_keys=True).encode()).hexdigest()


def _foreign() -> JsonRpcError:
    return JsonRpcError(
        INVALID_PARAMS,
        "This requestState is too old, or is not of this user, tool and arguments. Call the tool again"
        " without it.",
    )
