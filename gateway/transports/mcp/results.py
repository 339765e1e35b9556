"""Answers of operations as results of tools."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from ...call import Answer
from .features import Result


def tool_result(answer: Answer) -> Result:
    """An answer as a tool's result: the same JSON as structure and, for older clients, as text.

    A problem is text alone, as it has not the shape that the tool promises.
    """
    text = {"type": "text", "text": orjson.dumps(answer.body).decode()}
    if answer.is_problem:
        return {"content": [text], "isError": True, **_challenge(answer)}
    content = [text, *_pictures(answer)]
    return {"content": content, "structuredContent": answer.body, "isError": False}


def _pictures(answer: Answer) -> list[Mapping[str, Any]]:
    if answer.image is None:
        return []
    data = base64.b64encode(answer.image.data).decode()
    return [{"type": "image", "data": data, "mimeType": answer.image.mime_type}]


def _challenge(answer: Answer) -> dict[str, Any]:
    """Where OpenAI looks for what a call lacks that needs an account. It wants an error there even where
    HTTP names none, as no token was sent.
    """
    challenge = answer.headers.get("WWW-Authenticate")
    if not challenge:
        return {}
    if answer.body["code"] == "token_required":
        detail = answer.body["detail"]
        challenge += f', error="insufficient_scope", error_description="{detail}"'
    return {"_meta": {"mcp/www_authenticate": [challenge]}}
