"""Caddy in front: slow clients never reach a worker, and nobody can pretend to be somebody else."""

import logging
import math
import ssl
import statistics
import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.errors import CODES
from tests.kit.dripping import HEAD
from tests.kit.proxy import PUBLIC_HOST, dripping, is_installed, proxied
from tests.kit.server import chunked, head, read_reply, running

ROOT_URL = f"https://{PUBLIC_HOST}"
COUNTER = f"counter.{PUBLIC_HOST}"
KEY = "canary-in-the-authorization-header"
FORGED = {
    "X_Forwarded_For": "203.0.113.9",
    "X_Forwarded_Host": f"keyed.{PUBLIC_HOST}",
    "X_Forwarded_Proto": "http",
    "X_Forwarded_Port": "81",
    "X_Forwarded_Prefix": "/elsewhere",
    "X_Real_IP": "203.0.113.9",
    "Forwarded": f"for=203.0.113.9;host=keyed.{PUBLIC_HOST};proto=http",
}
# Seconds that deploy/Caddyfile gives a header, and a header with its body.
HEADER, WHOLE = 10, 20
# Longer than a header may take, so that the first of the slow connections are cut meanwhile.
ATTACK = HEADER + 2
LIST_TOOLS = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

log = logging.getLogger(__name__)
pytestmark = pytest.mark.skipif(
    not is_installed(), reason="caddy is not installed; on Debian and Ubuntu: apt install caddy"
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Caddy in front of one worker of 64 threads."""
    folder = tmp_path_factory.mktemp("proxied")
    with proxied(folder, PLUGINS="counter,keyed", SERVICE_KEYS=f"tester:{KEY}") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def unfinished(proxy):
    """A connection on which half of a body came and then nothing, and when that was."""
    with proxy.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n" + b" " * 50_000)
        yield connection, time.monotonic()


def ask_for_echo(proxy):
    return proxy.ask("GET", "/counter/echo?words=hello")


def list_tools(proxy):
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP_Protocol_Version": "2025-06-18",
    }
    return proxy.ask("POST", "/counter/mcp", LIST_TOOLS, content_type="application/json", **headers)


def time_good_requests(proxy, seconds):
    """How long each of many requests took, one after the other, each on a connection of its own."""
    times = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for ask in (ask_for_echo, list_tools):
            begun = time.monotonic()
            assert ask(proxy).status == 200
            times.append(time.monotonic() - begun)
        time.sleep(0.02)
    return sorted(times)


def test_nobody_notices_800_clients_that_send_a_byte_at_a_time(proxy, unfinished):
    kinds = ("headers=400", "bodies=300", "handshakes=100")
    with dripping(str(proxy.port), str(proxy.authority), *kinds) as cut:
        times = time_good_requests(proxy, ATTACK)
    p99 = times[math.ceil(len(times) * 0.99) - 1]
    figures = (len(times), statistics.median(times), p99, times[-1])
    log.info("%d good requests, p50 %.3f s, p99 %.3f s, at most %.3f s", *figures)
    assert len(times) > 50
    assert p99 < 2
    assert cut[0] >= 500, "headers and handshakes that take too long are cut"
    assert "/dripped" not in proxy.server.log.read_text(), "a slow request has reached a worker"


@pytest.mark.slow
def test_without_the_proxy_the_same_clients_take_every_thread(tmp_path):
    """Or the test above would prove nothing."""
    with (
        running(tmp_path, PLUGINS="counter") as server,
        dripping(str(server.port), "-", "headers=100"),
        server.connect() as connection,
    ):
        connection.settimeout(3)
        connection.sendall(head("GET", "/healthz", {"Host": f"localhost:{server.port}"}))
        with pytest.raises(TimeoutError):
            read_reply(connection)


@pytest.mark.parametrize(("host", "path"), [(PUBLIC_HOST, "/counter"), (COUNTER, "")])
def test_both_forms_of_a_plugin_are_served(proxy, host, path):
    assert proxy.ask("GET", f"{path}/echo?words=hello", host=host).json == {"words": ["hello"]}
    [server] = proxy.ask("GET", f"{path}/openapi.json", host=host).json["servers"]
    assert server["url"] == f"https://{host}{path}"


def test_a_host_that_is_not_served_is_421(proxy):
    """Over a connection to one that is."""
    request = head("GET", "/", {"Host": "elsewhere.test", "Connection": "close"})
    refused = proxy.send(request)
    assert (refused.status, refused.json["code"]) == (421, "unknown_host")


def test_only_known_hosts_get_a_certificate(proxy):
    assert proxy.ask("GET", "/echo", host=COUNTER).status == 200
    for host in (f"stranger.{PUBLIC_HOST}", "elsewhere.test", "localhost"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            proxy.connect(host)
    made = (proxy.authority.parents[3] / "certificates" / "local").iterdir()
    assert {each.name for each in made} <= {PUBLIC_HOST, COUNTER, f"keyed.{PUBLIC_HOST}"}


def make_certificate(folder, *hosts):
    """A certificate for `hosts` that nobody else has signed, as files in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PUBLIC_HOST)])
    today = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "privkey.pem").write_bytes(secret)


