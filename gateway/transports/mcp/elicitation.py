"""The question of an action, shown by the client itself (elicitation, MCP 2026-07-28).

A client that can show forms gets the question in place of the answer that holds it. Its user's yes comes
back with a second request, and confirms exactly what was asked, as `confirm_action` would. Nothing is
softer that way: what a person must approve on a page is never asked like this.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from mcp_types import INVALID_PARAMS

from ...call import Answer
from ...confirmations.record import LIFETIME
from ...declaration import Kind, Operation
from ...envelope import Status
from .features import InputRequired, Outcome, Request
from .messages import JsonRpcError
from .operations import Operations
from .results import tool_result

NAME = "confirmation"  # of the one question in a reply


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
        if not _may_ask(operation, request) or answer.body.get("status") != Status.WAITING:
            return None
        body = answer.body
        state = [body["confirmation_id"], body["hash"], _digest(operation, request)]
        form = {
            "mode": "form",
            "message": f"{body['question']}\n\n{body['match_code']}  {body['confirm_url']}",
            "requestedSchema": {"type": "object", "properties": {}},
        }
        question = {"method": "elicitation/create", "params": form}
        return InputRequired({NAME: question}, self._signer.dumps(state))

    def has_reply(self, operation: Operation, request: Request) -> bool:
        """Whether a request brings back a state of ours, and so perhaps an answer of the user."""
        brought = request.is_modern and request.params.get("requestState") is not None
        return brought and operation.kind is Kind.ACTION

    def follow(self, operation: Operation, request: Request) -> Outcome:
        """What the user's answer leads to; without a legible one, the question again.

        Raises `JsonRpcError` for a state that is not ours, is too old, or belongs to another call.
        """
        confirmation_id, hashed = self._opened(operation, request)
        named = {"confirmation_id": confirmation_id}
        match _action(request):
            case "accept":
                return tool_result(
                    self._run(self.confirm_action, request, {**named, "hash": hashed})
                )
            case "decline":
                return tool_result(
                    self._run(self.decline_action, request, {**named, "hash": hashed})
                )
            case "cancel":
                return tool_result(self._run(self.get_confirmation, request, named))
        answer = self._run(self.get_confirmation, request, named)
        return self.ask(operation, request, answer) or tool_result(answer)

    def _run(
        self, operation: Operation | None, request: Request, arguments: Mapping[str, Any]
    ) -> Answer:
        if operation is None:
            raise _foreign()
        answer = self.operations.perform(operation, request, arguments)
        if answer.is_problem and answer.body["code"] == "action_not_found":  # another person's
            raise _foreign()
        return answer

    def _opened(self, operation: Operation, request: Request) -> tuple[str, str]:
        try:
            confirmation_id, hashed, digest = self._signer.loads(
                request.params["requestState"], max_age=int(LIFETIME.total_seconds())
            )
        except (BadData, ValueError) as error:
            raise _foreign() from error
        if digest != _digest(operation, request):
            raise _foreign()
        return confirmation_id, hashed

    @property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="mcp-request-state")


def _may_ask(operation: Operation, request: Request) -> bool:
    """Only where a yes in the chat is enough, of clients that say they can show a form."""
    able = request.capabilities.get("elicitation")
    shows_forms = isinstance(able, Mapping) and (not able or "form" in able)
    policy = operation.policy
    return request.is_modern and shows_forms and policy is not None and policy.approve == "chat"


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
