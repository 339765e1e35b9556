"""What strangers look for: a proof for OpenAI, the catalogue of APIs, llms.txt, cards of MCP servers."""

import re
from urllib.parse import urlsplit

import pytest

from tests.kit.apps import running_app
from tests.kit.written import write_plugin

PUBLIC, LOCAL = "https://plugins.example.com", "http://localhost:8000"
COUNTER = "https://counter.plugins.example.com"
API_CATALOG, LLMS = "/.well-known/api-catalog", "/llms.txt"
AI_CATALOG = "/.well-known/ai-catalog.json"
CHALLENGE = "/.well-known/openai-apps-challenge"
CARDS = ["/mcp/server-card", "/.well-known/mcp/server-card.json", "/.well-known/mcp.json"]
AT_THE_ROOT = [API_CATALOG, LLMS, AI_CATALOG]
CLIENT = {"name": "test", "version": "1"}
LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A gateway on one machine, with nothing set."""
    with running_app(tmp_path_factory.mktemp("local")) as app:
        yield app.test_client()


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A gateway with a public root, with all set that changes these documents."""
    settings = {
        "BASE_URL": PUBLIC,
        "MCP_SERVER_CARD": "on",
        "OPENAI_APPS_CHALLENGE": "token-of-all",
        "COUNTER_OPENAI_APPS_CHALLENGE": " token-of-counter\n",
        "PUBLISHER_NAME": "Harbour\nPhysio 港湾",
        "PRIVACY_URL": "https://example.com/privacy",
        "TERMS_URL": "https://example.com/terms",
    }
    with running_app(tmp_path_factory.mktemp("public"), **settings) as app:
        yield app.test_client()


def links_of(catalogue):
    """The links of a linkset as (anchor, relation, target), held to RFC 9264 section 4.2."""
    assert set(catalogue) == {"linkset"}
    found = []
    for context in catalogue["linkset"]:
        assert urlsplit(context["anchor"]).scheme in ("http", "https")
        for relation, targets in context.items():
            if relation == "anchor":
                continue
            assert isinstance(targets, list), f"{relation} is not an array"
            assert targets, f"{relation} is empty"
            assert all(set(each) <= {"href", "type", "title"} for each in targets)
            found += [(context["anchor"], relation, each) for each in targets]
    return found


def targets(catalogue, anchor, relation):
    return [
        each["href"]
        for start, name, each in links_of(catalogue)
        if (start, name) == (anchor, relation)
    ]


# --- the proof for OpenAI


@pytest.mark.parametrize(
    ("address", "token"),
    [
        (PUBLIC, b"token-of-all"),
        (f"{PUBLIC}/counter", b"token-of-counter"),
        (COUNTER, b"token-of-counter"),
        (f"{PUBLIC}/keyed", b"token-of-all"),
        ("https://keyed.plugins.example.com", b"token-of-all"),
    ],
)
def test_a_challenge_is_answered_with_its_token_and_nothing_else(public, address, token):
    answer = public.get(address + CHALLENGE)
    assert (answer.status_code, answer.data) == (200, token)
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("address", [LOCAL, f"{LOCAL}/counter", "http://counter.localhost:8000"])
def test_without_a_token_there_is_no_challenge(local, address):
    missing = local.get(address + CHALLENGE)
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert "OPENAI_APPS_CHALLENGE" in missing.json["detail"]


def test_a_token_of_one_plugin_is_not_told_of_others(start):
    client = start(PLUGINS="counter,keyed", COUNTER_OPENAI_APPS_CHALLENGE="one").test_client()
    assert client.get(f"/counter{CHALLENGE}").data == b"one"
    assert client.get(f"/keyed{CHALLENGE}").status_code == 404
    assert client.get(CHALLENGE).status_code == 404


def test_a_plugin_that_is_not_there_has_no_documents(public):
    for path in (CHALLENGE, API_CATALOG, *CARDS):
        missing = public.get(f"{PUBLIC}/weather{path}")
        assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
        assert public.get(f"https://weather.plugins.example.com{path}").status_code == 421


# --- the catalogue of APIs


def test_the_catalogue_lists_both_apis_of_every_plugin(local):
    answer = local.get(LOCAL + API_CATALOG)
    assert answer.headers["Content-Type"] == LINKSET
    items = targets(answer.json, LOCAL + API_CATALOG, "item")
    plugins = [f"{LOCAL}/counter", f"{LOCAL}/keyed", f"{LOCAL}/personal"]
    assert sorted(items) == sorted([*plugins, *(f"{base}/mcp" for base in plugins)])
    described = {anchor for anchor, _, _ in links_of(answer.json)}
    assert described == {LOCAL + API_CATALOG, *items}


