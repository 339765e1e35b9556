"""JSON-RPC replies as bytes, and as server-sent events for a client that is told how far a call is."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import orjson
from mcp_types import INTERNAL_ERROR

from ...errors import internal_error
from .features import Progress
from .messages import Identifier, JsonRpcError, Message

log = logging.getLogger(__name__)

FAILED = JsonRpcError(INTERNAL_ERROR, internal_error().detail)


def result_reply(identifier: Identifier | None, result: bytes) -> bytes:
    """A reply with a result that is JSON already."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (_json_id(identifier), result)


def error_reply(identifier: Identifier | None, error: JsonRpcError) -> bytes:
    """A reply that says what is wrong."""
    body = orjson.dumps(error.body())
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (_json_id(identifier), body)


def events(message: Message, given: Iterator[Progress | bytes]) -> Iterator[bytes]:
    """What a call gives as it goes on: progress, and at last its reply, whatever happens on the way."""
    token = message.params.get("_meta", {}).get("progressToken")
    try:
        for each in given:
            yield _event(
                _notice(token, each)
                if isinstance(each, Progress)
                else result_reply(message.identifier, each)
            )
    except JsonRpcError as error:
        yield _event(error_reply(message.identifier, error))
    except Exception:
        log.exception("MCP %s failed", message.method)
        yield _event(error_reply(message.identifier, FAILED))


def _event(data: bytes) -> bytes:
    return b"event: message\ndata: %b\n\n" % data


def _notice(token: Any, progress: Progress) -> bytes:
    told = {"progressToken": token, "progress": progress.progress, "total": progress.total}
    params = {**told, "message": progress.message}
    known = {name: value for name, value in params.items() if value is not None}
    return orjson.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": known})


def _json_id(identifier: Identifier | None) -> bytes:
    """An id comes back exactly, and a client may count beyond the 64 bits that orjson writes."""
    return json.dumps(identifier, ensure_ascii=False).encode()
