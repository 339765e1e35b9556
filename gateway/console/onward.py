"""Why somebody signs in or up: to answer an assistant, where that is where they are going."""

from dataclasses import dataclass

from ..authorization import authorizations
from ..runtime import current_gateway
from .described import title_of

CONSENT = "/consent/"


@dataclass(frozen=True)
class Asking:
    """An assistant that waits for an answer, by the name it gave, and the plugin it wants to use."""

    client: str
    plugin: str


def consent_path(authorization_id: str) -> str:
    """The path of the page about one request."""
    return f"{CONSENT}{authorization_id}"


def asking(onward: str) -> Asking | None:
    """Who waits at `onward`, the path that signing in leads to; None where nobody does."""
    if not onward.startswith(CONSENT):
        return None
    gateway = current_gateway()
    with gateway.ledger.read() as connection:
        found = authorizations.find(connection, onward.removeprefix(CONSENT))
    declaration = found and gateway.declarations.get(found.request.plugin)
    return (
        Asking(found.request.client_name, title_of(declaration)) if found and declaration else None
    )
