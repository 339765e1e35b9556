"""Cards and their catalogue, held against the schema that those who make the format publish."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.declaration import Public, ServiceKey
from gateway.documents.server import information
from gateway.documents.server_card import ai_catalog, server_card

SCHEMA = json.loads((Path(__file__).parent / "data" / "server-card.schema.json").read_text())
CARD = Draft202012Validator(
    {"$ref": "#/$defs/ServerCard", **SCHEMA}, format_checker=Draft202012Validator.FORMAT_CHECKER
)
ROOT, VERSIONS = "https://plugins.example.com", ("2026-07-28", "2025-11-25")
PATH, HOST = f"{ROOT}/booking", "https://booking.plugins.example.com"


def card(declaration, base=PATH, root=ROOT):
    return server_card(declaration, base, root, VERSIONS)


def test_the_schema_refuses_what_is_no_card(linked):
    good = card(linked)
    for wrong in ({"name": "no-namespace"}, {"description": "x" * 101}, {"remotes": [{}]}):
        assert not CARD.is_valid({**good, **wrong})


@pytest.mark.parametrize(
    ("base", "root"),
    [
        (PATH, ROOT),
        (HOST, ROOT),
        ("http://localhost:8000/booking", "http://localhost:8000"),
        ("http://booking.localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1/booking", "http://127.0.0.1"),
        ("http://[::1]:8000/booking", "http://[::1]:8000"),
    ],
)
def test_a_card_fits_the_schema_under_every_auth_and_address(declaration, base, root):
    made = card(declaration, base, root)
    CARD.validate(made)
    assert made["remotes"][0]["url"] == f"{base}/mcp"
    assert {made["websiteUrl"], made["icons"][0]["src"]} == {f"{base}/", f"{base}/logo.png"}


def test_a_card_says_of_the_server_what_the_server_says_of_itself(declaration):
    told = information(declaration, PATH)
    made = card(declaration)
    assert {name: made[name] for name in told if name != "name"} == {
        name: value for name, value in told.items() if name != "name"
    }
    assert made["remotes"][0]["supportedProtocolVersions"] == list(VERSIONS)


def test_a_card_has_one_name_whatever_the_form_of_the_address(linked):
    names = {card(linked, base)["name"] for base in (PATH, HOST)}
    assert names == {"com.example.plugins/booking"}
    local = card(linked, "http://localhost:8000/booking", "http://localhost:8000")
    assert local["name"] == "localhost/booking"


def test_only_keys_that_somebody_pastes_are_asked_for(declarations):
    for kind in ("none", "oauth"):
        assert "headers" not in card(declarations[kind])["remotes"][0]
    for kind in ("service_http", "user_http"):
        [header] = card(declarations[kind])["remotes"][0]["headers"]
        assert (header["name"], header["value"]) == ("Authorization", "Bearer {key}")
        assert header["isSecret"] is header["variables"]["key"]["isSecret"] is True


def test_a_key_is_required_where_nothing_is_open_to_everybody(declarations):
    declared = declarations["service_http"]
    assert any(isinstance(each.auth, Public) for each in declared.operations)
    assert required(declared) is False
    closed = [each for each in declared.operations if isinstance(each.auth, ServiceKey)]
    assert required(type(declared)(**{**vars(declared), "operations": tuple(closed)})) is True


def required(declaration):
    [header] = card(declaration)["remotes"][0]["headers"]
    assert header["isRequired"] is header["variables"]["key"]["isRequired"]
    return header["isRequired"]


def test_the_catalogue_leads_to_each_card(linked):
    assert ai_catalog({PATH: linked}, ROOT, "Harbour Physio") == {
        "specVersion": "1.0",
        "host": {"displayName": "Harbour Physio"},
        "entries": [
            {
                "identifier": "urn:air:plugins.example.com:mcp:booking",
                "displayName": "Test booking",
                "type": "application/mcp-server-card+json",
                "url": f"{PATH}/mcp/server-card",
            }
        ],
    }


def test_an_identifier_keeps_its_five_parts_under_any_root(linked):
    for root in ("http://[fd00::1]:8000", "http://127.0.0.1:8000", "http://localhost"):
        [entry] = ai_catalog({f"{root}/booking": linked}, root, "Harbour Physio")["entries"]
        assert re.fullmatch(r"urn:air:[a-z0-9.-]+:mcp:booking", entry["identifier"])
