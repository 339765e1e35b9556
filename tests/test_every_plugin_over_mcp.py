"""What holds of every plugin over MCP, in every revision, and that it is the same as over REST.

A folder in plugins/ is under test from the moment it is there. Nothing here names a plugin.
"""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from jsonschema import Draft202012Validator

from gateway import OAuth, Public
from gateway.confirmations.record import LIFETIME
from gateway.declaration import Kind, Operation
from gateway.documents.server import instructions
from tests.kit.both_ways import (
    assert_keeps_to,
    confirm,
    connected,
    in_the_chat,
    look,
    over_mcp,
    over_rest,
    relay,
    state,
    tools,
)
from tests.kit.conversation import HANDSHAKE_OF, VERSIONS, Conversation, Outcome, outcome
from tests.kit.mcp_client import MODERN
from tests.kit.mounted import (
    NAMES,
    Mounted,
    described,
    every_plugin,
    is_problem,
    parts,
    the_clock_stands,
)
from tests.kit.variations import means_the_same_in_an_address, variations, wrong_types
from tests.kit.written_out import arguments_in, in_full

DESCRIPTION, ARGUMENT = 900, 700  # characters that assistants read of a tool and of an argument
FIRST = 512  # characters of the instructions that count most, as OpenAI has it
ASKS_FIRST = "never runs on its first call"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with every_plugin(tmp_path_factory.mktemp("every")) as app:
        yield app


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with the_clock_stands() as clock:
        yield clock


@pytest.fixture(params=NAMES, scope="module")
def plugin(app: Flask, request: pytest.FixtureRequest) -> Mounted:
    return Mounted(app, request.param)


@pytest.fixture
def somebody(plugin: Mounted) -> Mounted:
    """The plugin as called by a person who has done nothing yet."""
    return plugin.of(f"{secrets.token_hex(4)}@example.com")


@pytest.fixture(params=["path", "host"])
def door(plugin: Mounted, request: pytest.FixtureRequest) -> str:
    return plugin.door(request.param)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


class TestTools:
    def test_are_the_operations_in_the_order_of_the_declaration(self, plugin, version):
        declared = [each.name for each in plugin.declaration.operations]
        assert list(tools(plugin, version)) == declared == list(described(plugin.document()))

    def test_say_what_they_do(self, plugin, version):
        for name, tool in tools(plugin, version).items():
            assert tool["title"] == tool["annotations"]["title"]
            assert tool["title"].lower() == name.replace("_", " ")
            assert 0 < len(tool["description"]) <= DESCRIPTION, name

    def test_have_schemas_that_stand_alone(self, plugin, version):
        for tool in tools(plugin, version).values():
            for schema in (tool["inputSchema"], tool["outputSchema"]):
                Draft202012Validator.check_schema(schema)
                assert schema["type"] == "object"
                assert schema["additionalProperties"] is False
                assert isinstance(schema["properties"], dict)
                assert not [each for each in parts(schema) if {"$ref", "$defs"} & set(each)]

    def test_describe_every_argument(self, plugin, version):
        for name, tool in tools(plugin, version).items():
            for argument, schema in tool["inputSchema"]["properties"].items():
                told = schema.get("description", "")
                assert 0 < len(told) <= ARGUMENT, f"{name}.{argument}"

    def test_give_every_hint(self, plugin, version):
        found = tools(plugin, version)
        for operation in plugin.declaration.operations:
            reads = operation.kind is Kind.QUERY
            hints = found[operation.name]["annotations"]
            assert hints["readOnlyHint"] is reads
            assert hints["destructiveHint"] is not reads
            assert hints["openWorldHint"] is operation.open_world

    def test_say_twice_who_may_call_them(self, plugin, version):
        found = tools(plugin, version)
        for operation in plugin.declaration.operations:
            tool = found[operation.name]
            assert tool.get("securitySchemes") == tool["_meta"].get("securitySchemes")
            assert tool.get("securitySchemes") == security(operation)

    def test_are_the_same_bytes_for_everybody(self, plugin, door, version):
        people = [plugin, plugin, plugin.of("grace@example.com")]
        replies = [connected(each, version, door=door).send("tools/list") for each in people]
        assert len({reply.data for reply in replies}) == 1
        assert replies[0].status_code == 200


def security(operation: Operation) -> list[dict[str, Any]] | None:
    """What OpenAI is told, which knows no keys."""
    if isinstance(operation.auth, Public):
        return [{"type": "noauth"}]
    if isinstance(operation.auth, OAuth):
        return [{"type": "oauth2", "scopes": list(operation.scopes)}]
    return None


