"""Appending to the trail. Each row is sealed with the hash of the one before it.

A change of any row changes every seal after it, and the head says where the trail ends.
"""

import hashlib
import ipaddress
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import rfc8785
from sqlalchemy import Connection, insert, select, update

from ..storage.clock import now
from ..storage.tables import audit, audit_head

log = logging.getLogger(__name__)

VERSION = "gateway-audit-v1"
# What the first row follows.
BEGINNING = "0" * 64
SEALED = tuple(column.name for column in audit.c if column.name != "hash")


@dataclass(frozen=True)
class Entry:
    """One edge of an action, to be told for good: no free text, no arguments, no secrets.

    `edge` is what happened, such as "asked", "approved" or "executed"; `actor` is who made it
    happen: "caller" (the assistant), "person" (on the page) or "gateway". `principal` is whose
    action it is, `approve` whose yes it takes. `account` is who was at the page, `session` a hash
    that opens nothing, `network` what `network_prefix` gives.
    """

    confirmation_id: str
    plugin: str
    operation: str
    edge: str
    actor: str
    principal: str
    client: str | None
    approve: str
    action_hash: str
    question_hash: str
    account: str | None = None
    session: str | None = None
    network: str | None = None


class Head(NamedTuple):
    """The end of the trail: the number and the hash of its last row, 0 and zeros of an empty one."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add one row for each entry, in their order. They count when the transaction commits.

    Call it last in a transaction: until that ends, nobody else can append.
    """
    if not entries:
        return
    end, rows = _turn(connection), []
    at = now(connection)
    for entry in entries:
        row = {"seq": end.seq + 1, "at": at, **asdict(entry), "previous": end.hash}
        end = Head(end.seq + 1, seal(row))
        rows.append({**row, "hash": end.hash})
    connection.execute(insert(audit), rows)
    connection.execute(update(audit_head).values(seq=end.seq, hash=end.hash))


def seal(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of a row without its own hash, in hexadecimal."""
    told = {name: spelled(row[name]) for name in SEALED}
    return hashlib.sha256(rfc8785.dumps([VERSION, told])).hexdigest()


def spelled(value: Any) -> Any:
    """A value as JSON that is the same on every store: a moment in UTC, to the microsecond."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def head(connection: Connection) -> Head:
    """Where the trail ends."""
    return Head(*connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one())


def log_head(connection: Connection) -> None:
    """Log where the trail ends. In a log elsewhere it shows when a whole trail was rewritten."""
    log.info("audit head %s", head(connection))


def network_prefix(address: str | None) -> str | None:
    """The network of an address, which names no person: /24 of IPv4, /64 of IPv6, None of neither."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    found = getattr(found, "ipv4_mapped", None) or found
    length = 24 if found.version == 4 else 64
    return str(ipaddress.ip_network((int(found), length), strict=False))


def _turn(connection: Connection) -> Head:
    """The head, held until the transaction ends. On SQLite there is one writer at a time anyway."""
    found = connection.execute(select(audit_head.c.seq, audit_head.c.hash).with_for_update())
    return Head(*found.one())
