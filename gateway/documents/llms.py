"""`/llms.txt`: what the gateway is and where everything is, in Markdown for models (llmstxt.org)."""

from collections.abc import Mapping

from ..declaration import Auth, Declaration, OAuth, Public, ServiceKey, UserKey
from .api_catalog import PATH as API_CATALOG

ACCESS: Mapping[type[Auth], str] = {
    Public: "Open to everybody.",
    ServiceKey: "Needs a key that the publisher gives to an assistant.",
    UserKey: "Needs a personal key.",
    OAuth: "Needs an account.",
}
SUMMARY = (
    "> Plugins with which AI assistants find things out and get things done for people, published by"
    " {publisher}. Each one is an MCP server and a REST API with the same operations."
)
DETAILS = (
    "To use a plugin, add its MCP address (Streamable HTTP) to an assistant, or call the API that its"
    " OpenAPI document describes. Actions that change something are confirmed by a person first."
)


def llms(plugins: Mapping[str, Declaration], root: str, publisher: str) -> str:
    """The text at `root` about `plugins`, which are given by their absolute addresses."""
    parts = [
        "# Plugin gateway",
        SUMMARY.format(publisher=_one_line(publisher)),
        DETAILS,
        *(_section(base, declaration) for base, declaration in plugins.items()),
        f"## Optional\n\n- [API catalog]({root}{API_CATALOG}): All of this for programs, as links.",
    ]
    return "\n\n".join(parts) + "\n"


def _section(base: str, declaration: Declaration) -> str:
    links = [
        f"- [Page]({base}/): {_one_line(declaration.summary)}",
        f"- [MCP]({base}/mcp): For assistants. {ACCESS[type(declaration.auth)]}",
        f"- [OpenAPI]({base}/openapi.json): The same operations over REST.",
    ]
    return "\n".join([f"## {_one_line(declaration.title)}", "", *links])


def _one_line(text: str) -> str:
    """Text that stays inside its line, and so inside its heading or list."""
    return " ".join(text.split())
