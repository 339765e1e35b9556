"""The protocol's own Python client against a real server, in both eras: what its users will see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult, ResourceTemplateReference

from tests.kit.forms import send_here
from tests.kit.people import Person

ERAS = {"auto": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(params=ERAS)
def mode(request):
    """`auto` asks with `server/discover` first, `legacy` shakes hands."""
    return request.param


@pytest.fixture
def connect(server, mode):
    """A client that is connected to a plugin."""

    @asynccontextmanager
    async def connect(plugin, token=None, **options) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{server.address}/{plugin}/mcp"
        async with create_mcp_http_client(headers=headers) as http:
            transport = streamable_http_client(address, http_client=http)
            async with Client(transport, mode=mode, cache=None, **options) as client:
                yield client

    return connect


@pytest.fixture
def ada(server_app):
    """Makes somebody new with a token for a plugin."""
    return lambda plugin: Person(server_app, f"{uuid4()}@example.com", plugin)


def test_it_finds_out_which_era_it_is(connect, mode):
    async def story():
        async with connect("sports") as client:
            assert client.protocol_version == ERAS[mode]
            assert client.server_info.name == "sports"
            assert client.server_info.icons[0].mime_type == "image/png"
            assert client.instructions.startswith("Scores, stock quotes and sports news")
            assert client.server_capabilities.tools is not None

    anyio.run(story)


def test_it_lists_and_calls_a_query(connect):
    async def story():
        async with connect("sports") as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            scores = tools["get_scores"]
            assert scores.title == "Get scores"
            assert scores.annotations.read_only_hint is True
            assert "league" in scores.input_schema["properties"]
            result = await client.call_tool("get_scores", {"league": "demo"})
            assert result.is_error is False
            assert result.structured_content["source"]
            assert [block.type for block in result.content] == ["text"]
            wrong = await client.call_tool("get_scores", {"league": 5})
            assert wrong.is_error is True
            assert '"league"' in wrong.content[0].text
            with pytest.raises(MCPError, match="There is no tool no_such_tool"):
                await client.call_tool("no_such_tool", {})

    anyio.run(story)


def test_it_shows_a_picture(connect):
    async def story():
        async with connect("sports") as client:
            result = await client.call_tool("get_quotes", {"symbols": ["DEMO"], "chart": True})
            assert [block.type for block in result.content] == ["text", "image"]
            assert result.content[1].mime_type == "image/png"

    anyio.run(story)


def test_it_gets_a_prompt(connect):
    async def story():
        async with connect("sports") as client:
            prompts = (await client.list_prompts()).prompts
            assert [prompt.name for prompt in prompts] == ["example_1", "example_2", "example_3"]
            prompt = await client.get_prompt("example_3")
            assert prompt.messages[0].content.text == "英超今天有什么比赛？"

    anyio.run(story)


def test_it_reads_a_page(connect, server):
    async def story():
        async with connect("sports") as client:
            quote = f"{server.address}/sports/pages/quotes/DEMO"
            [page] = (await client.read_resource(quote)).contents
            assert (page.uri, page.mime_type) == (quote, "text/html")
            assert "DEMO" in page.text
            [picture] = (await client.read_resource(f"{quote}/chart.png")).contents
            assert picture.mime_type == "image/png"
            with pytest.raises(MCPError) as missing:
                await client.read_resource(f"{server.address}/sports/pages/games/没有")
            assert missing.value.data["uri"].endswith("没有")

    anyio.run(story)


def test_it_reads_notes_with_a_token(connect, ada):
    async def story(token):
        async with connect("knowledge", token) as client:
            templates = (await client.list_resource_templates()).resource_templates
            assert "knowledge://notes/{id}" in {each.uri_template for each in templates}
            listed = (await client.list_resources()).resources
            notes = [each for each in listed if each.uri.startswith("knowledge://notes/")]
            for note in notes:
                [read] = (await client.read_resource(note.uri)).contents
                assert (read.uri, read.mime_type) == (note.uri, "text/markdown")
                assert read.text
            reference = ResourceTemplateReference(type="ref/resource", uri="knowledge://notes/{id}")
            found = await client.complete(reference, {"name": "id", "value": ""})
            assert len(found.completion.values) == min(100, len(notes)) > 0

    anyio.run(story, ada("knowledge").token)


def test_it_is_refused_without_a_token(connect):
    async def story():
        async with connect("knowledge"):
            raise AssertionError("nobody may connect without a token")

    with pytest.raises(BaseExceptionGroup) as refused:
        anyio.run(story)
    assert refused.group_contains(MCPError)


async def a_free_time(client):
    """Arguments of a booking that can be made."""
    for days in range(3, 10):
        day = datetime.now(UTC).date() + timedelta(days=days)
        asked = {"service": "physio", "day": day.isoformat()}
        found = await client.call_tool("find_slots", asked)
        slots = found.structured_content["slots"]
        if slots:
            return {"service": "physio", "start": slots[0]["start"], "name": "Ada"}
    raise AssertionError(f"no free time: {found}")


async def bookings(client):
    return (await client.call_tool("list_bookings", {})).structured_content["bookings"]


def press(person, url, decision):
    """The person opens the page of a question and presses a button."""
    browser, path = person.browser(), urlsplit(url).path
    assert send_here(browser, browser.get(path), path, decision=decision).status_code == 303


def test_it_books_when_the_person_has_approved(connect, ada):
    """The envelope is the same to every client that shows nothing by itself."""

    async def story(person):
        async with connect("booking", person.token) as client:
            wanted = await a_free_time(client)
            asked = (await client.call_tool("book", wanted)).structured_content
            assert asked["status"] == "confirmation_required"
            assert await bookings(client) == []
            press(person, asked["confirm_url"], "approve")
            named = {"confirmation_id": asked["confirmation_id"]}
            done = (await client.call_tool("get_confirmation", named)).structured_content
            assert (done["status"], done["question"]) == ("executed", asked["question"])
            assert [each["start"] for each in await bookings(client)] == [wanted["start"]]

    anyio.run(story, ada("booking"))


@pytest.mark.parametrize(
    ("pressed", "action", "status", "booked"),
    [
        ("approve", "accept", "executed", 1),
        ("decline", "accept", "declined", 0),
        (None, "accept", "confirmation_required", 0),
        (None, "decline", "cancelled", 0),
        (None, "cancel", "confirmation_required", 0),
    ],
)
def test_it_opens_the_page_and_tells_what_came_of_it(
    connect, ada, mode, pressed, action, status, booked
):
    """Only the newest era has questions; there the client asks and repeats the call by itself."""
    person, shown = ada("booking"), []

    async def answer(_, question):
        shown.append(question)
        if pressed:
            press(person, question.url, pressed)
        return ElicitResult(action=action)

    async def story():
        async with connect("booking", person.token, elicitation_callback=answer) as client:
            wanted = await a_free_time(client)
            result = await client.call_tool("book", wanted)
            assert result.is_error is False
            expected = status if mode == "auto" else "confirmation_required"
            assert result.structured_content["status"] == expected
            assert len(await bookings(client)) == (booked if mode == "auto" else 0)
            assert [each.mode for each in shown] == (["url"] if mode == "auto" else [])
            for each in shown:
                assert each.url == result.structured_content["confirm_url"]
                assert result.structured_content["question"] in each.message
                assert result.structured_content["match_code"] in each.message

    anyio.run(story)


@pytest.mark.parametrize(
    ("action", "status", "counted"),
    [("accept", "executed", 1), ("decline", "declined", 0), ("cancel", "confirmation_required", 0)],
)
def test_it_shows_a_form_where_a_yes_in_the_chat_is_enough(
    connect, ada, mode, action, status, counted
):
    shown = []

    async def answer(_, question):
        shown.append((question.mode, question.message.partition("\n")[0]))
        return ElicitResult(action=action, content={} if action == "accept" else None)

    async def story(token):
        async with connect("counter", token, elicitation_callback=answer) as client:
            result = await client.call_tool("count", {"amount": 3})
            expected = status if mode == "auto" else "confirmation_required"
            assert result.structured_content["status"] == expected
            total = (await client.call_tool("get_total", {})).structured_content
            assert total["rows"] == (counted if mode == "auto" else 0)
            question = result.structured_content["question"]
            assert shown == ([("form", question)] if mode == "auto" else [])

    anyio.run(story, ada("counter").token)
