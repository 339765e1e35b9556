"""The envelope: what a caller is told about an action, in one shape whatever its state."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..call import Answer
from ..context import current_call
from ..envelope import Status
from .questions import in_language
from .record import Confirmation

# CONTRACT: 202 while the outcome is open, 200 once it is known.
OPEN = frozenset({Status.WAITING, Status.EXECUTING, Status.OUTCOME_UNKNOWN})

NEXT_STEPS: Mapping[str, str] = {
    Status.WAITING: "Show the question, the link and the code to the user, word for word."
    " Nothing is done yet. Only when the user has said yes in the chat, call confirm_action with"
    " confirmation_id and hash.",
    Status.EXECUTING: "It is being done. Ask again with get_confirmation; do not call the action"
    " again.",
    Status.OUTCOME_UNKNOWN: "Whether it was done is not known yet. Ask again with get_confirmation;"
    " do not call the action again.",
    Status.EXECUTED: "It is done. Tell the user the result.",
    Status.DECLINED: "The user said no, and nothing was done. Ask the user what they want instead.",
    Status.EXPIRED: "Nobody confirmed in time, and nothing was done. Call the action again, with a new"
    " request_id if you gave one, if the user still wants it.",
    Status.FAILED: "It was not done. Tell the user the reason given in error.",
    Status.SUPERSEDED: "What the question rests on has changed, and nothing was done. Call the"
    " action again.",
    Status.CANCELLED: "It was cancelled, and nothing was done.",
    Status.NEEDS_REVIEW: "A person at the provider must look into it. Tell the user; do not call"
    " the action again.",
}


def envelope(confirmation: Confirmation, *, duplicate: bool = False) -> dict[str, Any]:
    """The body of an answer about `confirmation`, in the language and the form of the current call."""
    context = current_call()
    body: dict[str, Any] = {
        "status": confirmation.status,
        "confirmation_id": confirmation.id,
        "question": in_language(confirmation.question, context.caller.locale),
        "hash": confirmation.hash,
        "confirm_url": f"{context.door.root}/confirm/{confirmation.id}",
        "match_code": confirmation.match_code,
        "expires_at": _moment(confirmation.expires_at),
        "next_step": NEXT_STEPS[confirmation.status],
        "result": confirmation.result,
        "error": confirmation.error,
    }
    return {**body, "duplicate_of": confirmation.id} if duplicate else body


def answer(
    confirmation: Confirmation, *, replayed: bool = False, duplicate: bool = False
) -> Answer:
    """The whole answer about `confirmation`; `replayed` when an earlier call had the same."""
    body = envelope(confirmation, duplicate=duplicate)
    return Answer(202 if confirmation.status in OPEN else 200, body, _headers(replayed=replayed))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def failure(confirmation: Confirmation, *, replayed: bool = False) -> Answer:
    """The refusal that the operation gave when it ran, as it was recorded."""
    body = confirmation.error or {}
    return Answer(int(body["status"]), body, _headers(replayed=replayed), is_problem=True)


def _headers(*, replayed: bool) -> Mapping[str, str]:
    return {"Idempotency-Replayed": "true"} if replayed else {}