class TestTheSameStoryInDocuments:
    """What OpenAPI and MCP say of each operation, which is all that a caller knows of it."""

    def test_of_the_operation(self, plugin, version):
        document, found = described(plugin.document()), tools(plugin, version)
        for name, tool in found.items():
            assert tool["description"].startswith(document[name]["description"])
            acts = not tool["annotations"]["readOnlyHint"]
            assert document[name]["x-openai-isConsequential"] is acts

    def test_of_the_arguments(self, plugin, version):
        document = plugin.document()
        for name, tool in tools(plugin, version).items():
            told = arguments_in(document, described(document)[name])
            assert told["properties"] == tool["inputSchema"]["properties"], name
            assert told["required"] == set(tool["inputSchema"].get("required", ())), name

    def test_of_the_answer(self, plugin, version):
        document = plugin.document()
        for name, tool in tools(plugin, version).items():
            for status, response in described(document)[name]["responses"].items():
                if status in ("200", "202"):
                    told = response["content"]["application/json"]["schema"]
                    assert in_full(told, document) == tool["outputSchema"], name


class TestTheSameStoryInAnswers:
    """The same arguments lead to the same answer, or to the same refusal."""

    def test_of_every_door_and_revision(self, plugin, door, version):
        for operation in plugin.declaration.operations:
            values = plugin.arguments(operation)
            told = over_rest(plugin, operation, values, door)
            assert over_mcp(plugin, operation, values, door, version) == told, operation.name

    def test_of_arguments_that_are_right_or_wrong(self, plugin):
        schemas = {name: tool["inputSchema"] for name, tool in tools(plugin).items()}
        for operation in plugin.declaration.operations:
            schema, compared = schemas[operation.name], 0
            for values in variations(plugin.arguments(operation), schema):
                if means_the_same_in_an_address(operation, values, schema):
                    told = over_rest(plugin, operation, values)
                    assert over_mcp(plugin, operation, values) == told, (operation.name, values)
                    compared += 1
            assert compared >= 2 * len(operation.arguments), operation.name

    def test_an_argument_keeps_its_type(self, plugin, version):
        """Where a query string is read as what it must mean, JSON means what it is."""
        for name, tool in tools(plugin, version).items():
            operation = plugin.declaration.operation(name)
            for argument, schema in tool["inputSchema"]["properties"].items():
                for value in wrong_types(operation.arguments[argument], schema):
                    values = {**plugin.arguments(operation), argument: value}
                    refused = over_mcp(plugin, operation, values, version=version)
                    assert refused.body.get("code") == "invalid_arguments", (name, values)
                    faults = {each["field"].split(".")[0] for each in refused.body["errors"]}
                    assert faults == {argument}

    def test_an_unknown_argument_is_refused_by_its_name(self, plugin, version):
        for operation in plugin.declaration.operations:
            values = {**plugin.arguments(operation), "surprise": None}
            refused = over_mcp(plugin, operation, values, version=version)
            assert refused.is_problem
            assert [each["field"] for each in refused.body["errors"]] == ["surprise"]
            assert operation.name in refused.body["detail"]


