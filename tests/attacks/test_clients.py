"""Case 24: what programs say of themselves, and where they would like to send us."""

import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import func, select

from gateway.storage.tables import clients
from tests.kit.attacked import assert_page, assert_refused
from tests.kit.wire import Request, get, post_form, post_json

REGISTRATIONS, AN_HOUR = 1_000, 30
# Seconds within which a page must come, whatever a client_id leads to.
SOON = 6


class Listener:
    """Counts who comes by at a port of this machine, at all its addresses."""

    def __init__(self) -> None:
        self.visits = 0
        self.stack = ExitStack()
        first = self._listen(socket.AF_INET, "0.0.0.0", 0)
        self.port = first.getsockname()[1]
        self.sockets = [first]
        if socket.has_ipv6:
            self.sockets.append(self._listen(socket.AF_INET6, "::", self.port))
        for each in self.sockets:
            threading.Thread(target=self._count, args=[each], daemon=True).start()

    def _listen(self, family, host, port):
        listening = self.stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen()
        return listening

    def _count(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


@contextmanager
def listening():
    listener = Listener()
    try:
        yield listener
    finally:
        for each in listener.sockets:
            each.shutdown(socket.SHUT_RDWR)
        listener.stack.close()


def inward(port):
    """Addresses that lead to this machine or to its neighbours, as only some readers see."""
    names = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "counter.localhost",
        "ip6-localhost",
        "0.0.0.0",
        "0",
        "127.255.255.254",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fc00::1]",
        "[ff02::1]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "１２７.0.0.1",
        "127。0。0。1",
        "ⓛocalhost",
        socket.gethostname(),
    ]
    for name in names:
        yield f"https://{name}:{port}/client.json"
        yield f"https://{name}/client.json"
    yield from (
        f"http://127.0.0.1:{port}/client.json",
        f"http://localhost:{port}/client.json",
        f"https://user:password@127.0.0.1:{port}/client.json",
        f"https://example.com@127.0.0.1:{port}/client.json",
        f"https://example.com#@127.0.0.1:{port}/client.json",
        f"https://127.0.0.1:{port}\\@example.com/client.json",
        f"https://example.com\\@127.0.0.1:{port}/client.json",
        f"https://127.0.0.1:{port}",
        f"https://127.0.0.1:{port}/../client.json",
        f"https:127.0.0.1:{port}/client.json",
        f"https:///127.0.0.1:{port}/client.json",
        f"https://127.0.0.1:{port}/\r\nHost: evil.example\r\n\r\n",
        f"https://127.0.0.1:{port}/\x00",
        "https://[::1/client.json",
        "https://:443/client.json",
        "https://127.0.0.1:99999/client.json",
        f"ftp://127.0.0.1:{port}/client.json",
        f"gopher://127.0.0.1:{port}/client.json",
        "file:///etc/passwd",
        f"HTTPS://127.0.0.1:{port}/client.json",
        f"{'https'}://{'a' * 64}.example/client.json",
        f"https://{'a.' * 150}example/client.json",
    )


def test_24_no_client_id_leads_the_gateway_inward(client):
    """A page with 400, soon, and nobody has come by."""
    with listening() as listener:
        for url in inward(listener.port):
            begun = time.monotonic()
            reply = client.wire.send(get(client.ask(client_id=url).url))
            assert_page(reply)
            assert time.monotonic() - begun < SOON, url
        assert listener.visits == 0
        # Or the listener would prove nothing.
        socket.create_connection(("127.0.0.1", listener.port)).close()
        until = time.monotonic() + 5
        while listener.visits == 0 and time.monotonic() < until:
            time.sleep(0.01)
        assert listener.visits == 1


def test_24_nor_does_the_token_endpoint_fetch_anything(client):
    """Nor any address in what a client registers: it is kept at most, and never opened."""
    with listening() as listener:
        url = f"https://127.0.0.1:{listener.port}/client.json"
        for address in (client.server["token_endpoint"], client.server["revocation_endpoint"]):
            fields = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
            client.wire.send(post_form(address, {**fields, "client_id": url}))
        for (
            member
        ) in "logo_uri client_uri jwks_uri tos_uri policy_uri sector_identifier_uri".split():
            client.register(**{member: url})
        assert listener.visits == 0


