"""How clients find out about linking: every address they try, what they compare, and who may read it."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    get_client_metadata_scopes,
    validate_metadata_issuer,
)
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from mcp.shared.auth_utils import check_resource_allowed, resource_url_from_server_url

from gateway.documents.oauth import authorization_server, protected_resource
from tests.kit.apps import running_app

PUBLIC, TUNNEL = "https://plugins.example.com", "https://tunnel.dev"
COUNTER, KEYED = "https://counter.plugins.example.com", "https://keyed.plugins.example.com"
BASES = [f"{PUBLIC}/counter", COUNTER, f"{TUNNEL}/counter"]
RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
BELOW_A_PLUGIN = [RESOURCE, f"{RESOURCE}/mcp", f"/mcp{RESOURCE}", SERVER, OPENID]
INSERTED = [
    f"{RESOURCE}/{{}}",
    f"{RESOURCE}/{{}}/mcp",
    *(f"{each}/{{}}{mcp}" for each in (SERVER, OPENID) for mcp in ("", "/mcp")),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A gateway with a public root and a tunnel, which has paths only."""
    settings = {"BASE_URL": PUBLIC, "ALLOWED_HOSTS": TUNNEL}
    with running_app(tmp_path_factory.mktemp("metadata"), **settings) as app:
        yield Client(app)


class Client:
    """Asks for addresses as clients do, which neither follow redirects nor want HTML."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, address, **headers):
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.get(address, headers={"Accept": "application/json", **headers})

    def first(self, addresses):
        """The first address that answers, and what it says."""
        for address in addresses:
            answer = self.get(address)
            if answer.status_code == 200:
                return address, answer.json
            assert answer.status_code < 500
        raise AssertionError(f"none of {addresses} answers")


def judged(model, document):
    """The document as somebody else's model of the RFC reads it; nothing in it is unknown there."""
    assert set(document) <= set(model.model_fields)
    return model.model_validate(document)


# --- what the documents say


