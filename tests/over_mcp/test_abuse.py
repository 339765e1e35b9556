"""What was found by somebody who tried to break it: each once, so that it stays mended."""

import time

import pytest

from gateway import Image
from tests.kit.apps import running_app
from tests.kit.mcp_client import HANDSHAKE, MODERN, Assistant, InProcess, request
from tests.kit.people import Person
from tests.kit.written import write_plugin

OPEN = 'plugin = Plugin(__name__, title="Weather", auth=Public())'
CODE = """
import datetime

@plugin.query("/when", returns={"when": fields.Raw(), "maybe": fields.String(allow_none=True)})
def when():
    '''Tell when.'''
    return {"when": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), "maybe": None}

@plugin.query("/echo", takes={"words": fields.List(fields.String())}, returns={"n": fields.Integer()})
def echo(words=()):
    '''Count words.'''
    return {"n": len(words)}

@plugin.query("/n/<name>", takes={"name": fields.String(required=True)},
              returns={"name": fields.String()})
def find(name):
    '''Find by name.'''
    return {"name": name}

@plugin.resource("/terms", mime_type="text/plain")
def terms():
    '''The terms of use.'''
    return "Be kind."

@plugin.resource("/nothing", mime_type="text/plain")
def nothing():
    '''Nothing at all.'''

@plugin.get("/pages/private")
def private():
    '''For somebody.'''
    if caller.id is None:
        abort(401)
    return "secret"

@plugin.get("/pages/gone")
def gone():
    '''Not any more.'''
    abort(410, "It has been taken down.")

@plugin.get("/pages/latin")
def latin():
    '''In another encoding.'''
    from flask import Response
    return Response("né".encode("latin-1"), content_type="text/html; charset=iso-8859-1")
"""
# A shape that may be one thing or another: each of its values costs the types many errors.
AMBIGUOUS = {"role": "assistant", "model": "m", "content": [{}] * 30_000}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("abuse")
    write_plugin(folder / "plugins", CODE, plugin=OPEN)
    write_plugin(folder / "plugins", CODE, name="guarded")
    with running_app(folder, folders=[folder / "plugins"]) as app:
        yield app


@pytest.fixture
def anybody(app):
    return Assistant(InProcess(app), "weather")


@pytest.mark.parametrize("version", [MODERN, *HANDSHAKE])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "echo", "inputResponses": {"c": AMBIGUOUS}}),
        ("prompts/get", {"name": "example_1", "inputResponses": {"c": AMBIGUOUS}}),
        ("tools/list", {"_meta": {"x": [[]] * 30_000}}),
    ],
)
def test_parameters_of_many_values_are_refused_before_anything_looks_at_them(
    anybody, version, method, params
):
    began = time.monotonic()
    made = request(method, params, version=version, meta=params.get("_meta"))
    reply = anybody.wire.send(made.headers, made.bytes, path="/weather/mcp")
    assert time.monotonic() - began < 1
    assert len(reply.body) < 1_000
    assert reply.json["error"]["code"] in (-32602, -32601)


def test_a_tool_may_be_given_many_arguments(anybody):
    assert anybody.call("echo", {"words": ["a"] * 5_000})["structuredContent"] == {"n": 5_000}


def test_errors_are_told_once_they_are_too_many(app, anybody):
    told = anybody.call("echo", {"words": [0] * 5_000, **{f"x{n}" * 40: n for n in range(1_000)}})
    assert told["isError"] is True
    assert len(told["content"][0]["text"]) < 20_000
    assert "more" in told["content"][0]["text"]
    over_rest = app.test_client().get("/weather/echo?" + "&".join(f"x{n}=1" for n in range(3_000)))
    assert over_rest.status_code == 422
    assert len(over_rest.json["errors"]) == 20


def test_text_and_structure_are_written_alike(app, anybody):
    made = request("tools/call", {"name": "when", "arguments": {}})
    reply = anybody.wire.send(made.headers, made.bytes, path="/weather/mcp")
    text = reply.json["result"]["content"][0]["text"]
    assert f'"structuredContent":{text}'.encode() in reply.body
    assert app.test_client().get("/weather/when").text.strip() == text


@pytest.mark.parametrize("name", ["../secret", "a/b", "a\\b", "..", ".", ""])
def test_a_name_in_a_path_is_one_part_of_it(anybody, name):
    refused = anybody.call("find", {"name": name})
    assert refused["isError"] is True
    assert "one part of an address" in refused["content"][0]["text"]


@pytest.mark.parametrize("name", ["%2e%2e", "..", ".", "a%5Cb"])
def test_so_it_is_over_rest(app, name):
    refused = app.test_client().get(f"/weather/n/{name}")
    assert refused.status_code in (404, 422)


def test_a_resource_without_variables_is_listed(anybody):
    listed = {each["uri"]: each for each in anybody.result("resources/list")["resources"]}
    assert listed["weather://terms"]["description"] == "The terms of use."
    assert anybody.read("weather://terms")["text"] == "Be kind."


@pytest.mark.parametrize("version", [MODERN, *HANDSHAKE])
def test_a_resource_that_gives_nothing_is_an_error_and_no_empty_success(app, version):
    assistant = Assistant(InProcess(app), "weather", version=version)
    _, error = assistant.refusal("resources/read", {"uri": "weather://nothing"})
    assert error["code"] == -32603


def test_a_page_for_somebody_is_not_read_by_anybody(app, anybody):
    reply = anybody.ask("resources/read", {"uri": "http://localhost/weather/pages/private"})
    assert "secret" not in reply.body.decode()
    assert "error" in reply.json
    ada = Assistant(InProcess(app), "guarded", Person(app, "ada@example.com", "guarded").token)
    assert ada.read("http://localhost/guarded/pages/private")["text"] == "secret"


def test_a_page_gives_its_own_reason(anybody):
    _, error = anybody.refusal("resources/read", {"uri": "http://localhost/weather/pages/gone"})
    assert error["message"] == "It has been taken down."


def test_a_page_is_read_in_its_own_encoding(anybody):
    assert anybody.read("http://localhost/weather/pages/latin")["text"] == "né"


def test_a_notification_is_accepted_without_a_word(anybody):
    made = request("notifications/initialized", version="2025-11-25")
    del made.body["id"]
    reply = anybody.wire.send(made.headers, made.bytes, path="/weather/mcp")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (202, b"", None)


def test_the_address_may_end_in_a_slash(anybody):
    made = request("tools/list")
    assert anybody.wire.send(made.headers, made.bytes, path="/weather/mcp/").status == 200
    options = anybody.wire.send({}, b"", "OPTIONS", "/weather/mcp")
    assert (options.status, options.headers["Allow"]) == (200, "OPTIONS, POST")


@pytest.mark.parametrize("data", ["text", b"", [1, 2], None])
def test_a_picture_is_bytes(data):
    with pytest.raises(ValueError, match="bytes"):
        Image(data, "image/png", {})
