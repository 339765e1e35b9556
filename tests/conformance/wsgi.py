"""The gateway that the conformance suite asks, at /conformance/mcp: gunicorn finds it by this name.

What the suite wants and a plugin can say is in `plugins/test`; the rest is added to that plugin's
server.
"""

from dataclasses import replace
from pathlib import Path

from gateway.app import create_app
from gateway.transports.mcp.features import Server
from gateway.transports.mcp.install import add_server, server
from tests.conformance import contents, questions

app = create_app(plugin_dirs=[Path(__file__).parent / "plugins"])


def everything() -> Server:
    gateway = app.extensions["gateway"]
    own = server(app, gateway, gateway.declarations["test"])
    return replace(
        own,
        tools=[*own.tools, *contents.TOOLS, *questions.TOOLS],
        prompts=[*own.prompts, *contents.PROMPTS, *questions.PROMPTS],
        complete=contents.complete,
    )


add_server(app, "/conformance/mcp", everything)
