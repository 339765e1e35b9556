"""How a person connects each assistant to a plugin: what to do there, and what to paste.

As of November 2026; docs/connect.md has the same in more words.
"""

import json
from dataclasses import dataclass
from typing import Any

from ..declaration import Auth, Declaration, OAuth, Public
from .described import Words
from .shell import VARIABLE

CHATGPT: Words = (
    "Once, turn on the developer mode under Settings, Security and login. At chatgpt.com/plugins choose"
    " +, then “Add custom MCP server”. Give it a name, paste this as the server URL, choose no"
    " authentication, and create it. Call it in a chat with @, and refresh it there when the plugin has"
    " changed.",
    "先在“设置 → 安全与登录”中打开开发者模式（只需一次）。在 chatgpt.com/plugins 点 +，选择“Add"
    " custom MCP server”，取个名字，把下面的地址填为服务器 URL，认证选“无”，然后创建。"
    "聊天时用 @ 调用；插件有变化时在那里刷新。",
)
CLAUDE: Words = (
    "On the web or in the desktop app, open Settings, Connectors, choose “Add custom connector”, and"
    " paste this as its URL. Anthropic's servers make the calls, from the desktop app too.",
    "在网页版或桌面版中打开“设置 → 连接器”，选择“添加自定义连接器”，粘贴下面的地址。"
    "桌面版的调用同样由 Anthropic 的服务器发出。",
)
TERMINAL: Words = ("In a terminal:", "在终端里执行：")
CURSOR: Words = (
    "Into ~/.cursor/mcp.json, or .cursor/mcp.json in a project:",
    "写入 ~/.cursor/mcp.json，或项目中的 .cursor/mcp.json：",
)
VS_CODE: Words = (
    "Into .vscode/mcp.json in a project, or the file that “MCP: Open User Configuration” opens:",
    "写入项目中的 .vscode/mcp.json，或命令“MCP: Open User Configuration”打开的文件：",
)
OPEN_WEBUI: Words = (
    "Add a tool server of the kind OpenAPI in the settings, and paste this. Open WebUI adds openapi.json"
    " by itself.",
    "在设置中添加一个 OpenAPI 类型的工具服务器，粘贴下面的地址。Open WebUI 会自动补上 openapi.json。",
)

CLAUDE_CODE_TOKEN: Words = (
    "The token is kept in Claude Code's own settings.",
    "令牌保存在 Claude Code 自己的设置中。",
)
CODEX_TOKEN: Words = (
    "Codex reads the token from this variable whenever it runs: set it in your shell's profile too.",
    "Codex 每次运行都从这个变量读取令牌，请同时写进 shell 的配置文件。",
)
CURSOR_TOKEN: Words = (
    "Cursor reads the token from this variable, which must be set where it starts.",
    "Cursor 从这个环境变量读取令牌，需在启动 Cursor 的环境中设置。",
)
VS_CODE_TOKEN: Words = (
    "VS Code asks for the token once and keeps it.",
    "VS Code 会询问一次令牌并保存。",
)
OPEN_WEBUI_TOKEN: Words = (
    "The token goes into the field for the key.",
    "令牌填在密钥一栏。",
)
NOTHING_IS_OPEN: Words = (
    "It sends no token that you paste, so it cannot use this plugin.",
    "它不支持粘贴令牌，因此无法使用本插件。",
)
SOME_IS_OPEN: Words = (
    "It sends no token that you paste, so it can call only what this plugin opens to everybody.",
    "它不支持粘贴令牌，因此只能调用本插件对所有人开放的功能。",
)
# The one place that says what is missing until accounts can be linked.
UNTIL_LINKING: Words = (
    " It links accounts instead, which a later version of this gateway will offer.",
    "它通过关联账号登录，本网关将在后续版本支持。",
)


@dataclass(frozen=True)
class Way:
    """How one assistant connects.

    `paste` goes into the assistant, a terminal or a file, as `steps` say. `limit` is what it cannot do
    with this plugin, `about_token` how it keeps the token; None where there is nothing to say.
    """

    assistant: str
    steps: Words
    paste: str
    limit: Words | None = None
    about_token: Words | None = None


def credential(declaration: Declaration) -> Auth | None:
    """What callers need for operations that are not open to everybody; None where all are open."""
    needed = (each.auth for each in declaration.operations if not isinstance(each.auth, Public))
    return next(needed, None)


def ways(declaration: Declaration, base: str) -> tuple[Way, ...]:
    """How to connect each assistant to the plugin at `base`, its address without a slash at the end."""
    name, address = declaration.name, f"{base}/mcp"
    if credential(declaration) is None:
        return _open_ways(name, address, base)
    limit = _limit(declaration)
    return (
        Way("ChatGPT", CHATGPT, address, limit),
        Way("Claude", CLAUDE, address, limit),
        *_ways_with_token(name, address, base),
    )


def _open_ways(name: str, address: str, base: str) -> tuple[Way, ...]:
    return (
        Way("ChatGPT", CHATGPT, address),
        Way("Claude", CLAUDE, address),
        Way("Claude Code", TERMINAL, _claude_code(name, address)),
        Way("Codex", TERMINAL, f"codex mcp add {name} --url {address}"),
        Way("Cursor", CURSOR, _json(mcpServers={name: {"url": address}})),
        Way("VS Code", VS_CODE, _json(servers={name: {"type": "http", "url": address}})),
        Way("Open WebUI", OPEN_WEBUI, base),
    )


def _ways_with_token(name: str, address: str, base: str) -> tuple[Way, ...]:
    header = f'--header "Authorization: Bearer {VARIABLE}"'
    # The header goes last: that option takes every word that follows it.
    claude_code = f"{_claude_code(name, address)} {header}"
    return (
        Way("Claude Code", TERMINAL, claude_code, about_token=CLAUDE_CODE_TOKEN),
        Way("Codex", TERMINAL, _codex(name, address), about_token=CODEX_TOKEN),
        Way("Cursor", CURSOR, _cursor(name, address), about_token=CURSOR_TOKEN),
        Way("VS Code", VS_CODE, _vs_code(name, address), about_token=VS_CODE_TOKEN),
        Way("Open WebUI", OPEN_WEBUI, base, about_token=OPEN_WEBUI_TOKEN),
    )


def _limit(declaration: Declaration) -> Words:
    english, chinese = SOME_IS_OPEN if declaration.is_open else NOTHING_IS_OPEN
    if not isinstance(credential(declaration), OAuth):
        return english, chinese
    return english + UNTIL_LINKING[0], chinese + UNTIL_LINKING[1]


def _claude_code(name: str, address: str) -> str:
    return f"claude mcp add --transport http {name} {address}"


def _codex(name: str, address: str) -> str:
    variable = _variable(name)
    command = f"codex mcp add {name} --url {address} --bearer-token-env-var {variable}"
    return f'export {variable}="{VARIABLE}"\n{command}'


def _cursor(name: str, address: str) -> str:
    headers = {"Authorization": f"Bearer ${{env:{_variable(name)}}}"}
    return _json(mcpServers={name: {"url": address, "headers": headers}})


def _vs_code(name: str, address: str) -> str:
    question = f"{name}-token"
    asked = {"id": question, "type": "promptString", "description": "Token", "password": True}
    headers = {"Authorization": f"Bearer ${{input:{question}}}"}
    server = {"type": "http", "url": address, "headers": headers}
    return _json(inputs=[asked], servers={name: server})


def _variable(name: str) -> str:
    """The environment variable in which Codex and Cursor find the token for a plugin."""
    return f"{name.upper()}_TOKEN"


def _json(**content: Any) -> str:
    return json.dumps(content, indent=2)
