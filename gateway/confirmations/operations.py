"""The operations that the gateway gives every plugin with actions, declared like any author's."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from marshmallow import Schema, fields, validate

from ..call import Answer
from ..declaration import Declaration, Kind, Operation, camel_case
from ..envelope import envelope_of
from .approvals import Approvals
from .in_chat import confirm_action, decline_action, get_confirmation

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


def with_confirmations(declaration: Declaration, approvals: Approvals) -> Declaration:
    """`declaration` with `get_confirmation`, and `confirm_action` where an action asks in the chat."""
    if not declaration.actions:
        return declaration
    added = [_get_confirmation(declaration, approvals)]
    if any(each.policy and each.policy.approve == "chat" for each in declaration.actions):
        added.append(confirming(declaration, approvals))
    return replace(declaration, operations=(*declaration.operations, *added))


def declining(declaration: Declaration, approvals: Approvals) -> Operation:
    """Recording a person's no. No assistant can call it: it is for clients that ask by themselves."""
    return _operation(
        declaration,
        "decline_action",
        Kind.APPROVAL,
        "",
        partial(decline_action, approvals),
        {"confirmation_id": _ID, "hash": _HASH},
        "Record that the user said no.",
        "",
    )


def _get_confirmation(declaration: Declaration, approvals: Approvals) -> Operation:
    return _operation(
        declaration,
        "get_confirmation",
        Kind.QUERY,
        "/confirmations/<confirmation_id>",
        partial(get_confirmation, approvals),
        {"confirmation_id": _ID},
        "Tell how an action stands that was called before.",
        "Use this when the user says it is done, or when a reply was lost. Only its answer"
        " tells that something is done.",
    )


def confirming(declaration: Declaration, approvals: Approvals) -> Operation:
    """Relaying a yes. It answers for every plugin with actions, and where none takes a relayed yes
    it is not described: whoever tries is told where the person decides.
    """
    return _operation(
        declaration,
        "confirm_action",
        Kind.APPROVAL,
        "/confirmations/<confirmation_id>/confirm",
        partial(confirm_action, approvals),
        {"confirmation_id": _ID, "hash": _HASH},
        "Do what the user has just said yes to.",
        "Use this only after showing the question word for word and reading the user's own yes in"
        " the chat. Repeating it never acts twice.",
    )


def _operation(
    declaration: Declaration,
    name: str,
    kind: Kind,
    path: str,
    function: Callable[..., Answer],
    takes: Mapping[str, fields.Field[Any]],
    summary: str,
    details: str,
) -> Operation:
    """An operation about confirmations: whoever may call the plugin at all may call it."""
    return Operation(
        plugin=declaration.name,
        name=name,
        kind=kind,
        path=path,
        function=function,
        summary=summary,
        description=f"{summary}\n{details}",
        takes=Schema.from_dict(dict(takes), name=f"{camel_case(name)}Request")(),
        returns=_ANY,
        auth=declaration.auth,
        scopes=(),
        open_world=kind is Kind.APPROVAL and any(each.open_world for each in declaration.actions),
        envelope=_ANY,
    )
