"""The operations that the gateway gives every plugin with actions, declared like any author's."""

from dataclasses import replace
from functools import partial

from marshmallow import Schema, fields, validate

from ..declaration import Declaration, Kind, Operation
from ..envelope import envelope_of
from ..storage.ledger import Ledger
from .approve import confirm_action, get_confirmation

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


def with_confirmations(declaration: Declaration, ledger: Ledger) -> Declaration:
    """`declaration` with `get_confirmation`, and `confirm_action` where an action asks in the chat."""
    if not declaration.actions:
        return declaration
    added = [_get_confirmation(declaration)]
    if any(each.policy and each.policy.approve == "chat" for each in declaration.actions):
        added.append(_confirm_action(declaration, ledger))
    return replace(declaration, operations=(*declaration.operations, *added))


def _get_confirmation(declaration: Declaration) -> Operation:
    return Operation(
        plugin=declaration.name,
        name="get_confirmation",
        kind=Kind.QUERY,
        path="/confirmations/<confirmation_id>",
        function=partial(get_confirmation, declaration),
        summary="Tell how an action stands that was called before.",
        description="Tell how an action stands that was called before.\nUse this when the user says"
        " it is done, or when a reply was lost.",
        takes=Schema.from_dict({"confirmation_id": _ID}, name="GetConfirmationRequest")(),
        returns=_ANY,
        auth=declaration.auth,
        scopes=(),
        open_world=False,
        envelope=_ANY,
    )


def _confirm_action(declaration: Declaration, ledger: Ledger) -> Operation:
    takes = Schema.from_dict({"confirmation_id": _ID, "hash": _HASH}, name="ConfirmActionRequest")
    return Operation(
        plugin=declaration.name,
        name="confirm_action",
        kind=Kind.APPROVAL,
        path="/confirmations/<confirmation_id>/confirm",
        function=partial(confirm_action, declaration, ledger),
        summary="Do what the user has just said yes to.",
        description="Do what the user has just said yes to.\nUse this only after showing the"
        " question word for word and reading the user's own yes in the chat. Repeating it never"
        " acts twice.",
        takes=takes(),
        returns=_ANY,
        auth=declaration.auth,
        scopes=(),
        open_world=False,
        envelope=_ANY,
    )