@pytest.mark.parametrize("gateway", ["local", "public"])
def test_every_link_with_a_type_leads_to_a_document_of_that_type(request, gateway):
    client, root = request.getfixturevalue(gateway), {"local": LOCAL, "public": PUBLIC}[gateway]
    typed = [each for _, _, each in links_of(client.get(root + API_CATALOG).json) if "type" in each]
    assert len(typed) == 3 * (6 if gateway == "local" else 7)
    for each in typed:
        assert each["href"].startswith(f"{root}/")
        answer = client.get(each["href"])
        assert (answer.status_code, answer.mimetype) == (200, each["type"]), each["href"]


def test_the_catalogue_names_the_policies(local, public):
    base, told = f"{LOCAL}/counter", local.get(LOCAL + API_CATALOG).json
    assert targets(told, base, "privacy-policy") == [f"{base}/privacy"]
    assert targets(told, base, "terms-of-service") == []
    base, told = f"{PUBLIC}/counter", public.get(PUBLIC + API_CATALOG).json
    assert targets(told, base, "privacy-policy") == ["https://example.com/privacy"]
    assert targets(told, base, "terms-of-service") == ["https://example.com/terms"]


def test_the_headers_alone_lead_to_the_catalogue(public):
    head, full = (public.open(PUBLIC + API_CATALOG, method=method) for method in ("HEAD", "GET"))
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Link"] == (
        f'<{PUBLIC}{API_CATALOG}>; rel="api-catalog"; type="application/linkset+json"'
    )
    assert dict(head.headers) | {"Date": ""} == dict(full.headers) | {"Date": ""}


def test_the_hosts_of_plugins_lead_to_the_one_catalogue(public):
    for address in (COUNTER, f"{PUBLIC}/counter"):
        moved = public.get(address + API_CATALOG)
        assert (moved.status_code, moved.headers["Location"]) == (308, PUBLIC + API_CATALOG)


# --- llms.txt


def sections(text):
    """The parts of an llms.txt: its title, summary, and the links of each section with their notes."""
    title, summary, *rest = text.strip().split("\n\n")
    assert re.fullmatch(r"# .+", title)
    assert re.fullmatch(r"> .+", summary)
    body = "\n\n".join(rest)
    before, *found = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    assert not re.search(r"^#", before, re.MULTILINE)
    listed = dict(zip(found[::2], found[1::2], strict=True))
    return summary, {name: links(part) for name, part in listed.items()}


def links(part):
    lines = part.strip().splitlines()
    read = [re.fullmatch(r"- \[([^\]]+)\]\((\S+)\): (.+)", line) for line in lines]
    assert all(read), part
    return {match[1]: (match[2], match[3]) for match in read}


def test_llms_txt_tells_of_every_plugin_and_where_to_find_it(local):
    answer = local.get(LOCAL + LLMS)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    _, found = sections(answer.text)
    assert list(found) == ["Counter", "Keyed", "Personal", "Optional"]
    base = f"{LOCAL}/counter"
    assert {name: address for name, (address, _) in found["Counter"].items()} == {
        "Page": f"{base}/",
        "MCP": f"{base}/mcp",
        "OpenAPI": f"{base}/openapi.json",
    }
    for section in found.values():
        for name, (address, _) in section.items():
            assert local.get(address).status_code == (405 if name == "MCP" else 200)


def test_llms_txt_keeps_chinese_and_its_form_whatever_is_written_into_it(start, tmp_path, public):
    summary, _ = sections(public.get(PUBLIC + LLMS).text)
    assert "Harbour Physio 港湾." in summary
    write_plugin(
        tmp_path,
        docstring="预约 [按摩](x) 和理疗。\n\nUse this when the user asks.",
        plugin='plugin = Plugin(__name__, title="港湾 # 预约", auth=Public())',
        code="""@plugin.query("/now", returns={"sky": fields.String(metadata={"description": "Sky."})})
def get_now():
    \"\"\"Tell the weather.\"\"\"
""",
    )
    app = start(folders=[tmp_path])
    _, found = sections(app.test_client().get(LOCAL + LLMS).data.decode())
    assert found["港湾 # 预约"]["Page"] == (f"{LOCAL}/weather/", "预约 [按摩](x) 和理疗。")


# --- cards of MCP servers


@pytest.mark.parametrize("path", [AI_CATALOG, *(f"/counter{path}" for path in CARDS)])
def test_cards_are_not_there_unless_they_are_switched_on(local, path):
    missing = local.get(LOCAL + path)
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert not re.search("server-card", local.get(LOCAL + API_CATALOG).text)


