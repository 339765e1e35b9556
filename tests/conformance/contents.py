"""Tools and prompts of the suite that give what no operation of a plugin gives."""

import time
from collections.abc import Iterator

from mcp_types import INVALID_PARAMS

from gateway.transports.mcp.features import Progress, Prompt, Request, Result, Tool
from gateway.transports.mcp.messages import JsonRpcError

# One red pixel as PNG, and a WAV file without a sound in it.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIA"
    "X8jx0gAAAABJRU5ErkJggg=="
)
SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}
PAUSE = 0.05  # seconds between two reports, as the suite wishes

# Every kind of keyword that a list of tools must leave as it is.
EVERY_KEYWORD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def picture() -> dict[str, str]:
    return {"type": "image", "data": PIXEL, "mimeType": "image/png"}


def embedded(uri: str, mime_type: str, words: str) -> dict[str, object]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": words}}


def audio(_: Request) -> Result:
    return {"content": [{"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}]}


def resource(_: Request) -> Result:
    return {
        "content": [embedded("test://embedded-resource", "text/plain", "This is an embedded one.")]
    }


def mixed(_: Request) -> Result:
    data = embedded("test://mixed-content-resource", "application/json", '{"test":"data"}')
    return {"content": [text("Multiple content types test:"), picture(), data]}


def progress(_: Request) -> Iterator[Progress | Result]:
    for done in (0, 50, 100):
        yield Progress(done, 100, f"Completed step {done} of 100")
        time.sleep(PAUSE)
    yield {"content": [text("All steps are completed.")]}


def nothing(_: Request) -> Result:
    return {"content": [text("Nothing is logged without being asked to.")]}


TOOLS = [
    Tool({"name": name, "description": description, "inputSchema": schema}, call)
    for name, description, schema, call in [
        ("test_audio_content", "Give a sound.", NO_ARGUMENTS, audio),
        ("test_embedded_resource", "Give a resource.", NO_ARGUMENTS, resource),
        ("test_multiple_content_types", "Give one of each.", NO_ARGUMENTS, mixed),
        ("test_tool_with_progress", "Tell how far it is.", NO_ARGUMENTS, progress),
        ("test_logging_tool", "Log nothing.", NO_ARGUMENTS, nothing),
        ("json_schema_2020_12_tool", "Have a rich schema.", EVERY_KEYWORD, nothing),
    ]
]


def said(*contents: dict[str, object]) -> Result:
    return {"messages": [{"role": "user", "content": content} for content in contents]}


def argument(request: Request, name: str) -> str:
    given = request.params.get("arguments") or {}
    if name not in given:
        raise JsonRpcError(INVALID_PARAMS, f"The prompt needs the argument {name}.")
    return given[name]


def simple(_: Request) -> Result:
    return said(text("This is a simple prompt for testing."))


def with_arguments(request: Request) -> Result:
    first, second = (argument(request, name) for name in ("arg1", "arg2"))
    return said(text(f"Prompt with arguments: arg1='{first}', arg2='{second}'"))


def with_resource(request: Request) -> Result:
    uri = argument(request, "resourceUri")
    content = embedded(uri, "text/plain", "Embedded resource content for testing.")
    return said(content, text("Please process the embedded resource above."))


def with_image(_: Request) -> Result:
    return said(picture(), text("Please analyze the image above."))


PROMPTS = [
    Prompt(
        {
            "name": name,
            "description": description,
            "arguments": [
                {"name": each, "description": "Any text.", "required": True} for each in arguments
            ],
        },
        get,
    )
    for name, description, arguments, get in [
        ("test_simple_prompt", "Take nothing.", (), simple),
        ("test_prompt_with_arguments", "Take two texts.", ("arg1", "arg2"), with_arguments),
        ("test_prompt_with_embedded_resource", "Show a text.", ("resourceUri",), with_resource),
        ("test_prompt_with_image", "Show a picture.", (), with_image),
    ]
]


def complete(request: Request) -> Result:
    """What an argument could be, of three words."""
    begun = request.params["argument"]["value"]
    values = [word for word in ("test", "text", "word") if word.startswith(begun)]
    return {"completion": {"values": values, "total": len(values), "hasMore": False}}