class TestActions:
    def test_the_same_question_is_asked_and_nothing_is_done(self, somebody, version):
        before = everything_told(somebody)
        for operation in somebody.declaration.actions:
            values = somebody.arguments(operation)
            asked = over_mcp(somebody, operation, values, version=version)
            assert asked == over_rest(somebody, operation, values)
            if not asked.is_problem:
                assert asked.body["status"] == "confirmation_required"
        assert everything_told(somebody) == before

    @pytest.mark.parametrize(
        ("asks", "confirms"), [(over_rest, over_mcp), (over_mcp, over_rest)], ids=["rest", "mcp"]
    )
    def test_what_is_asked_here_is_confirmed_there(self, somebody, asks, confirms):
        """A plugin's actions one after the other, as an earlier one may make what a later one takes."""
        done = []
        for operation in somebody.declaration.actions:
            somebody.learn()
            asked = asks(somebody, operation, somebody.arguments(operation))
            if not asked.is_problem:
                confirmed = confirm(somebody, operation, asked, confirms)
                assert_is_executed(confirmed, asked)
                assert look(somebody, asked, asks) == confirmed
                if operation in in_the_chat(somebody):
                    assert relay(somebody, asked, asks) == confirmed
                for address in pages_in(confirmed.body, somebody.as_path):
                    read(connected(somebody), address)
                done.append(operation)
        assert_tried(somebody, done)

    def test_every_state_has_the_one_shape(self, somebody, version, clock):
        """`over_mcp` holds each answer to the schema of its tool."""
        call = partial(over_mcp, version=version)
        done = []
        for operation in somebody.declaration.actions:
            clock.shift(1)  # each comes after the one before
            somebody.learn()
            values = somebody.arguments(operation)
            first, second = (
                call(somebody, operation, {**values, "request_id": f"{operation.name} {key}"})
                for key in "ab"
            )
            if first.is_problem:
                continue
            # A person is asked one thing about a thing; the chat, as often as it likes.
            replaced = state(somebody, first, call) == "superseded"
            assert not (replaced and operation in in_the_chat(somebody))
            in_turn = [second] if replaced else [first, second]
            assert state(somebody, in_turn[0], call) == "confirmation_required"
            assert_is_executed(confirm(somebody, operation, in_turn[0], call), in_turn[0])
            for each in in_turn[1:]:
                if not each.is_problem:  # it fails as when the place is taken
                    failed = has_failed(confirm(somebody, operation, each, call))
                    assert state(somebody, each, call) == ("failed" if failed else "executed")
            again = call(somebody, operation, values)
            done_by_then = {each.body.get("confirmation_id") for each in (first, second)}
            assert again.body["status"] == "executed"
            assert again.body["duplicate_of"] in done_by_then
            done.append(operation)
        assert_tried(somebody, done)

    def test_a_question_that_nobody_answers_expires(self, somebody, clock):
        asked = [
            (operation, over_mcp(somebody, operation, somebody.arguments(operation)))
            for operation in somebody.declaration.actions
        ]
        clock.shift(LIFETIME + timedelta(seconds=1))
        for operation, each in asked:
            if not each.is_problem:
                assert state(somebody, each) == "expired"
                if operation in in_the_chat(somebody):
                    refused = relay(somebody, each)
                    assert (refused.is_problem, refused.body["status"]) == (True, 410)

    @pytest.mark.parametrize(
        ("reply", "status"),
        [("accept", "executed"), ("decline", "declined"), ("cancel", "confirmation_required")],
    )
    def test_a_client_that_can_asks_the_question_itself(self, somebody, reply, status):
        client = connected(somebody, capabilities={"elicitation": {}})
        done = []
        for operation in in_the_chat(somebody):
            somebody.learn()
            values = somebody.arguments(operation)
            asked = client.call(operation.name, values)
            if asked["resultType"] == "complete":
                assert asked["isError"], "an action that did not ask"
                continue
            [(name, question)] = asked["inputRequests"].items()
            envelope = over_rest(somebody, operation, values).body
            assert question["params"]["message"].startswith(envelope["question"])
            answers = {name: {"action": reply, "content": {}}}
            more = {"inputResponses": answers, "requestState": asked["requestState"]}
            told = outcome(client.call(operation.name, values, **more)).body
            assert_keeps_to(tools(somebody)[operation.name]["outputSchema"], told)
            assert (told["status"], told["confirmation_id"]) == (
                status,
                envelope["confirmation_id"],
            )
            done.append(operation)
        assert_tried(somebody, done, in_the_chat(somebody))

    @pytest.mark.parametrize("reply", ["accept", "decline", "cancel"])
    def test_a_client_that_can_opens_the_page(self, somebody, reply):
        """Whatever it says of its user, nothing is approved by that."""
        client = connected(somebody, capabilities={"elicitation": {"url": {}}})
        done = []
        for operation in somebody.declaration.actions:
            somebody.learn()
            values = somebody.arguments(operation)
            asked = client.call(operation.name, values)
            if asked["resultType"] == "complete":
                assert asked["isError"], "an action that did not ask"
                continue
            [(name, question)] = asked["inputRequests"].items()
            envelope = over_rest(somebody, operation, values).body
            assert question["params"]["url"] == envelope["confirm_url"]
            answers = {name: {"action": reply}}
            more = {"inputResponses": answers, "requestState": asked["requestState"]}
            told = outcome(client.call(operation.name, values, **more)).body
            assert_keeps_to(tools(somebody)[operation.name]["outputSchema"], told)
            refused = "declined" if operation in in_the_chat(somebody) else "cancelled"
            expected = refused if reply == "decline" else "confirmation_required"
            assert (told["status"], told["result"]) == (expected, None)
            done.append(operation)
        assert_tried(somebody, done)


def everything_told(plugin: Mounted) -> list[Outcome]:
    """The answers of all queries."""
    return [
        over_rest(plugin, operation, plugin.arguments(operation))
        for operation in plugin.declaration.queries
    ]


