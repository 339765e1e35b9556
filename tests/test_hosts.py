"""One room, two doors: every plugin answers as a path and as a host, and no other host is answered."""

import statistics
import time

import pytest
from werkzeug.exceptions import NotFound

from gateway.config import SettingError
from gateway.hosts import HostStep
from tests.kit.apps import running_app
from tests.kit.people import Person
from tests.kit.written import write_plugin

PUBLIC = "https://plugins.example.com"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A gateway without a public root."""
    with running_app(tmp_path_factory.mktemp("local"), PLUGINS="counter,keyed") as app:
        yield app


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A gateway with a public root."""
    folder = tmp_path_factory.mktemp("public")
    with running_app(folder, PLUGINS="counter,keyed", BASE_URL=PUBLIC) as app:
        yield app


@pytest.fixture(scope="module")
def ask(local):
    """Ask a gateway as a server would be asked: with any Host, any scheme and any path."""

    def ask(path, host="localhost", *, app=local, scheme="http", method="GET", headers=None):
        path, _, query = path.partition("?")
        exact = {
            "HTTP_HOST": host,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "wsgi.url_scheme": scheme,
        }
        return app.test_client().open("/", method=method, headers=headers, environ_overrides=exact)

    return ask


def server(document):
    return document.json["servers"][0]["url"]


def test_both_doors_lead_to_the_same_answer(ask):
    by_path = ask("/counter/echo?words=a,b&times=2")
    by_host = ask("/echo?words=a,b&times=2", "counter.localhost")
    assert by_path.json == by_host.json == {"words": ["a", "b", "a", "b"]}


def test_both_doors_refuse_alike(ask):
    for path, status in (("/echo?times=99", 422), ("/nowhere", 404), ("/total", 401)):
        by_path = ask(f"/counter{path}")
        by_host = ask(path, "counter.localhost")
        assert by_path.status_code == by_host.status_code == status
        assert by_path.json == by_host.json


def test_an_action_asked_at_one_door_is_confirmed_at_the_other(local):
    ada = Person(local, "ada@example.com", "counter")
    asked = ada.post("/counts", {"amount": 3})
    done = local.test_client().post(
        f"http://counter.localhost/confirmations/{asked.json['confirmation_id']}/confirm",
        json={"hash": asked.json["hash"]},
        headers=ada.headers,
    )
    assert done.json["status"] == "executed"


def test_documents_name_the_form_in_which_they_were_asked_for(ask):
    forms = [
        ("/counter", "localhost:8000", "http://localhost:8000/counter"),
        ("/counter", "127.0.0.1:9000", "http://127.0.0.1:9000/counter"),
        ("/counter", "[::1]", "http://[::1]/counter"),
        ("", "counter.localhost:8000", "http://counter.localhost:8000"),
        ("", "counter.localhost", "http://counter.localhost"),
    ]
    for prefix, host, base in forms:
        assert server(ask(f"{prefix}/openapi.json", host)) == base
        manifest = ask(f"{prefix}/.well-known/ai-plugin.json", host).json
        assert manifest["api"]["url"] == f"{base}/openapi.json"
        known = ask(f"{prefix}/.known/ai-plugin.json", host)
        assert known.status_code == 308
        assert known.headers["Location"] == f"{base}/.well-known/ai-plugin.json"


def test_people_are_sent_to_the_root_from_both_doors(local):
    ada = Person(local, "ada@example.com", "counter")
    for address in ("http://localhost:9000/counter", "http://counter.localhost:9000"):
        asked = local.test_client().post(
            f"{address}/counts", json={"amount": 3}, headers=ada.headers
        )
        expected = f"http://localhost:9000/confirm/{asked.json['confirmation_id']}"
        assert asked.json["confirm_url"] == expected


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:1",
        "127.0.0.1:65535",
        "[::1]:8000",
        "LOCALHOST:8000",
        "localhost.:80",
    ],
)
def test_loopback_is_answered_on_any_port_however_it_is_spelled(ask, host):
    assert ask("/counter/echo?words=a", host).json == {"words": ["a"]}


