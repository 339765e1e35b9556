"""What an assistant may do about its own confirmations: see how one stands, and relay a yes or a no.

A relayed yes counts only where the author said `approve="chat"`.
"""

from functools import partial

from ..auth.authenticate import require_scopes
from ..call import Answer
from ..context import current_call
from ..declaration import Operation
from ..envelope import Status
from ..errors import Problem
from .answers import answer, confirm_url, failure
from .approvals import Answered, Approvals, not_found
from .person import calling
from .record import Confirmation


def get_confirmation(approvals: Approvals, confirmation_id: str) -> Answer:
    """How one of the caller's own actions stands."""
    return answer(approvals.find(confirmation_id, _is_own))


def confirm_action(
    approvals: Approvals,
    confirmation_id: str,
    hash: str,  # noqa: A002 - the name on the wire
) -> Answer:
    """Run what the confirmation froze and record the outcome, on the assistant's word."""
    check = partial(_may_confirm, hash)
    principal = current_call().caller.principal
    return _told(approvals.approve(confirmation_id, principal, calling(), check))


def decline_action(
    approvals: Approvals,
    confirmation_id: str,
    hash: str,  # noqa: A002 - the name on the wire
) -> Answer:
    """Record a no. Where only the person decides, the assistant can but withdraw what it asked."""
    found = approvals.find(confirmation_id, partial(_was_asked, hash))
    status = Status.DECLINED if found.approve == "chat" else Status.CANCELLED
    principal = current_call().caller.principal
    ended = approvals.end(confirmation_id, status, principal, calling(), partial(_was_asked, hash))
    return answer(ended.confirmation, replayed=ended.again)


def _is_own(found: Confirmation, operation: Operation) -> None:
    context = current_call()
    owner = (context.plugin, context.caller.principal, context.caller.client)
    if (found.plugin, found.principal, found.client) != owner:
        raise not_found()
    require_scopes(operation, context.door, context.caller.scopes)


def _was_asked(hashed: str, found: Confirmation, operation: Operation) -> None:
    _is_own(found, operation)
    if found.hash != hashed:
        raise Problem(
            409,
            "arguments_changed",
            "The hash is not that of this action. Call the action again and ask the user again.",
        )


def _may_confirm(hashed: str, found: Confirmation, operation: Operation) -> None:
    """Whoever relays a yes, over whatever transport: some actions take none but the person's own."""
    _was_asked(hashed, found, operation)
    policy = operation.policy
    if found.approve == "chat" and policy is not None and policy.approve == "chat":
        return
    if found.status != Status.WAITING:
        return
    url = confirm_url(found)
    raise Problem(
        403,
        "human_approval_required",
        f"Only the user can approve this, on {url}. Nothing is done yet: ask them to open it.",
        more={"confirm_url": url},
    )


def _told(answered: Answered) -> Answer:
    """The answer to a yes: what it came to, or why it comes to nothing."""
    found = answered.confirmation
    if found.error:
        return failure(found, replayed=answered.again)
    if found.status in _REFUSED:
        raise _refusal(found)
    return answer(found, replayed=answered.again)


_REFUSED = {
    Status.EXPIRED: "Nobody approved it in time, and nothing was done. Call the action again.",
    Status.DECLINED: "The user declined, and nothing was done. Ask what they want instead.",
    Status.CANCELLED: "It was withdrawn, and nothing was done.",
    Status.SUPERSEDED: "What the question rests on has changed, and nothing was done. Show the user the"
    " question of the confirmation in superseded_by, with get_confirmation, and ask again.",
}


def _refusal(found: Confirmation) -> Problem:
    status = Status(found.status)
    more = {"superseded_by": found.superseded_by} if found.superseded_by else {}
    return Problem(
        410 if status is Status.EXPIRED else 409, f"action_{status}", _REFUSED[status], more=more
    )
