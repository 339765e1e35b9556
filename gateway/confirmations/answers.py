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

ASK_ON_THE_PAGE = (
    "Show the question, the link and the code to the user, word for word. Nothing is done yet, and"
    " only the user can approve it, on the page of the link. When the user says it is done, call"
    " get_confirmation; say so yourself only once that answers executed."
)
ASK_IN_THE_CHAT = (
    "Show the question, the link and the code to the user, word for word. Nothing is done yet. Only"
    " when the user has said yes in the chat, call confirm_action with confirmation_id and hash; or"
    " the user approves it on the page of the link, and you call get_confirmation. It is done only once"
    " an answer says executed."
)
NEXT_STEPS: Mapping[str, str] = {
    Status.EXECUTING: "It is being done, and is not done yet. Ask again with get_confirmation; do"
    " not call the action again.",
    Status.OUTCOME_UNKNOWN: "Whether it was done is not known yet. Ask again with get_confirmation;"
    " do not call the action again.",
    Status.EXECUTED: "It is done. Tell the user the result.",
    Status.DECLINED: "The user said no, and nothing was done. Ask the user what they want instead.",
    Status.EXPIRED: "Nobody confirmed in time, and nothing was done. Call the action again, with a new"
    " request_id if you gave one, if the user still wants it.",
    Status.FAILED: "It was not done. Tell the user the reason given in error.",
    Status.SUPERSEDED: "Nothing was done: another question took the place of this one. Call"
    " get_confirmation with superseded_by, and show the user that question.",
    Status.CANCELLED: "It was withdrawn, and nothing was done.",
    Status.NEEDS_REVIEW: "Nobody knows whether it was done, and a person must look into it. Tell the"
    " user so; do not call the action again.",
}
# Seconds until asking again makes sense, while the outcome is open.
RETRY_AFTER: Mapping[str, int] = {
    Status.WAITING: 3,
    Status.EXECUTING: 2,
    Status.OUTCOME_UNKNOWN: 5,
}


def _envelope(confirmation: Confirmation, *, duplicate: bool = False) -> dict[str, Any]:
    """The body of an answer about `confirmation`, in the language and the form of the current call."""
    context = current_call()
    body: dict[str, Any] = {
        "status": confirmation.status,
        "confirmation_id": confirmation.id,
        "question": in_language(confirmation.question, context.caller.locale),
        "hash": confirmation.hash,
        "confirm_url": confirm_url(confirmation),
        "match_code": confirmation.match_code,
        "expires_at": _moment(confirmation.expires_at),
        "next_step": _next_step(confirmation),
        "result": confirmation.result,
        "error": confirmation.error,
    }
    if confirmation.superseded_by:
        body["superseded_by"] = confirmation.superseded_by
    return {**body, "duplicate_of": confirmation.id} if duplicate else body


def confirm_url(confirmation: Confirmation) -> str:
    """The page on which the person decides. It carries no authority."""
    return f"{current_call().door.root}/confirm/{confirmation.id}"


def _next_step(confirmation: Confirmation) -> str:
    if confirmation.status != Status.WAITING:
        return NEXT_STEPS[confirmation.status]
    return ASK_IN_THE_CHAT if confirmation.approve == "chat" else ASK_ON_THE_PAGE


def answer(
    confirmation: Confirmation, *, replayed: bool = False, duplicate: bool = False
) -> Answer:
    """The whole answer about `confirmation`; `replayed` when an earlier call had the same."""
    body = _envelope(confirmation, duplicate=duplicate)
    status = 202 if confirmation.status in OPEN else 200
    return Answer(status, body, {**_headers(replayed=replayed), **_to_ask_again(confirmation)})


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def failure(confirmation: Confirmation, *, replayed: bool = False) -> Answer:
    """The refusal that the operation gave when it ran, as it was recorded."""
    body = confirmation.error
    assert body is not None  # only what was refused comes here
    return Answer(int(body["status"]), body, _headers(replayed=replayed), is_problem=True)


def _to_ask_again(confirmation: Confirmation) -> Mapping[str, str]:
    """Where and when to ask how it stands, while that may change (RFC 9110 section 15.3.3)."""
    if confirmation.status not in OPEN:
        return {}
    base = current_call().door.base(confirmation.plugin)
    return {
        "Location": f"{base}/confirmations/{confirmation.id}",
        "Retry-After": str(RETRY_AFTER[confirmation.status]),
    }


def _headers(*, replayed: bool) -> Mapping[str, str]:
    return {"Idempotency-Replayed": "true"} if replayed else {}
