"""A plugin that people open with a key that they paste.

Use this when the tests want to know which person calls.
"""

from marshmallow import fields

from gateway import Plugin, UserKey, caller

plugin = Plugin(__name__, title="Personal", auth=UserKey())


@plugin.query("/who", returns={"id": fields.String(metadata={"description": "The person."})})
def who():
    """Tell who calls."""
    return {"id": caller.id}
