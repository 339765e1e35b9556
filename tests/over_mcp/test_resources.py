"""What a plugin lets be read by an address: listed, in pages, and read by whoever may."""

import base64

import pytest

from tests.kit.apps import running_app
from tests.kit.mcp_client import HANDSHAKE, MODERN, Assistant, InProcess
from tests.kit.people import Person
from tests.kit.written import write_plugin

CODE = """
from flask import request

TOWNS = {"北京": "晴", "São Paulo": "garoa", "100%": "percent", "%41": "code"}
OPENED = []

def all_towns():
    return [
        {"town": town, "title": f"Weather in {town}", "description": sky}
        for town, sky in TOWNS.items()
    ]

@plugin.resource("/towns/<town>", mime_type="text/markdown", listing=all_towns)
def town_report(town):
    '''The weather in a town.

    In words.
    '''
    OPENED.append(town)
    if town == "broken":
        raise RuntimeError("the secret of the inside")
    return f"{caller.id}: {TOWNS[town]}" if town in TOWNS else abort(404, "There is no such town.")

@plugin.resource("/maps/<country>/<sheet>", mime_type="image/png")
def map_sheet(country, sheet):
    '''A sheet of a map.'''
    return f"{country}|{sheet}".encode() + bytes([0, 255])

@plugin.resource("/today", mime_type="text/plain; charset=utf-8", listing=lambda: [{"title": "Today"}])
def today():
    '''What it is like today.'''
    return "warm"

@plugin.query("/opened", returns={"towns": fields.List(fields.String())})
def opened():
    '''Tell which towns were asked for.'''
    return {"towns": OPENED}

@plugin.get("/pages/asked/<name>")
def asked(name):
    '''A page that reads its query.'''
    return f"[{name}] {request.args.to_dict()}"

@plugin.get("/pages/<name>")
def page(name):
    '''A page.'''
    return f"[{name}]"
"""
BROKEN = """
@plugin.resource("/towns/<town>", mime_type="text/plain", listing=lambda: 1 / 0)
def town_report(town):
    '''The weather in a town.'''
    return "fine"

@plugin.query("/sky", returns={"sky": fields.String()}, auth=Public())
def tell():
    '''Tell the sky.'''
    return {"sky": "blue"}
"""
MANY = """
def all_numbers():
    return [{"n": f"{n:03}", "title": f"No. {n}"} for n in range(250)]

@plugin.resource("/n/<n>", mime_type="text/plain", listing=all_numbers)
def number(n):
    '''A number.'''
    return n
"""
TOWNS = ("北京", "São Paulo", "100%", "%41")
URIS = ("%E5%8C%97%E4%BA%AC", "S%C3%A3o%20Paulo", "100%25", "%2541")
ERAS = [MODERN, *HANDSHAKE]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resources")
    write_plugin(folder / "plugins", CODE)
    write_plugin(folder / "plugins", BROKEN, name="broken")
    write_plugin(folder / "plugins", MANY, name="many")
    with running_app(folder, folders=[folder / "plugins"]) as app:
        yield app


@pytest.fixture(scope="module")
def ada(app):
    return Person(app, "ada@example.com", "weather")


@pytest.fixture(params=ERAS)
def assistant(app, ada, request):
    return Assistant(InProcess(app), "weather", ada.token, version=request.param)


def test_what_there_is_is_listed(assistant):
    listed = assistant.result("resources/list")["resources"]
    own = [each for each in listed if each["uri"].startswith("weather://")]
    assert [each["uri"] for each in own] == [
        *(f"weather://towns/{uri}" for uri in URIS),
        "weather://today",
    ]
    assert own[0] == {
        "uri": "weather://towns/%E5%8C%97%E4%BA%AC",
        "name": "Weather in 北京",
        "title": "Weather in 北京",
        "description": "晴",
        "mimeType": "text/markdown",
    }
    assert own[-1]["mimeType"] == "text/plain; charset=utf-8"
    assert own[-1]["description"] == "What it is like today."


def test_what_has_variables_is_a_template(assistant):
    own = assistant.result("resources/templates/list")["resourceTemplates"][:2]
    assert own == [
        {
            "uriTemplate": "weather://towns/{town}",
            "name": "town_report",
            "title": "Town report",
            "description": "The weather in a town.\nIn words.",
            "mimeType": "text/markdown",
        },
        {
            "uriTemplate": "weather://maps/{country}/{sheet}",
            "name": "map_sheet",
            "title": "Map sheet",
            "description": "A sheet of a map.",
            "mimeType": "image/png",
        },
    ]