@pytest.mark.parametrize(
    "host", ["counter.localhost", "Counter.LocalHost:9000", "counter.localhost.:9000"]
)
def test_a_plugins_host_is_found_however_it_is_spelled(ask, host):
    assert ask("/echo?words=a", host).json == {"words": ["a"]}


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "evil.example:8000",
        "plugins.example.com",
        "weather.localhost",
        "keyed.counter.localhost",
        "counter.127.0.0.1",
        ".localhost",
        "127.0.0.2",
        "[::2]",
        "[::1",
        "localhost:",
        "localhost:port",
        "localhost:123456",
        "localhost,evil.example",
        "localhost evil.example",
        "user@localhost",
        "localhost/counter",
        "localhost\n",
        "lоcalhost",  # with a Cyrillic о
    ],
)
@pytest.mark.parametrize("path", ["/", "/counter/echo", "/echo"])
def test_any_other_host_is_misdirected_and_told_what_to_set(ask, host, path):
    raw = host.encode().decode("latin-1")
    refused = ask(path, raw)
    assert (refused.status_code, refused.mimetype) == (421, "application/problem+json")
    assert refused.json["code"] == "unknown_host"
    assert "BASE_URL" in refused.json["detail"]


def test_a_host_is_refused_whatever_the_method_and_without_a_body_for_head(ask):
    for method in ("POST", "OPTIONS", "DELETE"):
        assert ask("/counter/counts", "evil.example", method=method).status_code == 421
    head = ask("/counter/echo", "evil.example", method="HEAD")
    assert (head.status_code, head.data) == (421, b"")


@pytest.mark.parametrize("host", ["localhost", "evil.example", "10.0.0.7:8000", "", "[::"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_to_any_host(ask, public, host, path):
    assert ask(path, host).status_code == 200
    assert ask(path, host, app=public).status_code == 200


@pytest.mark.parametrize("path", ["/keyed/who", "/counter/echo", "/static/../keyed/who"])
def test_the_path_of_a_plugin_is_not_found_at_the_host_of_a_plugin(ask, path):
    refused = ask(path, "counter.localhost")
    assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("base_url", "scheme", "host", "root"),
    [
        (PUBLIC, "https", "plugins.example.com", PUBLIC),
        (PUBLIC, "https", "plugins.example.com:443", PUBLIC),
        (PUBLIC, "https", "Plugins.Example.COM.", PUBLIC),
        (f"{PUBLIC}:443/", "https", "plugins.example.com", PUBLIC),
        ("HTTPS://Plugins.Example.Com", "https", "plugins.example.com", PUBLIC),
        ("http://gateway.lan", "http", "gateway.lan:80", "http://gateway.lan"),
        ("http://gateway.lan:8000", "http", "gateway.lan:8000", "http://gateway.lan:8000"),
        ("http://[fd00::1]:8000", "http", "[fd00::1]:8000", "http://[fd00::1]:8000"),
        # TLS ended before us, as behind most proxies, whose word for it we do not take.
        (PUBLIC, "http", "plugins.example.com", PUBLIC),
        (PUBLIC, "http", "plugins.example.com:443", PUBLIC),
    ],
)
def test_a_public_root_is_answered_and_named(ask, start, base_url, scheme, host, root):
    app = start(PLUGINS="counter", BASE_URL=base_url)
    assert server(ask("/counter/openapi.json", host, app=app, scheme=scheme)) == f"{root}/counter"


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("port", ["", ":443"])
def test_each_plugin_has_a_public_host(ask, public, scheme, port):
    host = f"counter.plugins.example.com{port}"
    document = ask("/openapi.json", host, app=public, scheme=scheme)
    assert server(document) == "https://counter.plugins.example.com"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1:8000",
        "[::1]",
        "counter.localhost",
        "example.com",
        "weather.plugins.example.com",
        "plugins.example.com:8443",
        "plugins.example.com.evil.example",
    ],
)
def test_beside_a_public_root_no_other_host_is_answered(ask, public, host):
    refused = ask("/counter/echo", host, app=public, scheme="https")
    assert refused.status_code == 421
    assert PUBLIC in refused.json["detail"]
    assert "ALLOWED_HOSTS" in refused.json["detail"]


