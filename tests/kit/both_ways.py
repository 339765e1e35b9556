"""The same call of an operation over REST and over MCP."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from gateway.declaration import Operation
from tests.kit.conversation import Conversation, Outcome, outcome
from tests.kit.forms import send_here
from tests.kit.mcp_client import MODERN
from tests.kit.mounted import Mounted

Ask = Callable[[Mounted, Operation, Mapping[str, Any]], Outcome]


def connected(plugin: Mounted, version: str = MODERN, **options: Any) -> Conversation:
    """An assistant with a token for the plugin, where it needs one."""
    return plugin.conversation(version, token=plugin.token(plugin.declaration), **options)


@cache
def tools(plugin: Mounted, version: str = MODERN) -> dict[str, dict[str, Any]]:
    listed = connected(plugin, version).ask("tools/list")["tools"]
    return {tool["name"]: tool for tool in listed}


def over_rest(
    plugin: Mounted, operation: Operation, values: Mapping[str, Any], door: str = ""
) -> Outcome:
    response = plugin.send(operation, values, door=door, token=plugin.token(operation))
    return Outcome(response.status_code >= 400, response.get_json(force=True))


def over_mcp(
    plugin: Mounted,
    operation: Operation,
    values: Mapping[str, Any],
    door: str = "",
    version: str = MODERN,
) -> Outcome:
    """What came of a call, which is as the tool promises."""
    conversation = plugin.conversation(version, door=door, token=plugin.token(operation))
    found = outcome(conversation.call(operation.name, values))
    if not found.is_problem:
        assert_keeps_to(tools(plugin, version)[operation.name]["outputSchema"], found.body)
    return found


def assert_keeps_to(schema: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)


def in_the_chat(plugin: Mounted) -> list[Operation]:
    """The actions for which a yes in the chat is enough."""
    return [
        each for each in plugin.declaration.actions if each.policy and each.policy.approve == "chat"
    ]


def confirm(plugin: Mounted, operation: Operation, asked: Outcome, over: Ask = over_mcp) -> Outcome:
    """Say yes to what `operation` has asked, where that counts, and ask what came of it."""
    if operation in in_the_chat(plugin):
        return relay(plugin, asked, over)
    approve(plugin, asked)
    return look(plugin, asked, over)


def relay(plugin: Mounted, asked: Outcome, over: Ask = over_mcp) -> Outcome:
    """Say yes in the chat."""
    operation = plugin.declaration.operation("confirm_action")
    values = {name: asked.body[name] for name in ("confirmation_id", "hash")}
    return over(plugin, operation, values)


def approve(plugin: Mounted, asked: Outcome) -> None:
    """Say yes on the page, as the person whose plugin it is."""
    browser = plugin.person().browser()
    path = urlsplit(asked.body["confirm_url"]).path
    replied = send_here(browser, browser.get(path), path, decision="approve")
    assert replied.status_code == 303, replied.text


def look(plugin: Mounted, asked: Outcome, over: Ask = over_mcp) -> Outcome:
    """Ask where an action stands."""
    operation = plugin.declaration.operation("get_confirmation")
    return over(plugin, operation, {"confirmation_id": asked.body["confirmation_id"]})


def state(plugin: Mounted, asked: Outcome, over: Ask = over_mcp) -> str:
    """Where an action stands, in a word."""
    return str(look(plugin, asked, over).body["status"])