def test_the_resource(linked):
    base = "https://x.example/booking"
    document = protected_resource(linked, base)
    assert document == {
        "resource": f"{base}/mcp",
        "authorization_servers": [base],
        "scopes_supported": ["bookings:read", "bookings:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Test booking",
        "resource_documentation": f"{base}/",
    }
    judged(ProtectedResourceMetadata, document)


def test_the_authorization_server(linked):
    base = "https://x.example/booking"
    document = authorization_server(linked, base)
    methods = ["none", "client_secret_post", "client_secret_basic"]
    assert document == {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "registration_endpoint": f"{base}/oauth/register",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "scopes_supported": ["bookings:read", "bookings:write", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{base}/",
    }
    judged(OAuthMetadata, document)


# --- where they are


@pytest.mark.parametrize("path", BELOW_A_PLUGIN)
@pytest.mark.parametrize("base", BASES)
def test_a_plugin_has_its_documents_below_its_address_in_each_form(client, base, path):
    answer = client.get(base + path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert tells_of(answer.json) == base


@pytest.mark.parametrize("path", INSERTED)
@pytest.mark.parametrize("root", [PUBLIC, TUNNEL])
def test_a_plugin_as_a_path_has_them_at_the_root_too(client, root, path):
    answer = client.get(root + path.format("counter"))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert tells_of(answer.json) == f"{root}/counter"


def tells_of(document):
    """The address that a document is about, compared letter by letter."""
    if "resource" in document:
        [issuer] = document["authorization_servers"]
        assert document["resource"] == f"{issuer}/mcp"
        return issuer
    return document["issuer"]


@pytest.mark.parametrize("path", BELOW_A_PLUGIN)
@pytest.mark.parametrize("base", [f"{PUBLIC}/keyed", KEYED, f"{TUNNEL}/keyed"])
def test_where_no_account_is_linked_they_say_so(client, base, path):
    assert_nothing_here(client.get(base + path), "No account is linked to this plugin")


@pytest.mark.parametrize("path", INSERTED)
def test_where_no_account_is_linked_the_root_says_so(client, path):
    assert_nothing_here(client.get(PUBLIC + path.format("keyed")), "No account is linked")


@pytest.mark.parametrize(
    "address",
    [
        # the root is no plugin's
        *(PUBLIC + each for each in (RESOURCE, SERVER, OPENID)),
        *(PUBLIC + each.format("nobody") for each in INSERTED),
        # at the host of a plugin there are no others, nor paths
        *(COUNTER + each.format(name) for each in INSERTED for name in ("counter", "keyed")),
        # another issuer than that of the plugin: a strict client goes on to the right one
        *(COUNTER + each for each in (f"{SERVER}/mcp", f"{OPENID}/mcp", f"/mcp{OPENID}")),
        *(f"{PUBLIC}/counter{each}" for each in (f"{SERVER}/mcp", f"/mcp{SERVER}")),
    ],
)
def test_elsewhere_there_is_nothing(client, address):
    assert_nothing_here(client.get(address), "There is no such address.")


def assert_nothing_here(answer, told):
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["detail"].startswith(told)


@pytest.mark.parametrize("accept", ["application/json", "*/*", None])
def test_a_client_that_wants_json_is_never_given_html(client, accept):
    for address in (f"{PUBLIC}{SERVER}", f"{COUNTER}{SERVER}/mcp", f"{KEYED}{SERVER}"):
        headers = {"Accept": accept} if accept else {}
        answer = client.client.get(address, headers=headers)
        assert answer.mimetype == "application/problem+json"


# --- how clients find them


@pytest.mark.parametrize("base", BASES)
def test_the_official_client_finds_them_without_being_told(client, base):
    """A plugin that is open in part refuses nobody, so its addresses are guessed."""
    server = f"{base}/mcp"
    _, found = client.first(build_protected_resource_metadata_discovery_urls(None, server))
    resource = judged(ProtectedResourceMetadata, found)
    assert check_resource_allowed(resource_url_from_server_url(server), str(resource.resource))
    issuer = str(resource.authorization_servers[0])
    tried = build_oauth_authorization_server_metadata_discovery_urls(issuer, server)
    address, found = client.first(tried)
    assert address == tried[0]
    metadata = judged(OAuthMetadata, found)
    validate_metadata_issuer(metadata, issuer)
    scopes = get_client_metadata_scopes(None, resource, metadata, metadata.grant_types_supported)
    assert scopes == "counts:read counts:write offline_access"


@pytest.mark.parametrize("base", BASES)
def test_the_order_in_which_codex_looks(client, base):
    """Measured with Codex 0.169.0; each address in turn, until one answers."""
    path = urlsplit(f"{base}/mcp").path
    connecting = client.get(f"{base}/mcp", MCP_Protocol_Version="2024-11-05")
    assert connecting.status_code == 405
    looked_at = [RESOURCE + path, path + RESOURCE, RESOURCE]
    address, resource = client.first(urljoin(base, each) for each in looked_at)
    assert address == urljoin(base, looked_at[0])
    assert resource["resource"] == f"{base}/mcp"
    # Codex itself goes on from here; older ones take the server itself for the issuer.
    [issuer] = resource["authorization_servers"]
    for start in (urlsplit(issuer).path, path):
        looked_at = [SERVER + start, OPENID + start, start + OPENID, SERVER]
        _, server = client.first(urljoin(base, each) for each in looked_at)
        assert server["issuer"] == issuer == base


@pytest.mark.parametrize("base", BASES)
def test_the_other_documents_name_the_same_endpoints(client, base):
    server = client.get(f"{base}{SERVER}").json
    auth = client.get(f"{base}/.well-known/ai-plugin.json").json["auth"]
    assert auth["client_url"] == server["authorization_endpoint"]
    assert auth["authorization_url"] == server["token_endpoint"]
    schemes = client.get(f"{base}/openapi.json").json["components"]["securitySchemes"]
    flow = schemes["oauth"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == server["authorization_endpoint"]
    assert flow["tokenUrl"] == flow["refreshUrl"] == server["token_endpoint"]
    assert [*flow["scopes"], "offline_access"] == server["scopes_supported"]


# --- who may read them


@pytest.mark.parametrize(
    "address",
    [
        *(base + path for base in BASES for path in BELOW_A_PLUGIN),
        *(PUBLIC + path.format("counter") for path in INSERTED),
        f"{KEYED}{SERVER}",
    ],
)
def test_every_page_may_read_them(client, address):
    """Clients that run in a page send the version of MCP along, and browsers ask about that first."""
    asked = {
        "Origin": "https://inspector.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
    }
    preflight = client.client.options(address, headers=asked)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"].lower() == "mcp-protocol-version"
    answer = client.get(address, Origin="https://inspector.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_nothing_beside_them_is_opened_to_every_page(client):
    for path in ("/total", "/mcp", f"{SERVER}/mcp/more"):
        answer = client.get(f"{COUNTER}{path}", Origin="https://inspector.example")
        assert "Access-Control-Allow-Origin" not in answer.headers, path


def test_they_are_kept_by_their_tag(client):
    first = client.get(f"{COUNTER}{SERVER}")
    assert re.fullmatch('"[0-9a-f]{32}"', first.headers["ETag"])
    again = client.get(f"{COUNTER}{SERVER}", If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