def assert_is_executed(confirmed: Outcome, asked: Outcome) -> None:
    assert confirmed.body["status"] == "executed"
    assert confirmed.body["confirmation_id"] == asked.body["confirmation_id"]
    assert confirmed.body["result"] is not None


def has_failed(confirmed: Outcome) -> bool:
    """A relayed yes is refused then; the page shows it, and so does asking."""
    return confirmed.is_problem or confirmed.body["status"] == "failed"


def assert_tried(
    plugin: Mounted, done: list[Operation], actions: Sequence[Operation] | None = None
) -> None:
    """A test that could do nothing must not pass for one that found nothing wrong."""
    if (plugin.declaration.actions if actions is None else actions) and not done:
        pytest.skip(f"no action of {plugin.name} takes the values that its examples give")


class TestIntroduction:
    def test_says_what_counts_first(self, plugin, door, version):
        told = connected(plugin, version, door=door).connect()["instructions"]
        assert plugin.declaration.instructions in told
        assert plugin.declaration.summary in told[:FIRST]
        assert (ASKS_FIRST in told[:FIRST]) is bool(plugin.declaration.actions)

    def test_says_that_first_however_much_the_author_says(self, plugin):
        talkative = replace(plugin.declaration, instructions="There is more to say. " * 500)
        first = instructions(talkative)[:FIRST]
        assert talkative.summary in first
        assert (ASKS_FIRST in first) is bool(talkative.actions)

    def test_shows_the_icon_at_the_door_that_was_asked(self, plugin, door, version):
        server = connected(plugin, version, door=door).connect()["serverInfo"]
        assert (server["name"], server["title"]) == (plugin.name, plugin.declaration.title)
        assert server["websiteUrl"] == f"{door}/"
        [icon] = server["icons"]
        assert icon["src"].startswith(f"{door}/")
        shown = plugin.ask(icon["src"].removeprefix(door), door=door)
        assert (shown.status_code, shown.mimetype) == (200, icon["mimeType"])
        assert shown.mimetype == "image/png"

    def test_promises_what_is_there(self, plugin, version):
        client = connected(plugin, version)
        for capability in client.connect()["capabilities"]:
            if capability != "completions":
                assert client.ask(f"{capability}/list")[capability]


class TestPrompts:
    def test_are_the_examples(self, plugin, door, version):
        client = connected(plugin, version, door=door)
        if plugin.declaration.examples:
            listed = client.ask("prompts/list")["prompts"]
            assert tuple(each["title"] for each in listed) == plugin.declaration.examples
            assert len({each["name"] for each in listed}) == len(listed)
            for each in listed:
                [message] = client.ask("prompts/get", name=each["name"])["messages"]
                assert message["role"] == "user"
                assert message["content"] == {"type": "text", "text": each["title"]}
        else:
            assert "prompts" not in client.connect()["capabilities"]


class TestResources:
    def test_all_that_are_listed_can_be_read(self, plugin, door, version):
        client = connected(plugin, version, door=door)
        listed = list(all_resources(client))
        assert f"{door}/" in [each["uri"] for each in listed]
        assert len({each["uri"] for each in listed}) == len(listed)
        for each in listed:
            content = read(client, each["uri"])
            assert content["mimeType"] == each["mimeType"]

    def test_pages_with_variables_are_listed_as_templates(self, plugin, door, version):
        listed = connected(plugin, version, door=door).ask("resources/templates/list")
        templates = {each["uriTemplate"] for each in listed["resourceTemplates"]}
        for rule in plugin.app.url_map.iter_rules():
            if rule.rule.startswith(f"/{plugin.name}/pages/") and rule.arguments:
                path = rule.rule.removeprefix(f"/{plugin.name}")
                assert door + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) in templates

    def test_the_page_is_what_a_person_would_see(self, plugin, door):
        content = read(connected(plugin, door=door), f"{door}/")
        assert content["text"] == plugin.ask("/", door=door).text

    def test_what_answers_point_to_can_be_read(self, plugin, door, version):
        """By whoever got the answer: a client that opens no links has the pages all the same."""
        for operation in plugin.declaration.queries:
            client = plugin.conversation(version, door=door, token=plugin.token(operation))
            answer = outcome(client.call(operation.name, plugin.arguments(operation))).body
            for address in pages_in(answer, door):
                assert read(client, address)["uri"] == address


def all_resources(client: Conversation) -> Iterator[dict[str, Any]]:
    """What is listed, page after page."""
    page = client.ask("resources/list")
    yield from page["resources"]
    while "nextCursor" in page:
        page = client.ask("resources/list", cursor=page["nextCursor"])
        assert page["resources"]
        yield from page["resources"]


