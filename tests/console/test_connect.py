"""Connecting an assistant: every address and every line to paste is exact, in each form of address."""

import json
import re
import shlex
from html.parser import HTMLParser

import pytest
from kit.written import write_plugin

CHINESE = {"Accept-Language": "zh-CN"}
PATH = "http://localhost:8000/diary"
HOST = "http://diary.localhost:8000"
PUBLIC = "https://plugins.example.com"
OPEN = 'plugin = Plugin(__name__, title="Weather", auth=Public())'
LINKED = 'plugin = Plugin(__name__, title="Weather", auth=OAuth("read"))'
PERSONAL = 'plugin = Plugin(__name__, title="Weather", auth=UserKey())'
OPEN_IN_PART = """
@plugin.query("/later", returns={"text": fields.String()}, auth=Public())
def later():
    "Tell the weather of tomorrow."
    return {"text": "sun"}
"""
QUERY = """
@plugin.query("/now", returns={"text": fields.String()})
def now():
    "Tell the weather."
    return {"text": "rain"}
"""
IN_TERMINAL = ("Claude Code", "Codex")
IN_A_FILE = ("Cursor", "VS Code")
ASSISTANTS = ("ChatGPT", "Claude", *IN_TERMINAL, *IN_A_FILE, "Open WebUI")


class Ways(HTMLParser):
    """What a page says of each assistant: the words, and what a person copies."""

    def __init__(self):
        super().__init__()
        self.pasted, self.told, self._inside, self._assistant = {}, {}, "", ""

    def handle_starttag(self, tag, attributes):
        if tag == "details":
            self._assistant = "?" if "way" in dict(attributes)["class"].split() else ""
        self._inside = tag

    def handle_data(self, text):
        if self._assistant and self._inside == "summary" and text.strip():
            self._assistant = text
        elif self._assistant and self._inside == "pre" and text.strip():
            self.pasted[self._assistant] = text
        elif self._assistant:
            told = self.told.get(self._assistant, "") + text
            self.told[self._assistant] = " ".join(told.split())


def ways(client, address, **headers):
    """The ways that the page at `address` tells of."""
    page = client.get(address, headers=headers)
    assert page.status_code == 200
    found = Ways()
    found.feed(page.text.partition('id="connect"')[2].partition("<h2>")[0])
    assert tuple(found.pasted) == ASSISTANTS
    return found


@pytest.fixture
def weather(start, tmp_path):
    """Start a gateway whose one plugin, `weather`, is open to everybody unless said otherwise."""

    def weather(plugin=OPEN, code="", **environ):
        folder = tmp_path / "weather"
        write_plugin(folder, QUERY + code, plugin=plugin)
        return start(folders=(folder,), **environ).test_client()

    return weather


@pytest.mark.parametrize("base", [PATH, HOST])
def test_each_assistant_is_given_the_address_in_the_form_of_the_page(client, base):
    pasted = ways(client, f"{base}/").pasted
    assert pasted["ChatGPT"] == pasted["Claude"] == pasted["Open WebUI"] == f"{base}/mcp"
    for assistant in IN_TERMINAL:
        assert f"{base}/mcp" in shlex.split(pasted[assistant])
    assert json.loads(pasted["Cursor"])["mcpServers"]["diary"]["url"] == f"{base}/mcp"
    assert json.loads(pasted["VS Code"])["servers"]["diary"]["url"] == f"{base}/mcp"


@pytest.mark.parametrize(
    "base",
    [f"{PUBLIC}/weather", "https://weather.plugins.example.com", "https://tunnel.dev/weather"],
)
def test_a_public_gateway_gives_its_public_addresses(weather, base):
    client = weather(BASE_URL=PUBLIC, ALLOWED_HOSTS="https://tunnel.dev")
    page = client.get(f"{base}/").text
    assert "localhost" not in page
    pasted = ways(client, f"{base}/").pasted
    assert pasted["ChatGPT"] == f"{base}/mcp"
    assert pasted["Claude Code"] == f"claude mcp add --transport http weather {base}/mcp"
    assert pasted["Codex"] == f"codex mcp add weather --url {base}/mcp"
    assert json.loads(pasted["Cursor"]) == {"mcpServers": {"weather": {"url": f"{base}/mcp"}}}
    assert json.loads(pasted["VS Code"]) == {
        "servers": {"weather": {"type": "http", "url": f"{base}/mcp"}}
    }


def test_the_page_lists_both_addresses(client):
    page = client.get(f"{PATH}/").text
    for base in (PATH, HOST):
        for path in ("/mcp", "/openapi.json", "/.well-known/ai-plugin.json"):
            assert f'<code class="copy">{base}<wbr>{path}</code>' in page
            assert client.get(base + path).status_code in (200, 405)
    assert f'href="{PATH}/package.zip"' in page
    assert client.get(f"{PATH}/package.zip").mimetype == "application/zip"


def test_the_catalogue_gives_the_address_and_leads_to_the_steps(client):
    page = client.get("http://localhost:8000/").text
    for base in (PATH, HOST):
        assert f'<code class="copy">{base}<wbr>/mcp</code>' in page
    assert f'<code class="copy">{PATH}</code>' in page
    assert f'href="{PATH}/#connect"' in page


