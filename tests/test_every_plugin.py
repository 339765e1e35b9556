"""What holds of every plugin: a folder in plugins/ is under test from the moment it is there.

Each is tested as it stands and as a copy under another name. Nothing here names a plugin.
"""

from collections.abc import Iterator

import pytest
import yaml
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway import OAuth, Public, ServiceKey, UserKey
from gateway.declaration import PATH_NAME, Kind, Operation
from tests.kit.mounted import (
    NAMES,
    Mounted,
    described,
    every_plugin,
    is_problem,
    parts,
    the_clock_stands,
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# What readers take: of a manifest in 2023, and GPT Actions of a document and its parts.
MANIFEST = {
    "schema_version": 2,
    "name_for_human": 20,
    "name_for_model": 50,
    "description_for_human": 100,
    "description_for_model": 8_000,
}
MANIFEST_LINKS = ("auth", "api", "logo_url", "contact_email", "legal_info_url")
OPERATIONS, OPERATION_TEXT, ARGUMENT_TEXT, DOCUMENT = 30, 300, 700, 100_000

AUTH = {
    Public: "type",
    UserKey: "type authorization_type",
    ServiceKey: "type authorization_type verification_tokens",
    OAuth: "type client_url scope authorization_url authorization_content_type verification_tokens",
}


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


@pytest.fixture(params=["path", "host"])
def door(plugin: Mounted, request: pytest.FixtureRequest) -> str:
    return plugin.door(request.param)


def test_the_manifest_is_exact(plugin, door):
    manifest = plugin.ask("/.well-known/ai-plugin.json", door=door).json
    assert list(manifest) == [*MANIFEST, *MANIFEST_LINKS]
    for name, limit in MANIFEST.items():
        assert 0 < len(manifest[name]) <= limit, name
    assert manifest["name_for_model"] == plugin.name
    assert " ".join(manifest["auth"]) == AUTH[type(plugin.declaration.auth)]
    assert manifest["api"] == {"type": "openapi", "url": f"{door}/openapi.json"}
    assert manifest["logo_url"] == f"{door}/logo.png"
    assert manifest["legal_info_url"] == f"{door}/legal"
    assert manifest["contact_email"].endswith("localhost")


def test_the_old_address_of_the_manifest_leads_to_it(plugin, door):
    moved = plugin.ask("/.known/ai-plugin.json", door=door)
    assert (moved.status_code, moved.location) == (308, f"{door}/.well-known/ai-plugin.json")


def test_the_openapi_document_is_valid_and_names_its_door(plugin, door):
    response = plugin.ask("/openapi.json", door=door)
    OpenAPIV31SpecValidator(response.json).validate()
    assert response.json["servers"] == [{"url": door}]
    assert yaml.safe_load(plugin.ask("/openapi.yaml", door=door).data) == response.json
    etag = {"If-None-Match": response.headers["ETag"]}
    assert plugin.ask("/openapi.json", door=door, headers=etag).status_code == 304


def test_both_doors_give_the_same_documents(plugin):
    for path in ("/openapi.json", "/.well-known/ai-plugin.json"):
        as_path, as_host = (
            plugin.ask(path, door=door).text for door in (plugin.as_path, plugin.as_host)
        )
        in_path_form = as_host.replace(plugin.as_host, plugin.as_path)
        assert in_path_form.replace(f"@{plugin.name}.localhost", "@localhost") == as_path


def test_the_strictest_reader_takes_the_document(plugin):
    document, operations = plugin.document(), described(plugin.document())
    assert len(plugin.ask("/openapi.json").data) < DOCUMENT
    assert list(operations) == [each.name for each in plugin.declaration.operations]
    assert len(operations) <= OPERATIONS
    for operation in operations.values():
        assert 0 < len(operation["summary"]) <= len(operation["description"]) <= OPERATION_TEXT
    for part in parts(document):
        assert not {"nullable", "$defs"} & set(part)
        assert "object" not in str(part.get("type")) or "properties" in part, part
        assert "$ref" not in part or part["$ref"].startswith("#/components/")


def test_every_argument_and_every_field_of_an_answer_is_described(plugin):
    document = plugin.document()
    for operation in described(document).values():
        for parameter in operation["parameters"]:
            assert 0 < len(parameter["description"]) <= ARGUMENT_TEXT, parameter
    for name, schema in document["components"]["schemas"].items():
        for field, told in schema["properties"].items():
            assert 0 < len(told.get("description", "")) <= ARGUMENT_TEXT, f"{name}.{field}"


def test_what_changes_something_says_so(plugin):
    operations = described(plugin.document())
    for each in plugin.declaration.operations:
        told = operations[each.name]
        assert told["x-openai-isConsequential"] is (each.kind is not Kind.QUERY)
        assert ("202" in told["responses"]) is (each.envelope is not None)


def test_both_doors_tell_the_same_story(plugin):
    for operation in plugin.declaration.operations:
        token = plugin.token(operation)
        as_path = plugin.call(operation, door=plugin.as_path, token=token)
        as_host = plugin.call(operation, door=plugin.as_host, token=token)
        assert as_host.status_code == as_path.status_code
        assert as_host.text.replace(plugin.as_host, plugin.as_path) == as_path.text


def test_answers_are_what_the_document_promises(plugin):
    document = plugin.document()
    for operation in plugin.declaration.operations:
        answer = plugin.call(operation, token=plugin.token(operation))
        promised = described(document)[operation.name]["responses"]
        assert str(answer.status_code) in promised, f"{operation.name}: {answer.text}"
        content = promised[str(answer.status_code)]["content"]
        schema = {**content[answer.mimetype]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.get_json(force=True))


def test_examples_work(plugin):
    """An example is a promise: pages and the log show it as a line to paste."""
    for operation in plugin.declaration.queries:
        required = (each for each in operation.takes.fields.values() if each.required)
        if operation.takes.fields and all("example" in each.metadata for each in required):
            answer = plugin.call(operation, token=plugin.token(operation))
            assert answer.status_code in (200, 503), f"{operation.name}: {answer.text}"


def test_an_unknown_argument_is_refused_by_its_name(plugin):
    for operation in plugin.declaration.operations:
        refused = plugin.call(operation, token=plugin.token(operation), surprise="1")
        assert is_problem(refused, 422)
        told = {each["field"]: each["detail"] for each in refused.get_json(force=True)["errors"]}
        assert operation.name in told["surprise"]
        assert "surprise" in refused.get_json(force=True)["detail"]


def test_an_action_does_not_act_unconfirmed(plugin):
    for operation in plugin.declaration.actions:
        token = plugin.token(operation)
        asked = plugin.call(operation, token=token)
        if asked.status_code != 202:
            assert 400 <= asked.status_code < 500, operation.name
            assert is_problem(asked, asked.status_code)
            continue
        assert asked.json["status"] == "confirmation_required"
        assert asked.json["question"]
        assert (asked.json["result"], asked.json["error"]) == (None, None)
        again = plugin.call(operation, token=token)
        assert (again.status_code, again.json) == (202, asked.json)


def test_the_wrong_yes_runs_nothing(plugin):
    for operation in plugin.declaration.operations:
        if operation.kind is Kind.APPROVAL:
            assert is_problem(plugin.call(operation, token=plugin.token(operation)), 404)


def test_nobody_is_let_in_without_the_right_credential(plugin):
    for operation in plugin.declaration.operations:
        if isinstance(operation.auth, Public):
            assert plugin.call(operation).status_code not in (401, 403)
            continue
        for wrong in (None, "gwt_wrong", *plugin.tokens_of_others(operation)):
            refused = plugin.call(operation, token=wrong)
            assert is_problem(refused, 401)
            assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_allows_no_more_than_its_scopes(plugin):
    for operation in plugin.declaration.operations:
        if operation.scopes and operation.auth.names_a_person:
            refused = plugin.call(operation, token=plugin.token(operation, scopes=()))
            assert is_problem(refused, 403)
            challenge = refused.headers["WWW-Authenticate"]
            assert 'error="insufficient_scope"' in challenge
            assert f'scope="{" ".join(operation.scopes)}"' in challenge


def test_the_other_methods_are_refused(plugin, door):
    taken = {(_shape(each), each.method) for each in plugin.declaration.operations}
    for operation in plugin.declaration.operations:
        for method in METHODS:
            if (_shape(operation), method) not in taken:
                refused = plugin.ask(_shape(operation), method, door=door)
                assert is_problem(refused, 405)
                assert method not in refused.headers["Allow"].split(", ")


def _shape(operation: Operation) -> str:
    return PATH_NAME.sub("x", operation.path)


def test_an_unknown_address_is_a_problem(plugin, door):
    for path in ("/no/such/address", "/.well-known/nothing", "/openapi.json/more"):
        for method in METHODS:
            assert is_problem(plugin.ask(path, method, door=door), 404)


def test_what_people_open_is_html(plugin, door):
    for path in ("/", "/legal", "/privacy"):
        page = plugin.ask(path, door=door)
        assert (page.status_code, page.mimetype) == (200, "text/html")
    missing = plugin.ask("/pages/no/such/page", door=door)
    assert (missing.status_code, missing.mimetype) == (404, "text/html")


def test_the_pages_of_its_own_are_html(plugin, door):
    addresses = plugin.app.url_map.bind("localhost")
    for rule in plugin.app.url_map.iter_rules():
        if rule.rule.startswith(f"/{plugin.name}/pages/") and "GET" in rule.methods:
            path = addresses.build(rule.endpoint, dict.fromkeys(rule.arguments, "1"))
            page = plugin.ask(path.removeprefix(f"/{plugin.name}"), door=door)
            assert page.mimetype == "text/html"
            assert page.status_code in (200, 404, 503), page.text


def test_the_logo_is_a_png(plugin, door):
    logo = plugin.ask("/logo.png", door=door)
    assert (logo.status_code, logo.mimetype) == (200, "image/png")
    assert logo.data.startswith(b"\x89PNG\r\n\x1a\n")
