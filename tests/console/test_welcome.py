"""What the log says at the start: every line of it works as pasted."""

import re
import shlex
from itertools import pairwise

import pytest

from gateway.console.welcome import welcome
from tests.kit.written import write_plugin


def links(text):
    return re.findall(r"http://localhost:8000(/login\?token=\S+)", text)


def pasted(client, line):
    """Send what a curl line sends."""
    words = shlex.split(line)
    assert words[0] == "curl"
    headers = [value.split(": ", 1) for flag, value in pairwise(words) if flag == "-H"]
    return client.get(words[-1], headers=dict(headers))


def curl_lines(text):
    return [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]


def test_the_first_start_signs_in_and_gives_lines_that_work(app, client):
    text = welcome(app.extensions["gateway"])
    assert "The gateway is at http://localhost:8000" in text
    (link,) = links(text)
    assert "Sign in as you@localhost" in client.get(link, base_url="http://localhost:8000").text
    (line,) = curl_lines(text)
    answer = pasted(client, line)
    assert (answer.status_code, answer.json) == (200, {"day": "二月 2"})


def test_a_later_start_gives_a_new_link_and_no_tokens(app, client):
    first, second = (welcome(app.extensions["gateway"]) for _ in range(2))
    assert links(first) != links(second)
    assert "gwt_" not in second
    assert "flask token issue --user you@localhost --plugin NAME" in second
    assert "Sign in as you@localhost" in client.get(links(second)[0]).text


def test_without_the_local_account_it_says_how_to_make_links(ann):
    text = welcome(ann.gateway)
    assert links(text) == []
    assert "flask user link EMAIL" in text


def test_with_a_public_address_it_says_only_that(diary):
    gateway = diary(BASE_URL="https://plugins.example.com").extensions["gateway"]
    first, *servers = welcome(gateway).split("\n\n")
    assert first == "The gateway is at https://plugins.example.com"
    [servers] = servers
    assert "https://plugins.example.com/diary/mcp" in servers
    assert "token" not in servers


def test_it_names_the_addresses_that_a_tunnel_gives(diary):
    text = welcome(
        diary(ALLOWED_HOSTS="https://name.example.net,gateway:8000").extensions["gateway"]
    )
    assert "http://localhost:8000/diary/mcp" in text
    assert "https://name.example.net/diary/mcp" in text
    assert "http://gateway:8000" not in text


def test_it_names_ten_servers_at_most(start, tmp_path):
    for number in range(12):
        write_plugin(tmp_path, name=f"plugin{number}")
    text = welcome(start(folders=[tmp_path]).extensions["gateway"])
    assert text.count("/mcp\n") == 10
    assert "and 2 more: see http://localhost:8000" in text


def test_every_kind_of_plugin_starts(start):
    app = start()
    text = welcome(app.extensions["gateway"])
    issued = {
        name
        for name, each in app.extensions["gateway"].declarations.items()
        if each.auth.names_a_person
    }
    assert text.count("gwt_") == len(issued)
    assert all("/keyed/" not in line for line in curl_lines(text))


@pytest.mark.parametrize("path", ["/diary/", "/"])
def test_the_lines_on_pages_name_no_token(app, client, path):
    welcome(app.extensions["gateway"])
    assert "gwt_" not in client.get(path).text