def test_a_certificate_of_ones_own_serves_the_root_and_the_plugins(tmp_path):
    make_certificate(tmp_path, PUBLIC_HOST, f"*.{PUBLIC_HOST}")
    with proxied(tmp_path, own=tmp_path, PLUGINS="counter") as proxy:
        assert proxy.ask("GET", "/counter/echo").status == 200
        assert proxy.ask("GET", "/echo", host=COUNTER).status == 200
        assert proxy.ask("GET", "/echo", host=f"stranger.{PUBLIC_HOST}").status == 421
    assert not (tmp_path / "caddy" / "certificates").exists(), "another certificate was asked for"


def test_plain_http_is_sent_to_https(proxy):
    with proxy.connect_plainly() as connection:
        connection.sendall(head("GET", "/counter/echo?words=a", {"Host": PUBLIC_HOST}))
        moved = read_reply(connection)
    assert (moved.status, moved.headers["Location"]) == (308, f"{ROOT_URL}/counter/echo?words=a")


@pytest.mark.parametrize("name", FORGED)
def test_a_client_cannot_say_who_or_where_it_is(proxy, name):
    for header in (name.replace("_", "-"), name):  # WSGI would take both for the same
        path = f"/counter/openapi.json?{header}"
        forged = head("GET", path, {"Host": PUBLIC_HOST, header: FORGED[name]})
        told = proxy.send(forged, source="127.0.0.2")
        assert told.json["servers"] == [{"url": f"{ROOT_URL}/counter"}]
    assert log_line(proxy.server.log, f" 127.0.0.2 GET {PUBLIC_HOST}/counter/openapi.json 200 ")
    assert "203.0.113.9" not in proxy.server.log.read_text()


def test_a_body_that_is_too_long_is_413(proxy):
    long = b" " * 400_000
    json = {"Host": PUBLIC_HOST, "Content-Type": "application/json"}
    counted = head("POST", "/counter/counts", {**json, "Content-Length": str(len(long))})
    in_chunks = head("POST", "/counter/counts", {**json, "Transfer-Encoding": "chunked"})
    for request in (counted + long, in_chunks + chunked(long)):
        refused = proxy.send(request)
        assert (refused.status, refused.json["code"]) == (413, CODES[413])
        assert refused.content_type == "application/problem+json"


def test_the_gateway_itself_refuses_what_is_a_little_too_long(proxy):
    refused = proxy.ask("POST", "/counter/mcp", b" " * 300_001, content_type="application/json")
    assert refused.status == 413
    assert log_line(proxy.server.log, "/counter/mcp 413 ")


def test_headers_that_are_too_long_are_refused(proxy):
    assert proxy.ask("GET", "/counter/echo", X_Long="a" * 30_000).status == 431


def test_the_authorization_reaches_the_gateway_and_no_log(proxy):
    assert proxy.ask("GET", "/keyed/who").status == 401
    authorization = {"Authorization": f"Bearer {KEY}"}
    assert proxy.ask("GET", "/keyed/who", **authorization).json == {"id": "service:tester"}
    proxy.ask("GET", "/keyed/whoever?secret=canary-in-the-query", **authorization)
    assert orjson.loads(log_line(proxy.log, "/keyed/whoever"))["status"] == 404
    for log in (proxy.log, proxy.server.log):
        assert "canary" not in log.read_text()


def log_line(log, words):
    """The last line of a log with these words, which comes after the reply."""
    until = time.monotonic() + 5
    while words not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)
    return [line for line in log.read_text().splitlines() if words in line][-1]


def test_a_browser_is_told_to_stay_with_https_and_not_what_answers(proxy):
    for path in ("/counter/echo", "/nowhere"):
        headers = proxy.ask("GET", path).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["Server"] is None


def test_without_the_gateway_the_proxy_answers_like_it_and_its_log_keeps_secrets(tmp_path):
    with proxied(tmp_path, PLUGINS="counter") as proxy:
        proxy.server.process.terminate()
        proxy.server.process.wait()
        secret = {"Authorization": "Bearer canary-in-the-header"}
        down = proxy.ask("GET", "/counter/echo?secret=canary-in-the-query", **secret)
        assert (down.status, down.json["code"], down.json["retryable"]) == (502, CODES[502], True)
        assert down.headers["Retry-After"] == "2"
        assert "canary" not in proxy.log.read_text()


def test_a_body_that_does_not_come_is_not_waited_for(proxy, unfinished):
    connection, begun = unfinished
    connection.settimeout(max(0.0, begun + WHOLE - time.monotonic()) + 5)
    reply = connection.recv(65_536)
    assert time.monotonic() > begun + WHOLE - 2
    # 499 or, from older versions of Caddy, nothing under a 200.
    assert reply == b"" or b"\r\nContent-Length: 0\r\n" in reply
    assert connection.recv(1) == b""
    assert "/dripped" not in proxy.server.log.read_text()
