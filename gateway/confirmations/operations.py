"""The operations that the gateway gives every plugin with actions, declared like any author's."""

from collections.abc import Callable
from dataclasses import replace

from marshmallow import Schema, fields, validate

from ..call import Answer
from ..declaration import Declaration, Kind, Operation
from ..envelope import envelope_of

_ID = fields.String(
    required=True,
    validate=validate.Length(min=1, max=40),
    metadata={"description": "The confirmation_id that the action answered with."},
)
_HASH = fields.String(
    required=True,
    validate=validate.Length(min=1, max=80),
    metadata={
        "description": "The hash that the action answered with: it names exactly what was asked."
    },
)
_ANY = envelope_of("Confirmation", None)


def with_confirmations(
    declaration: Declaration,
    get_confirmation: Callable[[str], Answer],
    confirm_action: Callable[[str, str], Answer],
) -> Declaration:
    """`declaration` with `get_confirmation`, and `confirm_action` where some action asks in the chat."""
    if not declaration.actions:
        return declaration
    added = [_get_confirmation(declaration, get_confirmation)]
    if any(each.rule and each.rule.approve == "chat" for each in declaration.actions):
        added.append(_confirm_action(declaration, confirm_action))
    return replace(declaration, operations=(*declaration.operations, *added))


def _get_confirmation(declaration: Declaration, function: Callable[[str], Answer]) -> Operation:
    return Operation(
        plugin=declaration.name,
        name="get_confirmation",
        kind=Kind.QUERY,
        path="/confirmations/<confirmation_id>",
        function=function,
        summary="Tell how an action stands that was called before.",
        description="Tell how an action stands that was called before.\nUse this when the user says it"
        " is done, or when a reply was lost.",
        takes=Schema.from_dict({"confirmation_id": _ID}, name="GetConfirmationRequest")(),
        returns=_ANY,
        auth=declaration.auth,
        scopes=(),
        open_world=False,
        envelope=_ANY,
    )


def _confirm_action(declaration: Declaration, function: Callable[[str, str], Answer]) -> Operation:
    return Operation(
        plugin=declaration.name,
        name="confirm_action",
        kind=Kind.APPROVAL,
        path="/confirmations/<confirmation_id>/confirm",
        function=function,
        summary="Do what the user has just said yes to.",
        description="Do what the user has just said yes to.\nUse this only after showing the question"
        " word for word and reading the user's own yes in the chat. Repeating it never acts twice.",
        takes=Schema.from_dict(
            {"confirmation_id": _ID, "hash": _HASH}, name="ConfirmActionRequest"
        )(),
        returns=_ANY,
        auth=declaration.auth,
        scopes=(),
        open_world=False,
        envelope=_ANY,
    )
