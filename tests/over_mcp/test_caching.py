"""What a client may keep, for how long and for whom; and that every result says who made it."""

import pytest

from gateway.documents.openapi import VERSION
from tests.kit.mcp_client import SERVER_KEY, Assistant, InProcess, request
from tests.kit.people import Person

LISTS = ["server/discover", "tools/list", "prompts/list", "resources/templates/list"]


@pytest.fixture(scope="module", params=["sports", "knowledge", "booking"])
def assistant(app, request):
    plugin = request.param
    protected = plugin != "sports"
    token = Person(app, "ada@example.com", plugin).token if protected else None
    return Assistant(InProcess(app), plugin, token)


@pytest.mark.parametrize("method", LISTS)
def test_lists_change_with_a_deployment_only(assistant, method):
    """A shared cache must not give the list of a protected plugin to whoever has no token for it."""
    result = assistant.result(method)
    assert result["ttlMs"] == 300_000
    assert result["cacheScope"] == ("public" if assistant.plugin == "sports" else "private")


def test_what_there_is_to_read_is_of_the_moment_and_of_one_caller(assistant):
    listed = assistant.result("resources/list")
    read = assistant.result("resources/read", {"uri": listed["resources"][0]["uri"]})
    for result in (listed, read):
        assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


def test_calls_and_prompts_are_not_kept(assistant):
    name = {"sports": "get_scores", "knowledge": "search", "booking": "list_bookings"}
    called = assistant.call(name[assistant.plugin], {"league": "demo", "query": "coffee"})
    prompt = assistant.result("prompts/get", {"name": "example_1"})
    for result in (called, prompt):
        assert not {"ttlMs", "cacheScope"} & set(result)


def test_every_result_says_who_made_it(assistant):
    uri = assistant.result("resources/list")["resources"][0]["uri"]
    asked = [(method, {}) for method in [*LISTS, "resources/list"]]
    asked += [("resources/read", {"uri": uri}), ("prompts/get", {"name": "example_1"})]
    tool = assistant.result("tools/list")["tools"][0]["name"]
    for method, params in [*asked, ("tools/call", {"name": tool, "arguments": {"surprise": 1}})]:
        result = assistant.result(method, params)
        assert result["resultType"] == "complete"
        made_by = result["_meta"][SERVER_KEY]
        assert (made_by["name"], made_by["version"]) == (assistant.plugin, VERSION)


def test_the_server_introduces_itself(assistant):
    result = assistant.result("server/discover")
    assert result["supportedVersions"] == ["2026-07-28"]
    assert {"tools", "prompts", "resources"} <= set(result["capabilities"])
    told = result["_meta"][SERVER_KEY]
    base = f"http://localhost/{assistant.plugin}"
    assert told["websiteUrl"] == f"{base}/"
    assert told["icons"] == [{"src": f"{base}/logo.png", "mimeType": "image/png"}]
    assert 0 < len(told["description"]) <= 100


def test_addresses_follow_the_door(assistant):
    host = f"http://{assistant.plugin}.localhost:8000"
    asked = request("server/discover", Host=host.removeprefix("http://"))
    asked.headers |= {"Authorization": f"Bearer {assistant.token}"}
    reply = assistant.wire.send(asked.headers, asked.bytes, path="/mcp")
    told = reply.json["result"]["_meta"][SERVER_KEY]
    assert told["websiteUrl"] == f"{host}/"
    assert told["icons"][0]["src"] == f"{host}/logo.png"


def test_a_list_is_the_same_to_the_byte(assistant):
    for method in ("tools/list", "prompts/list"):
        first, second = assistant.ask(method), assistant.ask(method)
        assert first.body == second.body


def test_what_there_is_to_do_first_stands_first(assistant):
    """OpenAI reads 512 characters of the instructions for certain."""
    told = assistant.result("server/discover")["instructions"]
    if assistant.plugin != "sports":
        assert (
            told.index("never say that something is done before get_confirmation says executed")
            < 512
        )
