"""One spelling for each action, so that a hash tells whether what runs is what was confirmed."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785

from ..errors import invalid_arguments

VERSION = "gateway-action-v1"


def canonical(value: Any, dumped: Any) -> Any:
    """`value` as JSON in which equal things are spelled alike.

    Moments are in UTC, with their zone where one was declared; text is in NFC. Everything else is
    spelled as its schema dumped it.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        zone = f"[{value.tzinfo.key}]" if isinstance(value.tzinfo, ZoneInfo) else ""
        return value.astimezone(UTC).isoformat() + zone
    if isinstance(dumped, str):
        return unicodedata.normalize("NFC", dumped)
    if isinstance(dumped, Mapping):
        return {name: canonical(_part(value, name), each) for name, each in dumped.items()}
    if isinstance(dumped, Sequence):
        parts = value if isinstance(value, Sequence) and len(value) == len(dumped) else dumped
        return [canonical(part, each) for part, each in zip(parts, dumped, strict=True)]
    return dumped


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def digest(*parts: Any) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of the parts, in hexadecimal."""
    try:
        return hashlib.sha256(rfc8785.dumps([VERSION, *parts])).hexdigest()
    except rfc8785.CanonicalizationError as error:
        fault = "hold a number beyond what every reader can keep exactly (2 to the power of 53)."
        raise invalid_arguments({"arguments": fault}) from error