def test_an_action_at_a_public_host_sends_people_to_the_public_root(public):
    ada = Person(public, "ada@example.com", "counter")
    asked = public.test_client().post(
        "https://counter.plugins.example.com/counts", json={"amount": 3}, headers=ada.headers
    )
    assert asked.json["confirm_url"] == f"{PUBLIC}/confirm/{asked.json['confirmation_id']}"


@pytest.mark.parametrize(
    ("entry", "host", "root"),
    [
        ("gateway:8000", "gateway:8000", "http://gateway:8000"),
        ("Gateway:8000", "GATEWAY:8000", "http://gateway:8000"),
        ("gateway", "gateway", "http://gateway"),
        ("gateway", "gateway:9000", "http://gateway:9000"),
        ("gateway:80", "gateway", "http://gateway"),
        ("my_gateway:8000", "my_gateway:8000", "http://my_gateway:8000"),
        ("[fd00::1]", "[fd00::1]:8000", "http://[fd00::1]:8000"),
        ("[fd00::1]:8000", "[fd00::1]:8000", "http://[fd00::1]:8000"),
        ("https://tunnel.example", "tunnel.example", "https://tunnel.example"),
        ("https://tunnel.example/", "tunnel.example", "https://tunnel.example"),
        ("https://tunnel.example:8443", "tunnel.example:8443", "https://tunnel.example:8443"),
        ("other, gateway:8000 ,", "gateway:8000", "http://gateway:8000"),
    ],
)
@pytest.mark.parametrize("base_url", ["", PUBLIC])
def test_more_hosts_are_answered_in_the_path_form(ask, start, entry, host, root, base_url):
    app = start(PLUGINS="counter", BASE_URL=base_url, ALLOWED_HOSTS=entry)
    assert server(ask("/counter/openapi.json", host, app=app)) == f"{root}/counter"


@pytest.mark.parametrize(
    "host", ["gateway:8001", "gateway", "counter.gateway:8000", "tunnel.example"]
)
def test_one_more_host_is_that_host_only(ask, start, host):
    app = start(PLUGINS="counter", ALLOWED_HOSTS="gateway:8000")
    assert ask("/counter/echo", host, app=app).status_code == 421
    assert ask("/counter/echo", "localhost", app=app).status_code == 200


FORWARDED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example;proto=https",
}


def test_what_a_proxy_forwards_is_not_believed(ask):
    document = ask("/counter/openapi.json", "localhost", headers=FORWARDED)
    assert server(document) == "http://localhost/counter"
    assert "evil" not in document.text


def test_what_a_proxy_forwards_opens_no_host(ask):
    forged = {"X-Forwarded-Host": "localhost"}
    assert ask("/counter/echo", "evil.example", headers=forged).status_code == 421


def test_a_trusted_proxy_is_believed(ask, start):
    app = start(PLUGINS="counter", BASE_URL=PUBLIC, TRUSTED_PROXIES="1")
    forwarded = {"X-Forwarded-Host": "counter.plugins.example.com", "X-Forwarded-Proto": "https"}
    document = ask("/openapi.json", "10.0.0.7:8000", app=app, headers=forwarded)
    assert server(document) == "https://counter.plugins.example.com"


def test_a_trusted_proxy_makes_no_host_ours(ask, start):
    app = start(PLUGINS="counter", BASE_URL=PUBLIC, TRUSTED_PROXIES="1")
    assert ask("/counter/echo", "10.0.0.7", app=app, headers=FORWARDED).status_code == 421


def test_addresses_of_callers_are_taken_from_trusted_proxies_only(ask, start):
    """Ten times the limit is the cap of one address; the forged ones here all share a real one."""
    for hops, refused in (("0", True), ("1", False)):
        app = start(PLUGINS="counter", RATE_LIMIT="1/minute", TRUSTED_PROXIES=hops)
        answers = [
            ask("/counter/echo", app=app, headers={"X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(3)
        ]
        assert (429 in {each.status_code for each in answers}) is refused


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("localhost", "//evil.example/counter/echo"),
        ("localhost", "/counter//echo"),
        ("localhost", "/counter/../keyed/who"),
        ("localhost", "/keyed/../counter/echo"),
        ("localhost", "/counter/./echo"),
        ("localhost", "/counter/echo/"),
        ("localhost", "/counter\\echo"),
        ("localhost", "http://evil.example/counter/echo"),
        ("counter.localhost", "//evil.example/echo"),
        ("counter.localhost", "/../keyed/who"),
        ("counter.localhost", "//echo"),
        ("counter.localhost", "/static/../../counter/echo"),
        ("localhost", "/static/../app.py"),
        ("localhost", "/static/..%2fapp.py"),
        ("localhost", "/static//etc/passwd"),
    ],
)
def test_a_path_is_taken_as_it_stands(ask, host, path):
    """Never folded into another one, never redirected: two readers could see two plugins in it."""
    assert ask(path, host).status_code == 404