def read(client: Conversation, uri: str) -> dict[str, Any]:
    """What there is at an address."""
    [content] = client.ask("resources/read", uri=uri)["contents"]
    assert content["uri"] == uri
    assert content.get("text") or content.get("blob")
    return content


def pages_in(answer: Mapping[str, Any], door: str) -> set[str]:
    """The addresses of pages of the plugin that an answer gives, under `url` or `some_url`."""
    found = (value for part in parts(answer) for name, value in part.items() if "url" in name)
    return {value for value in found if isinstance(value, str) and value.startswith(f"{door}/")}


class TestWhoMayCall:
    def test_nobody_without_the_right_credential(self, plugin, door, version):
        if is_open(plugin):
            return
        for wrong in (None, "gwt_wrong", *plugin.tokens_of_others(plugin.declaration)):
            client = plugin.conversation(version, door=door, token=wrong)
            for method, params in requests(plugin, door, version):
                refused = client.send(method, **params)
                assert is_problem(refused, 401), method
                assert refused.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_anybody_where_it_is_open(self, plugin, door, version):
        if is_open(plugin):
            client = plugin.conversation(version, door=door)
            for method, params in requests(plugin, door, version):
                may_read = isinstance(plugin.declaration.auth, Public)
                if may_read or method != "resources/read":
                    assert client.send(method, **params).status_code not in (401, 403)
            for operation in plugin.declaration.operations:
                if not isinstance(operation.auth, Public):
                    assert_refused(plugin, client, operation, 401)

    def test_nobody_without_the_scopes(self, plugin, version):
        for operation in plugin.declaration.operations:
            if operation.scopes and operation.auth.names_a_person:
                token = plugin.token(operation, scopes=())
                client = plugin.conversation(version, token=token)
                challenge = assert_refused(plugin, client, operation, 403)
                assert 'error="insufficient_scope"' in challenge
                assert client.ask("tools/list")["tools"]

    def test_nobody_confirms_for_somebody_else(self, somebody):
        mallory = somebody.of("mallory@example.com")
        for operation in somebody.declaration.actions:
            asked = over_mcp(somebody, operation, somebody.arguments(operation))
            if operation.auth.names_a_person and not asked.is_problem:
                assert look(mallory, asked).body["code"] == "action_not_found"
                if operation in in_the_chat(somebody):
                    assert relay(mallory, asked).body["code"] == "action_not_found"
                page = mallory.person().browser().get(urlsplit(asked.body["confirm_url"]).path)
                assert page.status_code == 404
                assert state(somebody, asked) == "confirmation_required"

    def test_nobody_by_another_method(self, plugin, door):
        for method in ("GET", "DELETE", "PUT", "PATCH"):
            refused = plugin.ask("/mcp", method, door=door)
            assert is_problem(refused, 405)
            assert refused.headers["Allow"] == "POST"


def is_open(plugin: Mounted) -> bool:
    """Whether some operation can be called by anybody: then anybody may look at the lists, too."""
    return any(isinstance(each.auth, Public) for each in plugin.declaration.operations)


def assert_refused(plugin: Mounted, client: Conversation, operation: Operation, status: int) -> str:
    """That a call is refused for want of a credential, by HTTP or where OpenAI looks; the challenge.

    Whoever is connected to a plugin that is open in part learns from the tool that it needs an account.
    """
    if is_open(plugin):
        result = client.call(operation.name, plugin.arguments(operation))
        assert outcome(result).body["status"] == status
        [challenge] = result["_meta"]["mcp/www_authenticate"]
    else:
        values = plugin.arguments(operation)
        refused = client.send("tools/call", name=operation.name, arguments=values)
        assert is_problem(refused, status)
        challenge = refused.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    return str(challenge)


def requests(plugin: Mounted, door: str, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A request of every kind, right ones and some that ask for what is not there."""
    yield ("server/discover", {}) if version == MODERN else ("initialize", HANDSHAKE_OF[version])
    for method in ("tools", "prompts", "resources", "resources/templates"):
        yield f"{method}/list", {}
    for operation in plugin.declaration.operations:
        yield "tools/call", {"name": operation.name, "arguments": plugin.arguments(operation)}
        yield "tools/call", {"name": operation.name, "arguments": {"surprise": 1}}
    yield "tools/call", {"name": "no_such_tool"}
    yield "prompts/get", {"name": "no_such_prompt"}
    yield "resources/read", {"uri": f"{door}/"}
    yield "resources/read", {"uri": f"{door}/pages/no/such/page"}
