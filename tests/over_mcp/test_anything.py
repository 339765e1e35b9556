"""Whatever is sent: an answer in JSON that is the client's fault or no fault, never one of ours."""

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kit.mcp_client import (
    CAPABILITIES_KEY,
    HANDSHAKE,
    MODERN,
    VERSION_KEY,
    InProcess,
    request,
)
from tests.kit.people import Person

INTERNAL_ERROR = -32603
KNOWN = {-32700, -32600, -32601, -32602, -32020, -32021, -32022, -32002}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
VERSIONS = st.sampled_from([MODERN, *HANDSHAKE, None])
METHODS = st.sampled_from(
    "server/discover initialize ping tools/list tools/call prompts/list prompts/get resources/list"
    " resources/read resources/templates/list completion/complete notifications/initialized".split()
)
PLACES = {
    "counter": "name arguments uri cursor _meta requestState inputResponses ref argument".split(),
    "arguments": "words times loud amount note at request_id allow_duplicate confirmation_id".split(),
    "_meta": [
        VERSION_KEY,
        CAPABILITIES_KEY,
        "io.modelcontextprotocol/clientInfo",
        "progressToken",
        "openai/userLocation",
        "openai/locale",
        "openai/session",
        "openai/subject",
    ],
}
TOOLS = st.sampled_from(
    "get_total tell_hints echo count uncount settle ring get_confirmation confirm_action".split()
)


@pytest.fixture(scope="module")
def post(app):
    """Send a body as Ada and see that the answer is one that may be given."""
    ada = Person(app, "ada@example.com", "counter")

    def post(body, headers=None):
        lines = {**request("ping", version=None).headers, **ada.headers, **(headers or {})}
        reply = InProcess(app).send(lines, body)
        assert reply.status in (200, 202, 400, 404), reply.body
        if reply.status == 202:
            assert reply.body == b""
            return None
        assert reply.content_type == "application/json"
        answer = json.loads(reply.body)
        assert answer["jsonrpc"] == "2.0"
        assert ("error" in answer) is not ("result" in answer)
        assert "error" not in answer or answer["error"]["code"] in KNOWN, answer
        assert answer["id"] == legible_id(body)
        return answer

    return post


def legible_id(body):
    """The id in a body, as far as it is one."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(body.decode(), parse_constant=float)
        found = value.get("id") if isinstance(value, dict) else None
        return found if isinstance(found, str | int) and not isinstance(found, bool) else None
    return None


def quickly(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def strict(value):
    """As JSON, or nothing where the value has no such form: NaN, halves of surrogate pairs."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        return text.encode()
    except ValueError:
        return None


@quickly(150)
@given(st.binary(max_size=200) | JSON.map(strict).filter(bool))
def test_any_body(post, body):
    with contextlib.suppress(UnicodeDecodeError):
        if legible_id(body) is not None:
            return  # the parser may refuse what holds an id; the tests below do that
    post(body)


@quickly(150)
@given(
    st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0") | JSON, "id": st.integers() | st.text() | JSON},
        optional={"method": METHODS | JSON, "params": JSON, "result": JSON, "more": JSON},
    ),
    VERSIONS,
)
def test_any_message(post, message, version):
    body = strict(message)
    if body is not None:
        post(body, {"MCP-Protocol-Version": version} if version else {})


def bent(places, values):
    return st.dictionaries(st.sampled_from(places), values, max_size=4)


@quickly(200)
@given(METHODS, bent(PLACES["counter"], JSON), bent(PLACES["_meta"], JSON), VERSIONS)
def test_any_parameters(post, method, params, meta, version):
    asked = request(method, version=version)
    asked.body["params"] = {**params, "_meta": {**asked.body["params"].get("_meta", {}), **meta}}
    body = strict(asked.body)
    if body is not None:
        post(body, asked.headers)


@quickly(200)
@given(
    TOOLS, bent(PLACES["arguments"], JSON), bent(["requestState", "inputResponses"], JSON), VERSIONS
)
def test_any_arguments(post, tool, arguments, more, version):
    capabilities = {"elicitation": {}}
    params = {"name": tool, "arguments": {}}
    asked = request("tools/call", params, version=version, capabilities=capabilities)
    asked.body["params"] |= {"arguments": arguments, **more}
    body = strict(asked.body)
    if body is not None:
        post(body, asked.headers)


HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))


@quickly(150)
@given(
    METHODS,
    st.dictionaries(
        st.sampled_from(
            "MCP-Protocol-Version Mcp-Method Mcp-Name User-Agent Accept Accept-Language".split()
        ),
        HEADER_TEXT | HEADER_TEXT.map(lambda text: f"=?base64?{text}?="),
    ),
)
def test_any_headers(post, method, headers):
    asked = request(method, {"name": "echo", "uri": "counter://x"})
    post(asked.bytes, {**asked.headers, **headers})


@pytest.fixture(scope="module")
def readers(app):
    """Ada at each plugin of hers, and the addresses under which she may read there."""
    return [
        (Person(app, "ada@example.com", plugin), [f"http://localhost/{plugin}/pages/{rest}", own])
        for plugin, rest, own in (
            ("booking", "bookings/", "booking://"),
            ("knowledge", "notes/", "knowledge://notes/"),
        )
    ]


@quickly(100)
@given(st.text(max_size=40) | st.text("./%2fF05c\\?#:@&;+", max_size=40), VERSIONS)
def test_any_address(app, readers, text, version):
    for ada, bases in readers:
        for uri in (base + text for base in [*bases, ""]):
            if strict(uri) is None:
                continue
            asked = request("resources/read", {"uri": uri}, version=version, **ada.headers)
            reply = InProcess(app).send(asked.headers, asked.bytes, path=f"/{ada.plugin}/mcp")
            found = json.loads(reply.body)
            code = -32602 if version == MODERN else -32002
            assert "result" in found or found["error"]["code"] == code, found
