"""Fetching what strangers name: real TLS on loopback, where the attacker owns the server and the DNS."""

import ipaddress
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.authorization.outward import (
    AT_ONCE,
    LARGEST,
    FetchError,
    Outward,
    TooManyAtOnce,
    is_public,
)
from tests.kit.tls_server import HOST, REDIRECT, tls_server

SOON = 0.6  # seconds that a fetch may take in tests of what never ends

NOT_PUBLIC = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1
192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 233.252.0.1 239.1.1.1 240.0.0.1
255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 100::1 2001::1 2001:0:808:808::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 2620:4f:8000::1
3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1
""".split()
PUBLIC = ["8.8.8.8", "104.18.32.47", "160.79.104.10", "2606:4700::6812:202f", "64:ff9b::808:808"]


def refusal(fetch, url):
    with pytest.raises(FetchError) as caught:
        fetch.get_json(url)
    return str(caught.value)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_what_is_not_the_public_internet_is_not_asked(text):
    assert not is_public(ipaddress.ip_address(text), 443)


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_internet_is_asked_at_the_port_of_https(text):
    address = ipaddress.ip_address(text)
    assert is_public(address, 443)
    assert not any(is_public(address, port) for port in (22, 25, 80, 8443))


def test_a_document_is_fetched(site, outward):
    site.say(b'{"a": 1}')
    assert outward().get_json(site.address("/client.json?v=2")) == b'{"a": 1}'
    head = site.asked[0].splitlines()
    assert head[0] == "GET /client.json?v=2 HTTP/1.1"
    names = sorted(line.partition(":")[0].lower() for line in head[1:])
    assert names == ["accept", "accept-encoding", "host", "user-agent"]
    assert f"Host: {HOST}:{site.port}" in head


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/cimd+json"])
def test_json_comes_under_more_than_one_name(site, outward, kind):
    site.say(b"{}", kind=kind)
    assert outward().get_json(site.address()) == b"{}"


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/jsonp", "image/x+json"])
def test_what_is_no_json_is_refused(site, outward, kind):
    site.say(b"{}", kind=kind)
    assert refusal(outward(), site.address()) == "is not served as application/json"


def test_a_redirect_is_not_followed(site, outward):
    site.say(b"{}", REDIRECT, Location=site.address("/other.json"))
    assert refusal(outward(), site.address()) == "answers with status 302 and not 200"
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", ["201 Created", "304 Not Modified", "404 Not Found"])
def test_any_status_but_200_is_refused(site, outward, status):
    site.say(b"", status)
    assert refusal(outward(), site.address()).startswith("answers with status")


def test_a_document_may_be_as_large_as_is_said_and_no_larger(site, outward):
    site.say(b"x" * LARGEST)
    assert len(outward().get_json(site.address())) == LARGEST
    site.say(b"x" * (LARGEST + 1))
    assert refusal(outward(), site.address()) == "is larger than 20,000 bytes"


def test_five_megabytes_are_not_read(site, outward):
    body = b"x" * 5_000_000
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    site.say(body)
    announced = refusal(outward(), site.address())
    site.say_raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        chunked,
    )
    in_chunks = refusal(outward(), site.address())
    site.say_raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", body)
    until_the_end = refusal(outward(), site.address())
    assert {announced, in_chunks, until_the_end} == {"is larger than 20,000 bytes"}


def test_a_length_that_lies_makes_no_document(site, outward):
    site.say(b"{}", Content_Length="1000")
    assert refusal(outward(), site.address()).startswith("does not answer")


def test_a_compressed_body_is_refused(site, outward):
    site.say(b"{}", Content_Encoding="gzip")
    assert refusal(outward(), site.address()).startswith("is compressed")


@pytest.mark.parametrize("start", [0, 20, 100])
def test_a_reply_that_drips_is_given_up(site, outward, start):
    site.say(b"x" * 300)
    site.drip(start)
    begun = time.monotonic()
    assert refusal(outward(seconds=SOON), site.address()).startswith("does not answer")
    assert time.monotonic() - begun < SOON + 1


def test_a_handshake_that_never_comes_is_given_up(site, outward):
    site.handshakes = False
    begun = time.monotonic()
    assert refusal(outward(seconds=SOON), site.address()).startswith("does not answer")
    assert time.monotonic() - begun < SOON + 1
    assert site.connections == 1


def test_a_resolver_that_hangs_is_given_up(outward):
    over = threading.Event()
    hangs = outward(seconds=SOON, resolve=lambda host, port: over.wait(30) and [])
    begun = time.monotonic()
    assert refusal(hangs, "https://client.test/c") == "has a host that is not found"
    assert time.monotonic() - begun < SOON + 1
    over.set()


@pytest.mark.slow
def test_thirty_seconds_of_dripping_end_within_five(site, authority):
    site.say(b"x" * 300)
    site.drip(20)
    fetch = Outward(
        allowed=lambda address, port: True,
        trust=authority.trust,
        resolve=lambda host, port: ["127.0.0.1"],
    )
    begun = time.monotonic()
    refusal(fetch, site.address())
    assert 4 < time.monotonic() - begun < 5.9


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0.0.0.0",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ],
)
def test_places_inside_are_refused_before_anything_connects(site, authority, host):
    """With the real resolver, and the real rule but for the port, at which somebody listens here."""
    fetch = Outward(allowed=lambda address, port: is_public(address, 443), trust=authority.trust)
    told = refusal(fetch, site.address(host=host))
    assert told in ("does not lead to a public address on port 443", "has a host that is not found")
    assert site.connections == 0


def test_that_listener_would_have_seen_them(site, outward):
    anywhere = outward(allowed=lambda address, port: True, resolve=lambda host, port: ["127.0.0.1"])
    anywhere.get_json(site.address())
    assert site.connections == 1


def test_as_shipped_even_the_port_of_https_leads_to_no_place_inside():
    assert refusal(Outward(), "https://localhost/client.json").startswith(
        "does not lead to a public"
    )


@pytest.mark.parametrize("other", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_one_address_inside_is_enough_to_refuse(site, outward, other):
    def allowed(address, port):
        return str(address) == "127.0.0.1"

    fetch = outward(allowed=allowed, resolve=lambda host, port: ["127.0.0.1", other])
    assert refusal(fetch, site.address()).startswith("does not lead to a public address")
    assert site.connections == 0


def test_a_name_that_changes_its_mind_is_asked_once(site, outward):
    """DNS rebinding: what was checked is what is connected to."""
    answers = iter([["127.0.0.1"]])
    fetch = outward(resolve=lambda host, port: next(answers, ["169.254.169.254"]))
    site.say(b'{"a": 1}')
    assert fetch.get_json(site.address()) == b'{"a": 1}'
    assert refusal(fetch, site.address()).startswith("does not lead to a public address")
    assert site.connections == 1


def test_another_address_is_tried_where_the_first_does_not_answer(site, outward):
    fetch = outward(resolve=lambda host, port: ["::1", "127.0.0.1"])
    assert fetch.get_json(site.address()) == b"{}"


@pytest.mark.parametrize("answer", [[], ["not an address"]])
def test_a_name_without_a_readable_address_is_refused(site, outward, answer):
    assert "host" in refusal(outward(resolve=lambda host, port: answer), site.address())
    assert site.connections == 0


def test_a_name_that_is_none_is_refused(outward):
    def unknown(host, port):
        raise OSError("Name or service not known")

    assert refusal(outward(resolve=unknown), "https://x.test/c") == "has a host that is not found"


def test_the_certificate_must_be_for_the_host(authority, outward):
    with tls_server(authority, "other.test") as site:
        fetch = outward(allowed=lambda address, port: True)
        assert refusal(fetch, site.address()).endswith("certificate for its host")
        assert fetch.get_json(site.address(host="other.test")) == b"{}"


def test_the_certificate_must_be_of_an_authority_that_is_trusted(site, outward):
    from ssl import create_default_context

    assert refusal(outward(trust=create_default_context), site.address()).startswith(
        "does not answer"
    )
    assert site.asked == []


def test_proxies_of_the_environment_are_not_asked(site, outward, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert outward().get_json(site.address()) == b"{}"


def test_strangers_hold_only_some_threads(site, outward):
    over = threading.Event()
    fetch = outward(seconds=10, resolve=lambda host, port: over.wait(30) and ["127.0.0.1"])
    with ThreadPoolExecutor(AT_ONCE) as threads:
        waiting = [threads.submit(fetch.get_json, site.address()) for _ in range(AT_ONCE)]
        while fetch._turns._value:
            time.sleep(0.01)
        with pytest.raises(TooManyAtOnce):
            fetch.get_json(site.address())
        over.set()
        assert [each.result() for each in waiting] == [b"{}"] * AT_ONCE
    assert fetch.get_json(site.address()) == b"{}"
