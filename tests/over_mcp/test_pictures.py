"""An operation that returns an `Image`: a picture in the chat over MCP, the plain answer over REST."""

import base64
from uuid import uuid4

import pytest

from gateway import Image
from gateway.image import LARGEST
from tests.kit.apps import running_app
from tests.kit.mcp_client import Assistant, InProcess
from tests.kit.people import Person
from tests.kit.written import write_plugin

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><text>21 \xc2\xb0C</text></svg>'
CODE = f"""
import json
from gateway import Image

PICTURES = {{"png": ({PNG!r}, "image/png"), "svg": ({SVG!r}, "image/svg+xml")}}
SKY = {{"sky": fields.String(), "seen": fields.Boolean()}}

@plugin.query("/sky", takes={{"kind": fields.String(required=True)}}, returns=SKY, auth=Public())
def draw(kind):
    '''Draw the sky.'''
    if kind == "none":
        return {{"sky": "blue", "seen": False}}
    if kind == "wrong":
        return Image(b"...", "application/pdf", {{"sky": "grey"}})
    return Image(*PICTURES[kind], {{"sky": "blue", "seen": True, "secret": "is no part of the answer"}})

@plugin.action("/paint", returns=SKY, confirm="Paint the sky?", approve="chat")
def paint():
    '''Paint the sky.'''
    return Image(*PICTURES["png"], {{"sky": "red", "seen": True}})
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_plugin(folder / "plugins", CODE)
    with running_app(folder, folders=[folder / "plugins"]) as app:
        yield app


@pytest.fixture(params=["2026-07-28", "2025-11-25", None])
def assistant(app, request):
    return Assistant(InProcess(app), "weather", version=request.param)


@pytest.mark.parametrize(
    ("kind", "data", "mime_type"), [("png", PNG, "image/png"), ("svg", SVG, "image/svg+xml")]
)
def test_a_picture_stands_beside_the_answer(app, assistant, kind, data, mime_type):
    answer = {"sky": "blue", "seen": True}
    result = assistant.call("draw", {"kind": kind})
    assert result["structuredContent"] == answer
    text, picture = result["content"]
    assert (text["type"], picture["type"]) == ("text", "image")
    assert picture["mimeType"] == mime_type
    assert base64.b64decode(picture["data"], validate=True) == data
    plain = app.test_client().get(f"/weather/sky?kind={kind}")
    assert (plain.status_code, plain.json) == (200, answer)
    assert text["text"].strip() == plain.text.strip()


def test_an_answer_without_a_picture_is_text_alone(assistant):
    result = assistant.call("draw", {"kind": "none"})
    assert [block["type"] for block in result["content"]] == ["text"]


def test_an_action_keeps_its_answer_and_no_picture(app, assistant):
    """What is recorded of an action is told again and again, to whoever asks how it stands."""
    assistant.token = Person(app, f"{uuid4()}@example.com", "weather").token
    asked = assistant.call("paint")["structuredContent"]
    named = {name: asked[name] for name in ("confirmation_id", "hash")}
    done = assistant.call("confirm_action", named)
    assert done["structuredContent"]["result"] == {"sky": "red", "seen": True}
    assert [block["type"] for block in done["content"]] == ["text"]


def test_a_picture_that_is_none_is_a_fault_that_says_nothing_of_the_inside(app, assistant):
    result = assistant.call("draw", {"kind": "wrong"})
    assert result["isError"] is True
    assert '"internal_error"' in result["content"][0]["text"]
    assert "pdf" not in result["content"][0]["text"]
    assert app.test_client().get("/weather/sky?kind=wrong").status_code == 500


@pytest.mark.parametrize(
    "mime_type",
    ["application/pdf", "image/bmp", "image/PNG", "png", "", "image/png; charset=utf-8"],
)
def test_a_picture_is_of_a_type_that_assistants_show(mime_type):
    with pytest.raises(
        ValueError, match="is no picture that assistants show: image/gif, image/jpeg"
    ):
        Image(PNG, mime_type, {})


def test_a_picture_has_a_largest_size():
    assert Image(b"x" * LARGEST, "image/png", {}).data
    with pytest.raises(ValueError, match="The picture has 500,001 bytes: at most 500,000"):
        Image(b"x" * (LARGEST + 1), "image/png", {})
