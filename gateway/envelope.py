"""The one shape of every answer about an action, and the two arguments that every action takes."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields, validate


class Status(StrEnum):
    """Where an action stands, as callers are told and as the ledger keeps it."""

    WAITING = "confirmation_required"
    EXECUTING = "executing"
    OUTCOME_UNKNOWN = "outcome_unknown"
    EXECUTED = "executed"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"


# The longest key Stripe takes; ours are the same so that clients can share their keys.
KEY_LONGEST = 255

REPEAT_FIELDS: dict[str, fields.Field[Any]] = {
    "request_id": fields.String(
        validate=validate.Length(min=1, max=KEY_LONGEST),
        metadata={
            "description": "A key of your choice for this one intention. Repeating the call with the"
            " same key never acts twice."
        },
    ),
    "allow_duplicate": fields.Boolean(
        load_default=False,
        metadata={
            "description": "True only when the user wants the same thing a second time,"
            " on top of the one just done."
        },
    ),
}


class Problem(Schema):
    """Why an action failed, or a call was refused (RFC 9457)."""

    type = fields.String(required=True, metadata={"description": "Always about:blank."})
    title = fields.String(required=True, metadata={"description": "The HTTP status in words."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(
        required=True, metadata={"description": "What happened and what to do, in a sentence."}
    )
    code = fields.String(required=True, metadata={"description": "A fixed word for programs."})
    retryable = fields.Boolean(
        required=True, metadata={"description": "Whether the same call may succeed later."}
    )
    errors = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata={"description": "The arguments that do not fit, as field and detail."},
    )
    alternatives = fields.List(
        fields.String(), metadata={"description": "Values that would do instead."}
    )
    confirm_url = fields.String(metadata={"description": "Where the user decides."})
    superseded_by = fields.String(
        metadata={"description": "The confirmation that took the place of this one."}
    )


def _text(description: str, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description}, **options)


def envelope_fields(result: fields.Field[Any]) -> dict[str, fields.Field[Any]]:
    """The fields of an answer about an action whose outcome is described by `result`."""
    return {
        "status": _text(
            "Where the action stands.", validate=validate.OneOf([each.value for each in Status])
        ),
        "confirmation_id": _text("The name of this confirmation."),
        "question": _text("What the user is asked, to be shown word for word."),
        "hash": _text("Stands for exactly the action in question."),
        "confirm_url": _text("The page on which the user sees the action."),
        "match_code": _text("Shown in the chat and on the page, so that the user can compare."),
        "expires_at": fields.AwareDateTime(
            required=True, metadata={"description": "Until when it can be confirmed (UTC)."}
        ),
        "next_step": _text("What to do now."),
        "result": result,
        "error": fields.Nested(
            Problem,
            required=True,
            allow_none=True,
            metadata={"description": "Why it failed, or null."},
        ),
        "superseded_by": fields.String(
            metadata={"description": "Set when another confirmation took the place of this one."}
        ),
        "duplicate_of": fields.String(
            metadata={
                "description": "Set when the same action was done a moment ago and this is its answer."
            }
        ),
    }


def envelope_of(name: str, result: Schema | None) -> Schema:
    """The envelope around `result`; None for an envelope around the result of any action."""
    note = {"description": "The outcome once executed, else null."}
    field: fields.Field[Any] = (
        fields.Dict(required=True, allow_none=True, metadata=note)
        if result is None
        else fields.Nested(result, required=True, allow_none=True, metadata=note)
    )
    return Schema.from_dict(envelope_fields(field), name=name)()