def test_where_an_account_is_linked_nothing_but_the_address_is_pasted(client):
    found = ways(client, f"{PATH}/")
    assert found.pasted["Claude Code"] == f"claude mcp add --transport http diary {PATH}/mcp"
    assert found.pasted["Codex"] == f"codex mcp add diary --url {PATH}/mcp"
    cursor, vs_code = (json.loads(found.pasted[each]) for each in IN_A_FILE)
    assert cursor == {"mcpServers": {"diary": {"url": f"{PATH}/mcp"}}}
    assert vs_code == {"servers": {"diary": {"type": "http", "url": f"{PATH}/mcp"}}}
    assert not any("TOKEN" in pasted for pasted in found.pasted.values())
    for assistant in set(ASSISTANTS) - {"ChatGPT", "Claude"}:
        assert re.search("sign.* browser|browser.* sign", found.told[assistant]), assistant
    assert "/mcp" in found.told["Claude Code"]
    assert "OAuth 2.1" in found.told["Open WebUI"]
    for assistant in ("ChatGPT", "Claude"):
        assert "page of this gateway" in found.told[assistant]


@pytest.mark.parametrize(
    ("plugin", "code", "told"),
    [
        (OPEN, "", "choose no authentication,"),
        (LINKED, "", "choose OAuth,"),
        (LINKED, OPEN_IN_PART, "choose “OAuth or no authentication”,"),
        (PERSONAL, OPEN_IN_PART, "choose no authentication,"),
    ],
)
def test_chatgpt_is_told_which_authentication_to_choose(weather, plugin, code, told):
    client = weather(plugin, code)
    assert told in ways(client, "/weather/").told["ChatGPT"]
    assert ways(client, "/weather/", **CHINESE).told["ChatGPT"]


def test_a_token_is_told_of_for_what_cannot_sign_in(client):
    page = client.get(f"{PATH}/").text
    assert "Assistants ask you to sign in here." in page
    assert "flask token issue" in page


def test_assistants_that_take_a_key_are_told_how(weather):
    client = weather(PERSONAL)
    found = ways(client, "http://localhost:8000/weather/")
    claude_code, codex = (found.pasted[each] for each in IN_TERMINAL)
    assert claude_code == (
        "claude mcp add --transport http weather http://localhost:8000/weather/mcp"
        ' --header "Authorization: Bearer $TOKEN"'
    )
    assert codex.splitlines() == [
        'export WEATHER_TOKEN="$TOKEN"',
        "codex mcp add weather --url http://localhost:8000/weather/mcp"
        " --bearer-token-env-var WEATHER_TOKEN",
    ]
    cursor, vs_code = (json.loads(found.pasted[each]) for each in IN_A_FILE)
    assert cursor["mcpServers"]["weather"]["headers"] == {
        "Authorization": "Bearer ${env:WEATHER_TOKEN}"
    }
    [asked] = vs_code["inputs"]
    assert asked["password"] is True
    assert vs_code["servers"]["weather"]["headers"] == {
        "Authorization": f"Bearer ${{input:{asked['id']}}}"
    }
    assert found.pasted["Open WebUI"] == "http://localhost:8000/weather"
    assert "field for the key" in found.told["Open WebUI"]


@pytest.mark.parametrize(
    ("code", "limit"),
    [("", "it cannot use this plugin"), (OPEN_IN_PART, "only what this plugin opens to everybody")],
)
def test_assistants_that_take_no_key_say_what_they_can_do_without(weather, code, limit):
    client = weather(PERSONAL, code)
    told = ways(client, "/weather/").told
    for assistant in ("ChatGPT", "Claude"):
        assert limit in told[assistant]
        assert "sign in" not in told[assistant]
    assert "flask token issue" in client.get("/weather/").text


def test_a_service_key_is_not_issued_to_a_person(start):
    page = start(PLUGINS="keyed").test_client().get("/keyed/").text
    assert "SERVICE_KEYS" in page
    assert "token issue" not in page
    assert "sign in here" not in page


def test_what_is_open_needs_no_token(weather):
    client = weather()
    told, page = ways(client, "/weather/").told, client.get("/weather/").text
    assert not any("token" in words or "sign in" in words for words in told.values())
    for never in (
        "Authorization",
        "TOKEN",
        "inputs",
        "token issue",
        "sign in here",
        "codex mcp login",
    ):
        assert never not in page


@pytest.mark.parametrize("path", ["/", "/diary/"])
def test_the_steps_are_in_both_languages(client, path, obeys):
    english, chinese = client.get(path), client.get(path, headers=CHINESE)
    forms = "'self'" if path == "/" else "'none'"
    assert obeys(english, forms=forms)
    assert obeys(chinese, forms=forms)
    assert "works on this machine only" in english.text
    assert "只能在这台机器上使用" in chinese.text
    assert "This address" not in chinese.text


def test_every_way_is_in_both_languages(client):
    english = ways(client, "/diary/")
    chinese = ways(client, "/diary/", **CHINESE)
    assert english.pasted == chinese.pasted
    for assistant in ASSISTANTS:
        assert english.told[assistant] != chinese.told[assistant]