BAD_URIS = [
    "http://assistant.example/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://10.0.0.1/callback",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://assistant.example/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "about:blank",
    "blob:https://assistant.example/x",
    "https://*.example/callback",
    "https://assistant.example/*",
    "https://assistant.example/callback#x",
    "https://assistant.example/callback#",
    "https://user@assistant.example/callback",
    "https://user:password@assistant.example/callback",
    "https://assistant.example/../callback",
    "https://assistant.example/%2e%2e/callback",
    "https://assistant.example\\@evil.example/callback",
    "https://assistant.example:99999/callback",
    "https://",
    "https:///callback",
    "https:callback",
    "//assistant.example/callback",
    "/callback",
    "callback",
    "",
    " https://assistant.example/callback",
    "https://assistant.example/call back",
    "https://assistant.example/\r\nSet-Cookie: x",
    "https://assistant.example/\x00",
    "https://assistant.example/é",
    "https://аssistant.example/callback",
    "https://assistant.example/" + "x" * 5_000,
    None,
    5,
    [],
    {},
]


def known(gateway):
    [[number]] = gateway.rows(select(func.count()).select_from(clients))
    return number


@pytest.fixture(scope="module")
def registrar(gateway):
    """Somebody who tries many things, each from another address."""
    client = gateway.client()

    def register(**metadata):
        client.wire = gateway.wire()
        return client.register(**metadata)

    return register


def test_24_no_redirect_uri_is_registered_that_a_browser_should_not_follow(gateway, registrar):
    before = known(gateway)
    for uri in BAD_URIS:
        for listed in ([uri], ["https://assistant.example/callback", uri]):
            assert_refused(registrar(redirect_uris=listed), "invalid_redirect_uri")
    for listed in (
        [],
        None,
        "https://assistant.example/callback",
        {},
        5,
        ["https://a.example/x"] * 1_000,
    ):
        reply = registrar(redirect_uris=listed)
        assert reply.status == 400
        assert reply.json["error"] in ("invalid_redirect_uri", "invalid_client_metadata")
    assert known(gateway) == before


@pytest.mark.parametrize(
    "logo", ["javascript:alert(1)", "data:image/svg+xml,<svg onload=alert(1)>"]
)
def test_24_a_picture_that_is_a_program_is_neither_kept_nor_shown(gateway, ada, logo):
    """Nor any other picture: the page shows none."""
    members = dict.fromkeys(("logo_uri", "client_uri", "tos_uri", "policy_uri"), logo)
    client = gateway.client(**members)
    page = ada.open(client.ask().url)
    assert page.status == 200
    assert "javascript:" not in page.text
    assert "data:image" not in page.text
    [row] = gateway.rows(select(clients).where(clients.c.id == client.client_id))
    assert not any(logo in str(value) for value in row)


def test_24_a_registration_gives_no_more_than_any_other(gateway, ada):
    """It cannot name its own id, secret, or standing."""
    client = gateway.client(
        client_id="gwc_" + "0" * 32,
        client_secret="chosen",
        is_predefined=True,
        needs_pkce=False,
        scope="counts:read counts:write admin",
    )
    assert client.client_id != "gwc_" + "0" * 32
    assert client.secret is None
    reply = client.wire.send(get(client.ask(code_challenge=None, code_challenge_method=None).url))
    assert (reply.status, "error=invalid_request" in reply.headers["Location"]) == (302, True)


def test_24_a_body_that_is_no_registration_is_no_failure_of_ours(gateway, registrar):
    client = gateway.client()
    address = client.server["registration_endpoint"]
    bodies = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b"\xff",
        b"[" * 60_000,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
    ]
    for body in bodies:
        sent = post_json(address, None)
        reply = gateway.wire().send(Request("POST", address, body, sent.headers))
        assert reply.status == 400, body[:20]
        assert reply.json["error"] in ("invalid_client_metadata", "invalid_redirect_uri")
    huge = post_json(address, {"client_name": "x" * 2_000_000})
    reply = gateway.wire().try_to_send(huge)
    assert reply is None or reply.status == 413
    assert gateway.wire().send(post_form(address, {"redirect_uris": "x"})).status in (400, 415)
    for name in (5, [], {}, None, "", "\x00", "x" * 50_000, "\ud83d\ude00" * 10, "\u202e", " "):
        assert registrar(client_name=name).status == 201


def test_24_of_1000_registrations_from_one_address_few_are_taken(gateway):
    """And whoever comes from elsewhere can register meanwhile."""
    before = known(gateway)
    client = gateway.client()
    client.wire = gateway.wire()
    statuses = Counter()
    for _ in range(REGISTRATIONS):
        reply = client.register()
        statuses[reply.status] += 1
        if reply.status == 429:
            assert 0 < int(reply.headers["Retry-After"]) <= 3_600
    assert AN_HOUR <= statuses[201] <= AN_HOUR * gateway.counters
    assert statuses == {201: statuses[201], 429: REGISTRATIONS - statuses[201]}
    assert known(gateway) == before + 1 + statuses[201]
    client.wire = gateway.wire()
    assert client.register().status == 201
