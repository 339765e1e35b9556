"""What a page says of its own address: who can reach it, and what is not known."""

import pytest

from gateway.console.reachability import (
    PLAIN_HTTP,
    PUBLIC,
    THIS_MACHINE,
    THIS_NETWORK,
    reachability,
)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://localhost:8000", THIS_MACHINE),
        ("http://sports.localhost:8000", THIS_MACHINE),
        ("http://127.0.0.1:8000/sports/mcp", THIS_MACHINE),
        ("http://127.8.9.1", THIS_MACHINE),
        ("http://[::1]:8000", THIS_MACHINE),
        ("https://localhost", THIS_MACHINE),
        ("http://10.1.2.3", THIS_NETWORK),
        ("https://10.1.2.3", THIS_NETWORK),
        ("http://172.16.0.1:8000", THIS_NETWORK),
        ("http://192.168.1.20:8000", THIS_NETWORK),
        ("http://169.254.1.1", THIS_NETWORK),
        ("http://100.64.0.1", THIS_NETWORK),
        ("http://[fd00::1]:8000", THIS_NETWORK),
        ("http://0.0.0.0:8000", THIS_NETWORK),
        ("http://gateway:8000", THIS_NETWORK),
        ("https://gateway", THIS_NETWORK),
        ("https://printer.local", THIS_NETWORK),
        ("http://host.docker.internal:8000", THIS_NETWORK),
        ("https://plugins.home.arpa", THIS_NETWORK),
        ("https://PLUGINS.LOCAL.", THIS_NETWORK),
        ("http://plugins.example.com", PLAIN_HTTP),
        ("http://8.8.8.8:8000", PLAIN_HTTP),
        ("http://172.32.0.1", PLAIN_HTTP),
        ("https://plugins.example.com", PUBLIC),
        ("https://sports.plugins.example.com/mcp", PUBLIC),
        ("https://tunnel.dev/sports", PUBLIC),
        ("https://localhost.example.com", PUBLIC),
        ("https://mylocal.com", PUBLIC),
        ("https://10.example.com", PUBLIC),
    ],
)
def test_an_address_tells_who_can_reach_it(address, words):
    assert reachability(address) == words


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("http://plugins.example.com", "plain HTTP"),
        ("http://gateway:8000", "inside its own network only"),
        ("https://plugins.example.com", "check it from outside"),
    ],
)
def test_the_pages_say_it(diary, base, told):
    client = diary(BASE_URL=base).test_client()
    for path in ("/", "/diary/"):
        page = client.get(base + path).text
        assert told in page
        assert "on this machine only" not in page


def test_nothing_is_promised_of_a_public_address():
    english, chinese = PUBLIC
    assert "should be able to" in english
    assert "cannot know" in english
    assert "无法确认" in chinese
