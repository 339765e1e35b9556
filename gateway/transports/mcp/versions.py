"""Which version of the protocol a message speaks, and what the newest one demands of each request.

Versions up to 2025-11-25 begin with a handshake (`initialize`). Since 2026-07-28 each request stands
alone: it names its version and its client's capabilities in `_meta`, and says in headers again what is
in its body, for proxies that read no bodies.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    PROTOCOL_VERSION_META_KEY,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from werkzeug.datastructures import Headers

from .messages import JsonRpcError, Message

# 2024-11-05 had another transport.
HANDSHAKE = tuple(each for each in HANDSHAKE_PROTOCOL_VERSIONS if each != "2024-11-05")
MODERN = tuple(MODERN_PROTOCOL_VERSIONS)
UNNAMED = "2025-03-26"  # what a request speaks that names no version (2025-06-18, transports)

# The parameter that the header Mcp-Name repeats, by method.
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
ENCODED = re.compile(r"=\?base64\?(?P<payload>.*)\?=")


def protocol_version(headers: Headers, message: Message) -> str:
    """The version that a message speaks. Raises `JsonRpcError` where it breaks the rules of that."""
    named = _header(headers, "MCP-Protocol-Version")
    if named is None or has_handshake(headers):
        return named if named in HANDSHAKE else UNNAMED
    if message.identifier is None:
        _refuse_unknown_version(named)
        return named
    meta = _required_meta(message)
    _refuse_mismatch("MCP-Protocol-Version", named, meta[PROTOCOL_VERSION_META_KEY])
    _refuse_mismatch("Mcp-Method", _header(headers, "Mcp-Method"), message.method)
    parameter = NAMED_BY.get(message.method)
    if parameter is not None and parameter in message.params:
        given = _decoded(_header(headers, "Mcp-Name"))
        _refuse_mismatch("Mcp-Name", given, message.params[parameter])
    _refuse_unknown_version(named)
    return named


def has_handshake(headers: Headers) -> bool:
    """Whether a message is of a version with a handshake: those that name none are, too."""
    named = _header(headers, "MCP-Protocol-Version")
    return named is None or named in HANDSHAKE_PROTOCOL_VERSIONS


def with_assumed_meta(headers: Headers, message: Message) -> Message:
    """The message with what its `_meta` lacks, for a client that only names its version in a header."""
    named = _header(headers, "MCP-Protocol-Version")
    if named not in MODERN or message.identifier is None:
        return message
    meta = message.params.get("_meta", {})
    if not isinstance(meta, Mapping):
        return message
    assumed = {PROTOCOL_VERSION_META_KEY: named, CLIENT_CAPABILITIES_META_KEY: {}}
    params = {**message.params, "_meta": {**assumed, **meta}}
    return Message(message.method, params, message.identifier)


def _required_meta(message: Message) -> Mapping[str, Any]:
    meta = message.params.get("_meta")
    if not isinstance(meta, Mapping):
        raise JsonRpcError(
            INVALID_PARAMS, "params._meta is missing: it names the protocol version."
        )
    for key in (PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY):
        if key not in meta:
            raise JsonRpcError(INVALID_PARAMS, f"params._meta must hold {key}.")
    if not isinstance(meta[CLIENT_CAPABILITIES_META_KEY], Mapping):
        raise JsonRpcError(INVALID_PARAMS, f"{CLIENT_CAPABILITIES_META_KEY} must be an object.")
    return meta


def _refuse_mismatch(header: str, given: str | None, expected: Any) -> None:
    if given is None:
        raise JsonRpcError(HEADER_MISMATCH, f"The header {header} is missing.")
    if given != expected:
        raise JsonRpcError(HEADER_MISMATCH, f"The header {header} does not say what the body says.")


def _refuse_unknown_version(named: str) -> None:
    if named not in MODERN:
        raise JsonRpcError(
            UNSUPPORTED_PROTOCOL_VERSION,
            f"This server does not speak MCP {named[:40]}. It speaks {', '.join(MODERN)}, and with"
            f" a handshake {', '.join(HANDSHAKE)}.",
            {"supported": list(MODERN), "requested": named},
        )


def _header(headers: Headers, name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else value.strip(" \t")


def _decoded(value: str | None) -> str | None:
    """A header's text, which is in base64 where it is not plain ASCII; None where it cannot be read."""
    found = ENCODED.fullmatch(value or "")
    if found is None:
        return value
    try:
        payload = base64.b64decode(found["payload"], validate=True)
        return payload.decode() if _is_canonical(found["payload"], payload) else None
    except ValueError:  # of base64, of UTF-8, or of text that is not ASCII
        return None


def _is_canonical(text: str, payload: bytes) -> bool:
    return base64.b64encode(payload).decode() == text