@pytest.mark.parametrize("base", [f"{PUBLIC}/counter", COUNTER])
def test_a_card_is_the_same_wherever_it_is_looked_for(public, base):
    answers = [public.get(base + path) for path in CARDS]
    assert {each.headers["Content-Type"] for each in answers} == {
        "application/mcp-server-card+json"
    }
    assert len({each.data for each in answers}) == 1
    told = answers[0].json
    assert told["name"] == "com.example.plugins/counter"
    assert told["remotes"][0]["url"] == f"{base}/mcp"
    assert "2026-07-28" in told["remotes"][0]["supportedProtocolVersions"]


def test_a_card_promises_what_the_server_keeps(public):
    card = public.get(f"{COUNTER}/mcp/server-card").json
    [remote] = card["remotes"]
    for version in remote["supportedProtocolVersions"]:
        told = handshake(public, remote["url"], version)
        assert told["protocolVersion"] == version
        server = told["serverInfo"]
        assert {name: card[name] for name in server if name != "name"} == {
            name: value for name, value in server.items() if name != "name"
        }


def handshake(client, address, version):
    """What an MCP server says of itself and of the revision it speaks, to a client of that revision."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    old = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
    modern = version >= "2026"
    method = "server/discover" if modern else "initialize"
    answer = client.post(
        address,
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": {"_meta": meta} if modern else old,
        },
        headers={"MCP-Protocol-Version": version, "Mcp-Method": method} if modern else {},
    )
    assert answer.status_code == 200, answer.text
    told = answer.json["result"]
    if not modern:
        return told
    [spoken] = told["supportedVersions"]
    information = told["_meta"]["io.modelcontextprotocol/serverInfo"]
    return {"protocolVersion": spoken, "serverInfo": information}


def test_a_client_finds_every_card_from_the_name_of_the_host_alone(public):
    catalogue = public.get(PUBLIC + AI_CATALOG)
    assert catalogue.headers["Content-Type"] == "application/ai-catalog+json"
    assert len(catalogue.json["entries"]) == 3
    for entry in catalogue.json["entries"]:
        card = public.get(entry["url"], headers={"Accept": entry["type"]})
        assert (card.status_code, card.mimetype) == (200, entry["type"])
        assert card.json["title"] == entry["displayName"]


def test_cards_may_be_kept_and_read_by_any_page(public):
    address, page = f"{COUNTER}/mcp/server-card", {"Origin": "https://anybody.example"}
    card = public.get(address, headers=page)
    assert card.headers["Cache-Control"] == "public, max-age=3600"
    assert card.headers["Access-Control-Allow-Origin"] == "*"
    assert card.headers["Access-Control-Expose-Headers"] == "ETag"
    asking = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "If-None-Match",
    }
    allowed = public.options(address, headers=page | asking).headers
    assert allowed["Access-Control-Allow-Origin"] == "*"
    assert allowed["Access-Control-Allow-Methods"] == "GET"
    assert allowed["Access-Control-Allow-Headers"] == "If-None-Match"


def test_other_addresses_are_not_opened_to_any_page(public):
    page = {"Origin": "https://anybody.example"}
    for path in ("/openapi.json", CHALLENGE, "/hints", "/mcp"):
        answer = public.get(COUNTER + path, headers=page)
        assert "Access-Control-Allow-Origin" not in answer.headers


# --- all of them

ALL = [
    *(PUBLIC + path for path in (*AT_THE_ROOT, CHALLENGE)),
    *(COUNTER + path for path in (*CARDS, CHALLENGE)),
    *(f"{PUBLIC}/counter{path}" for path in (*CARDS, CHALLENGE)),
]


@pytest.mark.parametrize("address", ALL)
def test_each_is_sent_only_to_those_who_do_not_have_it(public, address):
    full = public.get(address)
    assert full.status_code == 200
    unchanged = public.get(address, headers={"If-None-Match": full.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert public.get(address, headers={"If-None-Match": '"other"'}).data == full.data
    head = public.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(full.data))


@pytest.mark.parametrize("address", ALL)
def test_each_can_only_be_read(public, address):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = public.open(address, method=method)
        assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
        assert "GET" in refused.headers["Allow"]


@pytest.mark.parametrize("path", AT_THE_ROOT)
def test_addresses_come_from_the_settings_and_not_from_the_request(public, path):
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for asked in ("http://plugins.example.com", "https://Plugins.Example.com:443"):
        assert public.get(asked + path, headers=headers).data == public.get(PUBLIC + path).data
    assert public.get(f"https://evil.example{path}").status_code == 421


@pytest.mark.parametrize("root", ["http://localhost:1", "http://127.0.0.1:9000", "http://[::1]"])
def test_addresses_have_the_form_in_which_they_were_asked_for(local, root):
    for path in (API_CATALOG, LLMS):
        addresses = re.findall(r"https?://[^\s\"<>)]+", local.get(root + path).text)
        assert addresses
        assert all(each.startswith(f"{root}/") for each in addresses)
