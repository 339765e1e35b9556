"""Which pages and which hosts may ask: a browser must not speak for whoever looks at another page."""

import pytest

from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.mcp_client import MODERN, InProcess, request

PROBLEM = "application/problem+json"

FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://evil.localhost.example:8000",
    "https://chatgpt.com.evil.example",
    "https://evilchatgpt.com",
    "https://chatgpt.com:444",
    "http://chatgpt.com",
    "https://chatgpt.com/",
    "https://CHATGPT.com ,https://evil.example",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.2",
    "http://localhost:123456",
    "file://",
    "http://192.168.0.7:8000",
    "http://counter.localhost@evil.example",
    "https://苹果.example".encode().decode("latin-1"),
    "x" * 5_000,
]


@pytest.mark.parametrize("version", [MODERN, None])
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_elsewhere_is_refused(wire, origin, version):
    asked = request("tools/list", version=version, Origin=origin)
    reply = wire.send(asked.headers, asked.bytes)
    assert (reply.status, reply.content_type) == (403, PROBLEM)
    assert reply.json["code"] == "forbidden_origin"
    assert len(reply.body) < 1_000
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://chatgpt.com",
        "https://chat.openai.com",
        "http://localhost",
        "http://localhost:6274",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://counter.localhost:8000",
        "https://localhost:8443",
    ],
)
def test_pages_of_assistants_and_of_this_machine_may_ask(wire, origin):
    asked = request("tools/list", Origin=origin)
    reply = wire.send(asked.headers, asked.bytes)
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == origin


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A gateway with a public root."""
    folder = tmp_path_factory.mktemp("public")
    base = {"PLUGINS": "counter", "BASE_URL": "https://plugins.example.com"}
    with running_app(folder, folders=[TEST_PLUGINS], **base) as app:
        yield InProcess(app)


@pytest.mark.parametrize(
    ("host", "path"),
    [("plugins.example.com", "/counter/mcp"), ("counter.plugins.example.com", "/mcp")],
)
def test_in_public_only_its_own_pages_and_assistants_may_ask(public, host, path):
    own = ["https://plugins.example.com", f"https://{host}", "https://chatgpt.com"]
    for origin, status in [
        *((each, 200) for each in own),
        ("http://localhost:6274", 403),
        ("http://plugins.example.com", 403),
        ("https://other.plugins.example.com", 403),
        ("https://plugins.example.com:8443", 403),
    ]:
        asked = request("tools/list", Host=host, Origin=origin)
        assert public.send(asked.headers, asked.bytes, path=path).status == status, origin


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        "localhost.evil.example",
        "nobody.localhost",
        "169.254.169.254",
        "counter.localhost:99999",
        "plugins.example.com",
    ],
)
def test_a_host_that_is_not_served_is_refused(wire, host):
    asked = request("tools/list", Host=host)
    reply = wire.send(asked.headers, asked.bytes)
    assert reply.status in (400, 421)
    assert reply.status == 421 or not host  # gunicorn refuses an empty one by itself


def test_both_forms_of_the_address_answer_alike(wire):
    asked = request("tools/list")
    as_path = wire.send(asked.headers, asked.bytes)
    as_host = wire.send(
        {**asked.headers, "Host": "counter.localhost:8000"}, asked.bytes, path="/mcp"
    )
    assert as_host.body == as_path.body


@pytest.mark.parametrize(
    ("origin", "is_known"),
    [
        ("https://chatgpt.com", True),
        ("http://localhost:6274", True),
        ("https://evil.example", False),
    ],
)
def test_a_browser_may_ask_first_whether_it_may(wire, origin, is_known):
    wanted = "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id"
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": wanted,
    }
    reply = wire.send(preflight, b"", "OPTIONS")
    assert (reply.status, reply.body) == (200, b"")
    if not is_known:
        assert "Access-Control-Allow-Origin" not in reply.headers
        return
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    allowed = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert set(wanted.split(",")) <= set(allowed)
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
