import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from marshmallow import Schema, fields, validate
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.documents.formats import as_json, as_yaml
from gateway.documents.openapi import openapi
from gateway.documents.tools import tool
from gateway.envelope import envelope_fields

BASE = "http://localhost:8000/booking"


class Weekday(StrEnum):
    MONDAY = "mon"
    TUESDAY = "周二"


def second(tags=None):
    """Answer something else."""


def first():
    """Answer something."""


def saying(declaration, name, words, **policy):
    """The plugin with another text for one of its actions."""
    before = declaration.operation(name)
    after = replace(before, description=words, policy=replace(before.policy, **policy))
    changed = (after if each is before else each for each in declaration.operations)
    return replace(declaration, operations=tuple(changed))


def told_of(declaration, name):
    """What OpenAPI and MCP say of an operation."""
    described = operations(openapi(declaration, BASE))[name]["description"]
    return described, tool(declaration.operation(name))["description"]


@pytest.fixture
def document(declaration):
    return openapi(declaration, BASE)


@pytest.fixture
def bookings(linked):
    return openapi(linked, BASE)


def parts(node, place=()):
    """Every object in a document, with the keys that lead to it."""
    if isinstance(node, dict):
        yield place, node
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(inner, dict | list):
            yield from parts(inner, (*place, key))


def operations(document):
    return {
        each["operationId"]: each for item in document["paths"].values() for each in item.values()
    }


def parameters(document, name):
    return {each["name"]: each for each in operations(document)[name]["parameters"]}


def component(document, name):
    return document["components"]["schemas"][name]


def answer(document, name, status="200"):
    content = operations(document)[name]["responses"][status]["content"]
    return content["application/json"]["schema"]


def validator(document, schema):
    """A validator of `schema`, whose references lead into the document."""
    rooted = {**schema, "components": document["components"]}
    return Draft202012Validator(rooted, format_checker=FormatChecker())


def test_is_valid_openapi_3_1(document):
    OpenAPIV31SpecValidator(json.loads(as_json(document))).validate()


def test_schemas_are_valid_json_schema(document):
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_introduces_the_plugin(bookings):
    assert bookings["openapi"] == "3.1.0"
    assert bookings["info"] == {
        "title": "Test booking",
        "version": "1.0.0",
        "summary": "Find free times and book appointments at Harbour Physio.",
        "description": "Use this when the user wants to see free times, 预约 or cancel.",
    }
    assert bookings["servers"] == [{"url": BASE}]


def test_has_a_path_for_each_address(bookings):
    assert {path: list(item) for path, item in bookings["paths"].items()} == {
        "/slots": ["get"],
        "/bookings/{booking_id}": ["get"],
        "/hours": ["get"],
        "/bookings": ["post"],
        "/bookings/{booking_id}/cancel": ["post"],
        "/confirmations/{confirmation_id}": ["get"],
        "/confirmations/{confirmation_id}/confirm": ["post"],
    }


class TestStrictReaders:
    """What GPT Actions refused or skipped, each on every document."""

    def test_every_reference_leads_somewhere(self, document):
        for place, node in parts(document):
            if "$ref" in node:
                *above, name = node["$ref"].removeprefix("#/").split("/")
                assert above == ["components", "schemas"], place
                assert name in document["components"]["schemas"], place

    def test_a_reference_stands_alone(self, document):
        for place, node in parts(document):
            assert "$ref" not in node or len(node) == 1, place

    def test_parameters_are_inline_in_each_operation(self, document):
        for item in document["paths"].values():
            assert set(item) <= {"get", "post"}
        assert "parameters" not in document["components"]
        for place, node in parts(document["paths"]):
            assert "parameters" not in place or "$ref" not in node, place

    def test_every_object_has_properties(self, document):
        schemas = [each for place, each in parts(document) if place and place[-1] != "properties"]
        objects = [each for each in schemas if "object" in each.get("type", ())]
        assert len(objects) > 10
        assert all("properties" in each for each in objects)

    def test_texts_fit(self, document):
        for operation in operations(document).values():
            assert 0 < len(operation["summary"]) <= 300
            assert 0 < len(operation["description"]) <= 300
            for parameter in operation["parameters"]:
                assert 0 < len(parameter["description"]) <= 700

    def test_an_action_says_that_it_only_asks(self, declaration):
        """Of 300 characters all are the author's; those of the gateway follow where they fit."""
        asks = "This call only asks the user. Nothing is done until get_confirmation says executed."
        told, by_mcp = told_of(declaration, "find_slots")
        assert told == by_mcp == declaration.operation("find_slots").description
        for words, is_told in (("Book it.", True), ("B" * 216, True), ("B" * 217, False)):
            told, by_mcp = told_of(saying(declaration, "book", words), "book")
            assert told == (f"{words}\n{asks}" if is_told else words)
            assert by_mcp == f"{words}\n{asks}"

    def test_an_action_says_that_it_can_be_undone(self, declaration):
        undoable = saying(declaration, "book", "Book it.", undoable=True)
        told, by_mcp = told_of(undoable, "book")
        assert told == by_mcp
        assert told.endswith("executed.\nIt can be undone later.")
        assert tool(undoable.operation("book"))["annotations"]["destructiveHint"] is True

    def test_every_operation_says_whether_it_acts(self, document):
        told = {
            name: operation["x-openai-isConsequential"]
            for name, operation in operations(document).items()
        }
        assert told == {
            "find_slots": False,
            "get_booking": False,
            "opening_hours": False,
            "book": True,
            "cancel": True,
            "get_confirmation": False,
            "confirm_action": True,
        }