def test_everything_listed_can_be_read(assistant, ada):
    listed = assistant.result("resources/list")["resources"]
    read = [assistant.read(each["uri"]) for each in listed]
    assert [each["uri"] for each in read] == [each["uri"] for each in listed]
    texts = {each["uri"]: each["text"] for each in read}
    for uri, sky in zip(URIS, ("晴", "garoa", "percent", "code"), strict=True):
        assert texts[f"weather://towns/{uri}"] == f"{ada.account.id}: {sky}"
    assert texts["weather://today"] == "warm"


def test_an_address_may_be_written_without_percent_signs(assistant, ada):
    for town in ("北京", "São Paulo", "S%c3%a3o Paulo"):
        read = assistant.read(f"weather://towns/{town}")
        assert read["uri"] == f"weather://towns/{town}"
        assert read["text"].startswith(ada.account.id)


def test_bytes_come_in_base64(assistant):
    read = assistant.read("weather://maps/中国/7%3F8")
    assert "text" not in read
    assert read["mimeType"] == "image/png"
    assert base64.b64decode(read["blob"]) == "中国|7?8".encode() + bytes([0, 255])


HOSTILE = [
    "weather://towns/nowhere",
    "weather://towns/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "weather://towns/a%00b",
    "weather://towns/a\0b",
    "weather://towns/%ff",
    "weather://towns/" + "x" * 10_000,
    "weather://towns/%F0%9F%98%80",
    "weather://towns/a\nb",
    "weather://towns/%0d%0aX-Evil:%201",
]
NOWHERE = [
    "weather://towns/",
    "weather://towns",
    "weather://towns/a/b",
    "weather://towns/../today",
    "weather://today/",
    "weather:///today",
    "weather:/today",
    "Weather://today",
    "other://today",
    "weather://maps/one",
    "weather://maps/a/b/c",
    "file:///etc/passwd",
    "http://localhost/weather",
    "http://localhost/login",
    "http://localhost/weather/openapi.json",
    "http://localhost/weather/pages/",
    "http://localhost/weather/pages/a/b",
    "http://localhost/weather/pages/a%2Fb",
    "http://localhost/weather/pages/../../login",
    "http://localhost/weather/../login",
    "http://localhost/weather/pages/a%00b",
    "http://evil.example/weather/pages/a",
    "http://localhost:9/weather/pages/a",
    "http://weather.localhost/pages/a",
    "//localhost/weather/pages/a",
    "not an address",
    "",
]


@pytest.mark.parametrize("uri", [*HOSTILE, *NOWHERE])
def test_what_is_not_there_is_told_as_the_revision_has_it(assistant, uri):
    status, error = assistant.refusal("resources/read", {"uri": uri})
    modern = assistant.version == MODERN
    assert (status, error["code"]) == ((400, -32602) if modern else (200, -32002)), error
    assert error["data"] == {"uri": uri}
    assert len(error["message"]) < 300


@pytest.mark.parametrize("uri", NOWHERE)
def test_an_address_that_does_not_fit_reaches_no_function(app, ada, uri):
    assistant = Assistant(InProcess(app), "weather", ada.token)
    before = len(assistant.call("opened")["structuredContent"]["towns"])
    assistant.ask("resources/read", {"uri": uri})
    assert len(assistant.call("opened")["structuredContent"]["towns"]) == before


def test_a_variable_is_a_text_and_no_path(app, ada):
    """The function gets what stands in one segment, decoded once, and nothing is looked up for it."""
    assistant = Assistant(InProcess(app), "weather", ada.token)
    for uri in ("%2e%2e%2fetc", "..", "%2e", "a%5Cb", "", "%252e", "a+b", "{town}"):
        assistant.ask("resources/read", {"uri": f"weather://towns/{uri}"})
    opened = assistant.call("opened")["structuredContent"]["towns"]
    assert opened[-3:] == ["%2e", "a+b", "{town}"]
    assert not {"../etc", "..", ".", "a\\b", ""} & set(opened)


def test_a_page_is_read_by_its_own_address(app, ada):
    assistant = Assistant(InProcess(app), "weather", ada.token)
    for name, shown in (
        ("a", "[a]"),
        ("北京", "[北京]"),
        ("%E5%8C%97", "[北]"),
        ("%2541", "[%41]"),
        ("a%3Fb", "[a?b]"),
        ("a%23b", "[a#b]"),
    ):
        uri = f"http://localhost/weather/pages/{name}"
        assert assistant.read(uri) == {"uri": uri, "mimeType": "text/html", "text": shown}


