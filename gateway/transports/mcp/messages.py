"""JSON-RPC 2.0 as MCP uses it: a body is one request or one notification."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)

from ...errors import Problem
from ..strict_json import parse_json

# MCP 2026-07-28, basic/transports/streamable-http. A code that is not here is told with 200.
HTTP_STATUS: Mapping[int, int] = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_REQUIRED_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
}

Identifier = str | int


class JsonRpcError(Exception):
    """A request that breaks the protocol: a JSON-RPC error, with a sentence on what to do.

    `identifier` is that of the request, where it is not known otherwise. `status` is that of HTTP.
    """

    def __init__(
        self,
        code: int,
        message: str,
        data: Any = None,
        *,
        identifier: Identifier | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.identifier = identifier
        self.status = HTTP_STATUS.get(code, 200) if status is None else status

    def body(self) -> dict[str, Any]:
        """The member `error` of a reply."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


@dataclass(frozen=True)
class Message:
    """A request, or a notification where `identifier` is None."""

    method: str
    params: Mapping[str, Any]
    identifier: Identifier | None


def parse(body: bytes) -> Message:
    """The message in a body. Raises `JsonRpcError` for anything else, with its id if it is legible."""
    try:
        value = parse_json(body)
    except Problem as problem:
        raise JsonRpcError(PARSE_ERROR, problem.detail) from problem
    if isinstance(value, list):
        raise JsonRpcError(INVALID_REQUEST, "Send one request in each body: batches are not taken.")
    if not isinstance(value, dict):
        raise JsonRpcError(INVALID_REQUEST, "Send one JSON-RPC request: an object.")
    fault = _fault(value)
    if fault:
        raise JsonRpcError(INVALID_REQUEST, fault, identifier=_legible(value.get("id")))
    return Message(value["method"], value.get("params") or {}, value.get("id"))


def _fault(value: Mapping[str, Any]) -> str | None:
    if value.get("jsonrpc") != "2.0":
        return 'The member jsonrpc must be "2.0".'
    if not isinstance(value.get("method"), str):
        return "The member method must be a string. Replies are not taken here."
    if "id" in value and _legible(value["id"]) is None:
        return "The member id must be a string or a whole number."
    if not isinstance(value.get("params", {}), dict):
        return "The member params must be an object."
    return None


def _legible(identifier: Any) -> Identifier | None:
    is_one = isinstance(identifier, str | int) and not isinstance(identifier, bool)
    return identifier if is_one else None