class TestParameters:
    def test_are_described_outside_their_schema(self, bookings):
        assert parameters(bookings, "find_slots")["service"] == {
            "name": "service",
            "in": "query",
            "required": True,
            "description": "What is wanted.",
            "schema": {"type": "string", "enum": ["massage", "按摩"]},
        }

    def test_a_name_in_the_path_travels_there(self, bookings):
        for name in ("get_booking", "cancel"):
            (parameter,) = operations(bookings)[name]["parameters"]
            assert (parameter["in"], parameter["required"]) == ("path", True)

    def test_limits_and_defaults_are_carried(self, bookings):
        schemas = {
            name: each["schema"] for name, each in parameters(bookings, "find_slots").items()
        }
        assert schemas["limit"] == {"type": "integer", "default": 20, "minimum": 1, "maximum": 100}
        assert schemas["price"] == {"type": "number", "default": 1.5, "exclusiveMinimum": 0}

    def test_a_field_of_an_own_class_is_what_it_inherits(self, bookings):
        assert parameters(bookings, "find_slots")["after"]["schema"] == {
            "type": "string",
            "format": "date-time",
            "default": "2026-11-22T09:00:00+00:00",
        }

    def test_what_may_be_none_is_left_out_of_an_address(self, bookings):
        time_zone = parameters(bookings, "find_slots")["time_zone"]
        assert time_zone["required"] is False
        assert time_zone["schema"] == {"type": "string", "maxLength": 64}

    def test_a_list_is_repeated(self, bookings):
        assert parameters(bookings, "find_slots")["staff"] == {
            "name": "staff",
            "in": "query",
            "required": False,
            "style": "form",
            "explode": True,
            "description": "With whom.",
            "schema": {
                "type": "array",
                "maxItems": 5,
                "items": {"type": "string", "minLength": 1, "enum": ["ann", "bo"]},
            },
        }

    @pytest.mark.parametrize(
        ("field", "schema"),
        [
            (
                fields.Float(validate=validate.Range(0, 9, max_inclusive=False)),
                {"type": "number", "minimum": 0.0, "exclusiveMaximum": 9.0},
            ),
            (fields.DateTime(format="%d.%m.%Y"), {"type": "string"}),
            (fields.NaiveDateTime(), {"type": "string"}),
            (fields.Url(), {"type": "string", "format": "uri"}),
            (fields.Enum(Weekday, by_value=True), {"type": "string", "enum": ["mon", "周二"]}),
        ],
    )
    def test_unusual_fields_are_told_exactly(self, declare, field, schema):
        made = declare("unusual")
        made.query("/second", takes={"tags": field}, returns={})(second)
        document = openapi(made.declaration, BASE)
        assert parameters(document, "second")["tags"]["schema"] == schema
        assert json.loads(as_json(document)) == document


