"""What holds of every plugin over MCP, in every revision, and that it is the same as over REST.

A folder in plugins/ is under test from the moment it is there. Nothing here names a plugin.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache, partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker

from gateway import OAuth, Public
from gateway.confirmations.record import LIFETIME
from gateway.declaration import Kind, Operation
from tests.kit.conversation import HANDSHAKE_OF, VERSIONS, Conversation, Outcome, outcome
from tests.kit.mcp_client import MODERN
from tests.kit.mounted import (
    NAMES,
    NOW,
    Mounted,
    described,
    every_plugin,
    is_problem,
    parts,
    the_clock_stands,
)
from tests.kit.variations import means_the_same_in_an_address, variations, wrong_types

DESCRIPTION, ARGUMENT = 900, 700  # characters that assistants read of a tool and of an argument
FIRST = 512  # characters of the instructions that count most, as OpenAI has it

Ask = Callable[[Mounted, Operation, Mapping[str, Any]], Outcome]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with every_plugin(tmp_path_factory.mktemp("every")) as app:
        yield app


@pytest.fixture(autouse=True)
def _the_clock_stands() -> Iterator[None]:
    with the_clock_stands():
        yield


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
        promised = tools(plugin, version)[operation.name]["outputSchema"]
        Draft202012Validator(promised, format_checker=FormatChecker()).validate(found.body)
    return found


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
            assert tool["description"] == document[name]["description"]
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


def arguments_in(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation, wherever OpenAPI has them."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    inside = in_full(body.get("schema", {"properties": {}}), document)
    outside = {each["name"]: each for each in operation["parameters"]}
    properties = {
        name: {**each["schema"], "description": each["description"]}
        for name, each in outside.items()
    }
    assert not set(properties) & set(inside["properties"])
    needed = {name for name, each in outside.items() if each["required"]}
    return {
        "properties": {**properties, **inside["properties"]},
        "required": needed | set(inside.get("required", ())),
    }


REFERRING = ("$ref", "allOf", "anyOf")


def in_full(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to written out, closed as for somebody who reads it each time."""
    whole = partial(in_full, document=document)
    full = {name: each for name, each in schema.items() if name not in REFERRING}
    for each in (schema, *schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in each:
            name = each["$ref"].removeprefix("#/components/schemas/")
            full = {**whole(document["components"]["schemas"][name]), **full}
    if {"type": "null"} in schema.get("anyOf", ()):
        full["type"] = [full["type"], "null"]
    if "properties" in full:
        full["properties"] = {name: whole(each) for name, each in full["properties"].items()}
        full.setdefault("additionalProperties", False)
    if "items" in full:
        full["items"] = whole(full["items"])
    return full


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
                for value in wrong_types(schema):
                    if value is None and operation.arguments[argument].allow_none:
                        continue
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
