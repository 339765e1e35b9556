"""A guest book in which anybody may write.

Use this when the tests want a plugin that is open to everybody and still acts.
"""

from marshmallow import Schema, fields

from gateway import Plugin, Public

plugin = Plugin(__name__, title="Guest Book", auth=Public(), examples=["Sign the guest book."])


def text(description, example):
    return fields.String(required=True, metadata={"description": description, "example": example})


class Entry(Schema):
    name = text("Who signs.", "Ada")
    words = text("What they write.", "It was lovely.")


@plugin.query("/greeting", takes={"name": text("Whom to greet.", "Ada")}, returns=Entry)
def greet(name):
    """Greet a guest."""
    return {"name": name, "words": f"Welcome, {name}."}


@plugin.action(
    "/entries", takes=Entry, returns=Entry, confirm="Sign as {name}: “{words}”?", approve="chat"
)
def sign(name, words):
    """Sign the guest book."""
    return {"name": name, "words": words}