class TestBodies:
    def body(self, document, name):
        return operations(document)[name].get("requestBody")

    def test_only_actions_and_approvals_have_one(self, bookings):
        with_body = {name for name in operations(bookings) if self.body(bookings, name)}
        assert with_body == {"book", "cancel", "confirm_action"}

    def test_is_named_after_the_operation(self, bookings):
        assert self.body(bookings, "book")["content"] == {
            "application/json": {"schema": {"$ref": "#/components/schemas/BookRequest"}}
        }

    def test_takes_the_arguments_and_the_gateways_own(self, bookings):
        schema = component(bookings, "BookRequest")
        assert set(schema["properties"]) == {
            *("start", "guest", "notes"),
            *("request_id", "allow_duplicate"),
        }
        assert schema["required"] == ["guest", "start"]
        assert schema["properties"]["request_id"]["maxLength"] == 255
        assert schema["properties"]["allow_duplicate"]["default"] is False

    def test_leaves_out_what_is_in_the_path(self, bookings):
        properties = component(bookings, "CancelRequest")["properties"]
        assert set(properties) == {"request_id", "allow_duplicate"}
        assert set(component(bookings, "ConfirmActionRequest")["properties"]) == {"hash"}

    def test_is_required_where_something_in_it_is(self, bookings):
        needed = {name: self.body(bookings, name)["required"] for name in ("book", "cancel")}
        assert needed == {"book": True, "cancel": False}

    def test_stands_alone_and_is_closed_all_through(self, bookings):
        schema = component(bookings, "BookRequest")
        assert not [node for _, node in parts(schema) if "$ref" in node]
        assert schema["additionalProperties"] is False
        assert schema["properties"]["guest"]["additionalProperties"] is False
        assert schema["properties"]["notes"] == {
            "type": "object",
            "description": "Anything else.",
            "additionalProperties": {},
            "properties": {},
        }

    def test_null_may_be_sent_in_json(self, bookings):
        guest = component(bookings, "BookRequest")["properties"]["guest"]
        assert guest["properties"]["email"]["type"] == ["string", "null"]


class TestResponses:
    def test_an_answer_about_an_action_comes_as_200_or_202(self, bookings):
        for name in ("book", "cancel", "get_confirmation", "confirm_action"):
            assert answer(bookings, name) == answer(bookings, name, "202")
        assert answer(bookings, "book") == {"$ref": "#/components/schemas/BookConfirmation"}
        for name in ("find_slots", "get_booking"):
            assert "202" not in operations(bookings)[name]["responses"]

    @pytest.mark.parametrize(
        ("name", "problems"),
        [
            ("find_slots", "401 403 404 422 429 503 default"),
            ("opening_hours", "404 422 429 503 default"),
            ("book", "400 401 403 404 409 413 415 422 429 503 default"),
            ("confirm_action", "400 401 403 404 409 410 413 415 422 429 503 default"),
        ],
    )
    def test_problems_that_can_come_are_named(self, bookings, name, problems):
        responses = operations(bookings)[name]["responses"]
        found = [status for status in responses if status not in ("200", "202")]
        assert found == problems.split()
        for status in found:
            assert responses[status]["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }

    def test_a_public_plugin_asks_for_no_credential(self, declarations):
        for operation in operations(openapi(declarations["none"], BASE)).values():
            assert not {"401", "403"} & set(operation["responses"])


class TestSecurity:
    @pytest.mark.parametrize(
        ("kind", "name"), [("service_http", "serviceKey"), ("user_http", "userKey")]
    )
    def test_keys_are_bearers(self, declarations, kind, name):
        document = openapi(declarations[kind], BASE)
        schemes = document["components"]["securitySchemes"]
        assert list(schemes) == [name]
        assert (schemes[name]["type"], schemes[name]["scheme"]) == ("http", "bearer")
        assert operations(document)["book"]["security"] == [{name: []}]

    def test_oauth_names_its_addresses_and_scopes(self, bookings):
        assert bookings["components"]["securitySchemes"] == {
            "oauth": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": f"{BASE}/oauth/authorize",
                        "tokenUrl": f"{BASE}/oauth/token",
                        "refreshUrl": f"{BASE}/oauth/token",
                        "scopes": {
                            "bookings:read": "List the free times for a service; Show one booking",
                            "bookings:write": "Book a free time for the user; Cancel a booking",
                        },
                    }
                },
            }
        }

    def test_an_operation_needs_its_own_scopes(self, bookings):
        needed = {name: each["security"] for name, each in operations(bookings).items()}
        assert needed["find_slots"] == [{"oauth": ["bookings:read"]}]
        assert needed["book"] == [{"oauth": ["bookings:read", "bookings:write"]}]
        assert needed["opening_hours"] == []

    def test_a_public_plugin_has_no_scheme(self, declarations):
        document = openapi(declarations["none"], BASE)
        assert "securitySchemes" not in document["components"]
        assert all(each["security"] == [] for each in operations(document).values())