def test_a_page_is_given_the_query_of_its_address(app, ada):
    assistant = Assistant(InProcess(app), "weather", ada.token)
    for name, shown in (
        ("a?key=b%26c&d=e", "[a] {'key': 'b&c', 'd': 'e'}"),
        ("a%3Fb?key=c?d", "[a?b] {'key': 'c?d'}"),
        ("北京?key=北", "[北京] {'key': '北'}"),
        ("a?", "[a] {}"),
    ):
        uri = f"http://localhost/weather/pages/asked/{name}"
        assert assistant.read(uri)["text"] == shown


def test_nobody_reads_without_a_token_and_its_scope(app):
    anybody = Assistant(InProcess(app), "weather")
    writer = Assistant(
        InProcess(app), "weather", Person(app, "bob@example.com", "weather", ["write"]).token
    )
    for method, params in (
        ("resources/list", {}),
        ("resources/read", {"uri": "weather://today"}),
        ("resources/read", {"uri": "weather://nowhere"}),
        ("resources/read", {"uri": "http://localhost/weather/pages/a"}),
    ):
        reply = anybody.ask(method, params)
        assert (reply.status, reply.json["code"]) == (401, "token_required")
        if params != {"uri": "weather://nowhere"}:
            reply = writer.ask(method, params)
            assert (reply.status, reply.json["code"]) == (403, "insufficient_scope")
            assert 'scope="read"' in reply.headers["WWW-Authenticate"]


def test_a_fault_of_the_author_says_nothing_of_the_inside(assistant):
    status, error = assistant.refusal("resources/read", {"uri": "weather://towns/broken"})
    assert (status, error["code"]) == (200, -32603)
    assert "secret" not in str(error)
    assert error["data"]["code"] == "internal_error"


def test_a_listing_that_fails_hides_nothing_else_and_says_nothing_of_the_inside(app):
    ada = Person(app, "ada@example.com", "broken")
    assistant = Assistant(InProcess(app), "broken", ada.token)
    reply = assistant.ask("resources/list")
    listed = [each["uri"] for each in reply.json["result"]["resources"]]
    assert listed == ["http://localhost/broken/"]
    for word in ("Traceback", "ZeroDivision", "division"):
        assert word not in reply.body.decode()
    assert assistant.read("broken://towns/x")["text"] == "fine"
    assert assistant.call("tell")["structuredContent"] == {"sky": "blue"}


def test_a_long_list_comes_in_pages(app):
    ada = Person(app, "ada@example.com", "many")
    assistant = Assistant(InProcess(app), "many", ada.token)
    found, cursor, sizes = [], {}, []
    while cursor is not None:
        page = assistant.result("resources/list", cursor)
        sizes.append(len(page["resources"]))
        found += [each["uri"] for each in page["resources"]]
        cursor = {"cursor": page["nextCursor"]} if "nextCursor" in page else None
    assert [uri for uri in found if "://n/" in uri] == [
        f"many://n/{number:03}" for number in range(250)
    ]
    assert len(set(found)) == len(found)
    assert sizes[:2] == [100, 100]
    assert assistant.result("resources/list", {"cursor": "100000"})["resources"] == []


def complete(assistant, begun, name="town", uri="weather://towns/{town}", kind="ref/resource"):
    reference = (
        {"type": kind, "uri": uri} if kind == "ref/resource" else {"type": kind, "name": uri}
    )
    params = {"ref": reference, "argument": {"name": name, "value": begun}}
    return assistant.result("completion/complete", params)["completion"]


def test_a_variable_is_completed_by_its_beginning(assistant):
    assert complete(assistant, "")["values"] == sorted(TOWNS)
    assert complete(assistant, "北") == {"values": ["北京"], "total": 1, "hasMore": False}
    assert complete(assistant, "S")["values"] == ["São Paulo"]
    assert complete(assistant, "x")["values"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "title"},
        {"name": "no_such"},
        {"name": ""},
        {"uri": "weather://nowhere/{town}"},
        {"uri": "weather://maps/{country}/{sheet}", "name": "country"},
        {"uri": "example_1", "kind": "ref/prompt"},
    ],
)
def test_nothing_else_is_completed(assistant, asked):
    for begun in ("", "Weather", "\0"):
        assert complete(assistant, begun, **asked)["values"] == []


def test_a_hundred_values_are_shown_at_most(app):
    ada = Person(app, "ada@example.com", "many")
    assistant = Assistant(InProcess(app), "many", ada.token)
    found = complete(assistant, "", "n", "many://n/{n}")
    assert (len(found["values"]), found["total"], found["hasMore"]) == (100, 250, True)
    assert complete(assistant, "24", "n", "many://n/{n}")["total"] == 10
