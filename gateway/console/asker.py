"""Which assistant asks for an action, and how far its name can be trusted."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection

from ..authorization import clients
from ..authorization.errors import OAuthError
from ..confirmations.origin import client_name_of
from ..confirmations.record import Confirmation
from .described import Words
from .readable import readable

BY_HAND: Words = ("with a key from whoever runs this gateway", "使用网关管理员签发的密钥")
ADDED: Words = ("added by whoever runs this gateway", "由网关管理员添加")
SELF_NAMED: Words = (
    "a name it gave itself, which nobody has checked",
    "此名称由对方自报，未经核实",
)


@dataclass(frozen=True)
class Asker:
    """An assistant: what it is called, and who says so."""

    name: str
    standing: Words


def asker(connection: Connection, confirmation: Confirmation) -> Asker | None:
    """Who asked for the action of a confirmation; None where nobody knows."""
    client = confirmation.client
    if not client:
        return None
    name = client_name_of(confirmation) or client
    return Asker(readable(name).text, _standing(connection, confirmation.plugin, client))


def _standing(connection: Connection, plugin: str, client: str) -> Words:
    if clients.is_published(client):
        home = urlsplit(client).hostname
        return (f"published by {home} (checked)", f"由 {home} 发布（已核实）")
    if not clients.is_ours(client):
        return BY_HAND
    try:
        is_predefined = clients.find(connection, plugin, client).is_predefined
    except OAuthError:  # it has been removed since
        is_predefined = False
    return ADDED if is_predefined else SELF_NAMED
