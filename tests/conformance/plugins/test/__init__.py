"""What the official MCP conformance suite asks of a server, as far as a plugin can say it.

Use this when the conformance suite runs. The suite sets the names; the folder is called `test` because
the addresses that it reads begin with `test://`.
"""

import base64
import json

from flask import abort
from marshmallow import fields

from gateway import Image, Plugin, Public

plugin = Plugin(
    __name__,
    title="Conformance",
    auth=Public(),
    examples=["Give me a simple text"],
)

# One red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


@plugin.query("/simple-text", returns={"text": fields.String(required=True)})
def test_simple_text():
    """Give a simple text."""
    return {"text": "This is a simple text response for testing."}


@plugin.query("/image", returns={"pixels": fields.Integer(required=True)})
def test_image_content():
    """Give an image."""
    return Image(PIXEL, "image/png", {"pixels": 1})


@plugin.query("/error", returns={})
def test_error_handling():
    """Fail, always."""
    abort(409, "This tool intentionally returns an error for testing")


@plugin.resource("/static-text", mime_type="text/plain", listing=lambda: [{"title": "Static text"}])
def static_text():
    """A text that never changes."""
    return "This is the content of the static text resource."


@plugin.resource(
    "/static-binary", mime_type="image/png", listing=lambda: [{"title": "Static picture"}]
)
def static_binary():
    """A picture that never changes."""
    return PIXEL


@plugin.resource("/template/<id>/data", mime_type="application/json")
def template(id):  # noqa: A002 - the suite names it so
    """Data for any id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})
