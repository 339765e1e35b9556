"""How a person connects each assistant to a plugin: what to do there, and what to paste.

As of November 2026; docs/connect.md has the same in more words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..declaration import Auth, Declaration, Public
from .described import Words
from .shell import VARIABLE

CHATGPT: Words = (
    "Once, turn on the developer mode under Settings, Security and login. At chatgpt.com/plugins choose"
    " +, then “Add custom MCP server”. Give it a name, paste this as the server URL, choose {}, and"
    " create it. Call it in a chat with @, and refresh it there when the plugin has changed.",
    "先在“设置 → 安全与登录”中打开开发者模式（只需一次）。在 chatgpt.com/plugins 点 +，选择“Add"
    " custom MCP server”，取个名字，把下面的地址填为服务器 URL，认证选{}，然后创建。"
    "聊天时用 @ 调用；插件有变化时在那里刷新。",
)
NO_AUTHENTICATION: Words = ("no authentication", "“无”")
OAUTH: Words = ("OAuth", "“OAuth”")
OAUTH_OR_NONE: Words = ("“OAuth or no authentication”", "“OAuth 或无”")
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

OPEN_WEBUI_LINKED: Words = (
    "Under Settings, Admin, Integrations, an administrator adds a server of the kind “MCP (Streamable"
    " HTTP)”: paste this, choose OAuth 2.1 and “Register Client”, and save.",
    "由管理员在“设置 → 管理员 → 集成”中添加一个 MCP (Streamable HTTP) 类型的服务器："
    "粘贴下面的地址，选择 OAuth 2.1，点“Register Client”，然后保存。",
)

# How the person signs in, where an account is linked.
SIGN_IN: Mapping[str, Words] = {
    "ChatGPT": (
        "It then opens a page of this gateway. Sign in there, and allow what it may do for you.",
        "随后会打开本网关的页面：请登录，并允许它为你做的事。",
    ),
    "Claude": (
        "Then choose “Connect” beside it. A page of this gateway opens: sign in there, and allow it.",
        "然后点它旁边的“连接”：会打开本网关的页面，请登录并允许。",
    ),
    "Claude Code": (
        "Then start Claude Code, type /mcp, choose the server, then “Authenticate”, and sign in in the"
        " browser.",
        "然后启动 Claude Code，输入 /mcp，选择这个服务器，再选“Authenticate”，在浏览器中登录。",
    ),
    "Codex": (
        "This opens the browser, in which you sign in. To do that again: codex mcp login, and the name.",
        "随后会打开浏览器，请在其中登录。需要重新登录时，执行 codex mcp login 加名称。",
    ),
    "Cursor": (
        "In Cursor's settings the server then needs a login: choose that, and sign in in the browser.",
        "之后 Cursor 设置里的该服务器会显示需要登录：点一下，在浏览器中登录。",
    ),
    "VS Code": (
        "When the server starts, VS Code asks whether it may sign in. Allow that, and do so in the"
        " browser.",
        "服务器启动时，VS Code 会询问是否登录：允许后在浏览器中登录。",
    ),
    "Open WebUI": (
        "Each user switches it on in a chat, under Integrations, and then signs in in the browser.",
        "每个用户在聊天的“集成”菜单中启用它，然后在浏览器中登录。",
    ),
}

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


@dataclass(frozen=True)
class Way:
    """How one assistant connects.

    `paste` goes into the assistant, a terminal or a file, as `steps` say. `limit` is what it cannot do
    with this plugin; `afterwards` is how the person then signs in, or how the assistant keeps the token.
    Each is None where there is nothing to say.
    """

    assistant: str
    steps: Words
    paste: str
    limit: Words | None = None
    afterwards: Words | None = None


def credential(declaration: Declaration) -> Auth | None:
    """What callers need for operations that are not open to everybody; None where all are open."""
    needed = (each.auth for each in declaration.operations if not isinstance(each.auth, Public))
    return next(needed, None)


def ways(declaration: Declaration, base: str) -> tuple[Way, ...]:
    """How to connect each assistant to the plugin at `base`, its address without a slash at the end."""
    name, address = declaration.name, f"{base}/mcp"
    if credential(declaration) is None:
        return _open_ways(name, address, base, NO_AUTHENTICATION)
    if declaration.linking:
        authentication = OAUTH_OR_NONE if declaration.is_open else OAUTH
        return _linked_ways(name, address, base, authentication)
    limit = SOME_IS_OPEN if declaration.is_open else NOTHING_IS_OPEN
    return (
        Way("ChatGPT", _chatgpt(NO_AUTHENTICATION), address, limit),
        Way("Claude", CLAUDE, address, limit),
        *_ways_with_token(name, address, base),
    )


def _open_ways(name: str, address: str, base: str, authentication: Words) -> tuple[Way, ...]:
    """Nothing is pasted but the address."""
    return (
        Way("ChatGPT", _chatgpt(authentication), address),
        Way("Claude", CLAUDE, address),
        Way("Claude Code", TERMINAL, _claude_code(name, address)),
        Way("Codex", TERMINAL, f"codex mcp add {name} --url {address}"),
        Way("Cursor", CURSOR, _json(mcpServers={name: {"url": address}})),
        Way("VS Code", VS_CODE, _json(servers={name: {"type": "http", "url": address}})),
        Way("Open WebUI", OPEN_WEBUI, base),
    )


def _linked_ways(name: str, address: str, base: str, authentication: Words) -> tuple[Way, ...]:
    """The same, and then each finds out by itself how to sign in; Open WebUI does over MCP only."""
    *others, _ = _open_ways(name, address, base, authentication)
    open_webui = Way("Open WebUI", OPEN_WEBUI_LINKED, address)
    return tuple(
        replace(each, afterwards=SIGN_IN[each.assistant]) for each in (*others, open_webui)
    )


def _ways_with_token(name: str, address: str, base: str) -> tuple[Way, ...]:
    header = f'--header "Authorization: Bearer {VARIABLE}"'
    # The header goes last: that option takes every word that follows it.
    claude_code = f"{_claude_code(name, address)} {header}"
    return (
        Way("Claude Code", TERMINAL, claude_code, afterwards=CLAUDE_CODE_TOKEN),
        Way("Codex", TERMINAL, _codex(name, address), afterwards=CODEX_TOKEN),
        Way("Cursor", CURSOR, _cursor(name, address), afterwards=CURSOR_TOKEN),
        Way("VS Code", VS_CODE, _vs_code(name, address), afterwards=VS_CODE_TOKEN),
        Way("Open WebUI", OPEN_WEBUI, base, afterwards=OPEN_WEBUI_TOKEN),
    )


def _chatgpt(authentication: Words) -> Words:
    english, chinese = (
        text.format(choice) for text, choice in zip(CHATGPT, authentication, strict=True)
    )
    return english, chinese


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