def test_a_doubled_slash_in_front_leads_nowhere_else(ask):
    assert server(ask("//counter/openapi.json")) == "http://localhost/counter"
    for path in ("//counter", "//evil.example", "///evil.example/.."):
        location = ask(path).headers.get("Location", "/")
        assert location.removeprefix("http://localhost").startswith("/")
        assert not location.removeprefix("http://localhost").startswith("//")


def test_a_redirect_stays_in_the_form_it_was_asked_in(start, tmp_path):
    code = "@plugin.get('/pages/days/')\ndef days():\n    return 'Monday'\n"
    write_plugin(tmp_path, code)
    client = start(folders=[tmp_path]).test_client()
    for base in ("http://localhost/weather", "http://weather.localhost"):
        assert client.get(f"{base}/pages/days", follow_redirects=True).text == "Monday"


def test_the_cost_of_starting_grows_no_faster_than_the_number_of_plugins(start, tmp_path):
    def seconds(count):
        began = time.perf_counter()
        dispatch(start, tmp_path / str(count), count)
        return time.perf_counter() - began

    seconds(1)  # what is done once
    assert seconds(400) < 10 * seconds(100)


def test_the_cost_of_finding_a_plugin_does_not_grow_with_their_number(start, tmp_path):
    few, many = (dispatch(start, tmp_path / str(count), count) for count in (3, 1000))
    few(), many()
    times = [(few(), many()) for _ in range(15)]
    ratio = statistics.median(b for _, b in times) / statistics.median(a for a, _ in times)
    assert ratio < 1.5


def dispatch(start, folder, count):
    """Start that many plugins; what comes back times the way to each door of the last of them."""
    code = "@plugin.query('/tell', returns={}, auth=Public())\ndef tell():\n    'Tell.'\n"
    for number in range(count):
        write_plugin(folder, code, name=f"weather{number}")
    app = start(folders=[folder], DATA_DIR=str(folder / "data"))
    found = []

    def match(environ, _):
        try:
            found.append(app.url_map.bind_to_environ(environ).match()[0])
        except NotFound:
            found.append(None)
        return []

    step = HostStep(match, app.extensions["gateway"].doors)
    last = f"weather{count - 1}"
    asked = [("localhost:8000", f"/{last}/tell"), (f"{last}.localhost:8000", "/tell")]
    asked.append(("localhost:8000", f"/{last}/nowhere"))

    def timed():
        found.clear()
        began = time.perf_counter()
        for _ in range(60):
            for host, path in asked:
                environ = {"HTTP_HOST": host, "PATH_INFO": path, "SCRIPT_NAME": ""}
                environ |= {"wsgi.url_scheme": "http", "REQUEST_METHOD": "GET", "SERVER_NAME": "x"}
                step(environ | {"SERVER_PORT": "8000"}, None)
        took = time.perf_counter() - began
        assert found == [f"rest:{last}:tell", f"rest:{last}:tell", None] * 60
        return took

    return timed


@pytest.mark.parametrize(
    "hosts",
    [
        "*",
        "a b",
        "http://a b",
        "https://x.example/y",
        "https://",
        "://x.example",
        "ftp://x.example",
    ],
)
def test_a_host_that_can_be_none_stops_the_start(start, hosts):
    with pytest.raises(SettingError, match="ALLOWED_HOSTS cannot be read: "):
        start(PLUGINS="counter", ALLOWED_HOSTS=f"gateway:8000,{hosts}")
