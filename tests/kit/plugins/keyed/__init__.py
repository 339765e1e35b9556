"""A plugin that assistants open with a key of their own.

Use this when the tests want to know which assistant calls.
"""

from marshmallow import fields

from gateway import Plugin, ServiceKey, caller

plugin = Plugin(__name__, title="Keyed", auth=ServiceKey())


@plugin.query("/who", returns={"id": fields.String(metadata={"description": "The assistant."})})
def who():
    """Tell which assistant calls."""
    return {"id": caller.id}