class TestNames:
    def test_components_are_named_after_classes_and_operations(self, bookings):
        assert set(bookings["components"]["schemas"]) == {
            *("Problem", "Slots", "Appointment", "Place", "OpeningHoursAnswer"),
            *("BookRequest", "BookConfirmation", "CancelRequest", "CancelConfirmation"),
            *("Confirmation", "ConfirmActionRequest"),
        }

    def test_two_schemas_of_one_name_are_told_apart(self, declare):
        inner = Schema.from_dict({"deep": fields.Integer()}, name="Problem")
        outer = Schema.from_dict({"inner": fields.Nested(inner)}, name="Problem")
        made = declare("twins")
        made.query("/first", returns=outer)(first)
        document = openapi(made.declaration, BASE)
        assert answer(document, "first") == {"$ref": "#/components/schemas/Problem2"}
        reference = component(document, "Problem2")["properties"]["inner"]
        assert reference == {"$ref": "#/components/schemas/Problem3"}
        assert component(document, "Problem3")["properties"] == {"deep": {"type": "integer"}}

    def test_a_name_that_openapi_cannot_write_stands_inline(self, declare):
        made = declare("chinese")
        made.query("/first", returns=Schema.from_dict({"价格": fields.Float()}, name="报价"))(first)
        document = openapi(made.declaration, BASE)
        assert answer(document, "first") == {
            "type": "object",
            "properties": {"价格": {"type": "number"}},
        }


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLACE = {"street": "码头街 1", "map": None}
APPOINTMENT = {
    "booking_id": "bkg_1",
    "start": NOON,
    "price": Decimal("63.5"),
    "place": PLACE,
    "second_place": None,
}
ENVELOPE = {
    **dict.fromkeys(envelope_fields(fields.Raw()), "text"),
    "status": "executed",
    "expires_at": NOON,
    "error": None,
}
PROBLEM = {
    "type": "about:blank",
    "title": "Conflict",
    "status": 409,
    "detail": "Taken.",
    "code": "conflict",
    "retryable": False,
    "errors": [{"field": "start", "detail": "Taken."}],
}


class TestRealAnswers:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("find_slots", {"slots": [APPOINTMENT, {**APPOINTMENT, "second_place": PLACE}]}),
            ("find_slots", {"slots": [], "extra": {"a": 1}, "hours": [{}]}),
            ("book", {**ENVELOPE, "result": APPOINTMENT}),
            ("book", {**ENVELOPE, "status": "failed", "result": None, "error": PROBLEM}),
            ("get_confirmation", {**ENVELOPE, "result": {"any": ["thing"]}}),
            ("confirm_action", {**ENVELOPE, "result": None}),
        ],
    )
    def test_fit_the_published_schema(self, linked, bookings, name, value):
        dumped = linked.operation(name).answers.dump(value)
        validator(bookings, answer(bookings, name)).validate(json.loads(as_json(dumped)))

    @pytest.mark.parametrize(
        "wrong", [{"status": "done"}, {"expires_at": "soon"}, {"result": 1}, {"error": {}}]
    )
    def test_another_shape_does_not_fit(self, linked, bookings, wrong):
        dumped = linked.operation("book").answers.dump({**ENVELOPE, "result": APPOINTMENT})
        with pytest.raises(ValidationError):
            validator(bookings, answer(bookings, "book")).validate({**dumped, **wrong})

    def test_an_answer_may_grow(self, bookings):
        grown = {"slots": [], "weather": "fine"}
        validator(bookings, answer(bookings, "find_slots")).validate(grown)


class TestFormats:
    def test_json_and_yaml_say_the_same(self, document):
        assert json.loads(as_json(document)) == yaml.safe_load(as_yaml(document)) == document

    def test_yaml_reads_as_it_was_written(self, bookings):
        text = as_yaml(bookings).decode()
        assert text.startswith("openapi: 3.1.0\ninfo:\n  title: Test booking\n")
        assert "按摩" in text
        assert "&id" not in text

    def test_documents_are_made_anew_and_alike(self, linked):
        first_time, second_time = openapi(linked, BASE), openapi(linked, BASE)
        assert as_json(first_time) == as_json(second_time)
        first_time["components"].clear()
        assert as_json(openapi(linked, BASE)) == as_json(second_time)
