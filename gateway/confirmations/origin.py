"""How an action was asked for: through which door, by which assistant, in which language.

It is frozen with the action, which runs later and in another request. What runs is what the assistant
asked for and the person approved, whoever's request it happens to run in.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..context import CallContext, Caller
from ..hosts import Door
from .record import Confirmation


def frozen(context: CallContext) -> dict[str, Any]:
    """The origin of what the current call asks for, as JSON."""
    caller = asdict(context.caller)
    return {
        "door": asdict(context.door),
        "caller": {**caller, "scopes": sorted(context.caller.scopes)},
    }


def caller_of(confirmation: Confirmation) -> Caller:
    """Who asked, with the confirmation under which the action runs."""
    kept: Mapping[str, Any] = confirmation.origin["caller"]
    return Caller(
        **{
            **kept,
            "scopes": frozenset(kept["scopes"]),
            "confirmation_id": confirmation.id,
        }
    )


def client_name_of(confirmation: Confirmation) -> str | None:
    """What the assistant that asked is called; None in rows from before that was kept."""
    name: str | None = confirmation.origin.get("caller", {}).get("client_name")
    return name


def door_of(confirmation: Confirmation) -> Door:
    """The door through which it was asked for."""
    return Door(**confirmation.origin["door"])
