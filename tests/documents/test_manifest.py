import json
import re

import pytest

from gateway.declaration import DeclarationError
from gateway.documents.formats import as_json
from gateway.documents.manifest import manifest
from gateway.documents.publisher import Publisher, same_domain

PATH, HOST = "http://localhost:8000/booking", "http://booking.localhost:8000"
PUBLISHER = Publisher("Harbour Physio")
TOKEN = Publisher("Harbour Physio", verification_token="a1b2")


def test_names_everything_of_version_1_and_nothing_more(linked):
    assert manifest(linked, PATH, TOKEN) == {
        "schema_version": "v1",
        "name_for_human": "Test booking",
        "name_for_model": "booking",
        "description_for_human": "Find free times and book appointments at Harbour Physio.",
        "description_for_model": "Use this when the user wants to see free times, 预约 or cancel.",
        "auth": {
            "type": "oauth",
            "client_url": "http://localhost:8000/booking/oauth/authorize",
            "scope": "bookings:read bookings:write",
            "authorization_url": "http://localhost:8000/booking/oauth/token",
            "authorization_content_type": "application/json",
            "verification_tokens": {"openai": "a1b2"},
        },
        "api": {"type": "openapi", "url": "http://localhost:8000/booking/openapi.json"},
        "logo_url": "http://localhost:8000/booking/logo.png",
        "contact_email": "contact@localhost",
        "legal_info_url": "http://localhost:8000/booking/legal",
    }


@pytest.mark.parametrize("base", [PATH, HOST])
def test_names_addresses_in_the_form_it_was_fetched_in(linked, base):
    text = as_json(manifest(linked, base, PUBLISHER)).decode()
    addresses = re.findall(r'"(http[^"]*)"', text)
    assert len(addresses) == 5
    assert all(address.startswith(f"{base}/") for address in addresses)


@pytest.mark.parametrize(
    ("kind", "auth"),
    [
        ("none", {"type": "none"}),
        ("user_http", {"type": "user_http", "authorization_type": "bearer"}),
        (
            "service_http",
            {
                "type": "service_http",
                "authorization_type": "bearer",
                "verification_tokens": {"openai": "a1b2"},
            },
        ),
    ],
)
def test_says_how_to_authenticate(declarations, kind, auth):
    assert manifest(declarations[kind], PATH, TOKEN)["auth"] == auth


@pytest.mark.parametrize("kind", ["service_http", "oauth"])
def test_has_no_verification_token_before_there_is_one(declarations, kind):
    assert manifest(declarations[kind], PATH, PUBLISHER)["auth"]["verification_tokens"] == {}


def test_every_kind_of_auth_has_its_own_word(declarations):
    for word, declaration in declarations.items():
        assert manifest(declaration, PATH, PUBLISHER)["auth"]["type"] == word


def test_stays_inside_the_limits(declaration):
    told = manifest(declaration, PATH, PUBLISHER)
    assert len(told["name_for_human"]) <= 20
    assert re.fullmatch(r"[a-z0-9]{1,50}", told["name_for_model"])
    assert len(told["description_for_human"]) <= 100
    assert len(told["description_for_model"]) <= 8000


def test_is_the_same_as_bytes(declaration):
    told = manifest(declaration, PATH, PUBLISHER)
    assert json.loads(as_json(told)) == told
    assert "预约" in as_json(told).decode()


def test_the_publisher_speaks_for_every_plugin():
    publisher = Publisher("Harbour Physio", "hello@example.com", "https://example.com/legal")
    assert publisher.at("https://booking.example.com") == publisher


def test_a_plugin_answers_for_itself_where_the_publisher_says_nothing():
    at = PUBLISHER.at("https://Booking.example.com:8443")
    assert at.contact_email == "contact@booking.example.com"
    assert at.legal_url == "https://Booking.example.com:8443/legal"


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://plugins.example.com", "plugins.example.com"),
        ("https://plugins.example.com:8443", "PLUGINS.example.com"),
        ("https://booking.plugins.example.com", "plugins.example.com"),
        ("https://booking.plugins.example.com", "example.com"),
        ("https://plugins.example.com", "www.example.com"),
        ("http://booking.localhost:8000", "localhost"),
    ],
)
def test_contact_and_legal_may_be_anywhere_on_the_domain(base, host):
    same_domain(Publisher("Harbour", f"hello@{host}", f"https://{host}/legal"), base)


def test_what_a_plugin_says_for_itself_is_on_its_domain():
    for base in (PATH, HOST, "http://127.0.0.1:8000/booking", "https://booking.example.com"):
        same_domain(PUBLISHER.at(base), base)


@pytest.mark.parametrize(
    "host", ["example.org", "notexample.com", "example.com.evil.org", "com", ""]
)
def test_a_contact_elsewhere_is_refused(host):
    publisher = Publisher("Harbour", contact_email=f"hello@{host}")
    with pytest.raises(DeclarationError) as refused:
        same_domain(publisher, "https://plugins.example.com")
    assert str(refused.value) == (
        f'CONTACT_EMAIL is "hello@{host}", which is not on the domain of'
        " https://plugins.example.com, and assistants refuse that: give an address at example.com,"
        " or leave CONTACT_EMAIL out."
    )


def test_a_legal_notice_elsewhere_is_refused():
    publisher = Publisher("Harbour", legal_url="https://example.org/legal")
    with pytest.raises(DeclarationError, match=r'^LEGAL_URL is "https://example\.org/legal"'):
        same_domain(publisher, "https://plugins.example.com")
