"""The catalogue, the pages that every plugin has, and the language they are in."""

import pytest

DIARY_HOST = {"base_url": "http://diary.localhost:8000"}
ROOT = {"base_url": "http://localhost:8000"}


def languages(header):
    return {"headers": {"Accept-Language": header}}


def test_the_catalogue_tells_what_a_person_needs(client, obeys):
    page = client.get("/", **ROOT)
    assert obeys(page, forms="'self'")
    for told in (
        "Diary &amp; &lt;Days&gt;",
        "Keep a &#34;diary&#34; &amp; &lt;b&gt;secrets&lt;/b&gt;.",
        "今天做了什么？",
        "Open in part",
        "write_day",
        "acts, after a yes",
        "http://localhost:8000/diary<wbr>/mcp",
        "http://diary.localhost:8000<wbr>/mcp",
        "ChatGPT no longer reads ai-plugin.json.",
    ):
        assert told in page.text


def test_the_catalogue_names_no_host_that_would_not_answer(client):
    page = client.get("/", base_url="http://127.0.0.1:8000").text
    assert "http://127.0.0.1:8000/diary<wbr>/mcp" in page
    assert "diary.127.0.0.1" not in page


def test_the_page_of_a_plugin_shows_what_people_and_models_see(client, obeys):
    page = client.get("/diary/", **ROOT)
    assert obeys(page)
    for told in (
        "Use this when the user tells of their day.",
        "Read what was done on a day.",
        "GET /days/{day}",
        "What was done.",
        "request_id",
        "http://diary.localhost:8000<wbr>/.well-known/ai-plugin.json",
        "flask token issue --user you@localhost --plugin diary)",
        "curl -H &#34;Authorization: Bearer $TOKEN&#34;"
        " &#34;http://localhost:8000/diary/days/%E4%BA%8C%E6%9C%88%202&#34;",
    ):
        assert told in page.text


def test_both_forms_lead_to_the_page(client):
    as_host = client.get("/", **DIARY_HOST)
    assert 'property="og:url" content="http://diary.localhost:8000/"' in as_host.text
    assert 'src="http://diary.localhost:8000/logo.png"' in as_host.text
    moved = client.get("/diary", **ROOT)
    assert (moved.status_code, moved.location) == (308, "http://localhost:8000/diary/")


@pytest.mark.parametrize("path", ["/diary/", "/diary/legal", "/diary/privacy", "/"])
def test_every_page_is_shown_well_in_a_chat(client, path):
    page = client.get(path, **ROOT).text
    name = "Plugin Gateway" if path == "/" else "Diary &amp; &lt;Days&gt;"
    assert f'property="og:site_name" content="{name}"' in page
    assert f'property="og:url" content="http://localhost:8000{path}"' in page
    assert 'property="og:image" content="http://localhost:8000/' in page
    for part in ("type", "title", "description"):
        assert page.count(f'property="og:{part}" content="') == 1


@pytest.mark.parametrize("path", ["/", "/login", "/diary/", "/diary/legal", "/diary/privacy"])
def test_every_page_is_in_both_languages(client, path):
    english, chinese = client.get(path), client.get(path, **languages("zh-CN"))
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-CN">' in chinese.text
    assert not set(visible_lines(english)) & set(visible_lines(chinese)) & {"Sign in", "登录"}


def visible_lines(page):
    return [line.strip() for line in page.text.splitlines()]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("zh", "zh-CN"),
        ("zh-TW,zh;q=0.9", "zh-CN"),
        ("zh-CN,en;q=0.5", "zh-CN"),
        ("fr,zh-Hans;q=0.5,en;q=0.4", "zh-CN"),
        ("en-GB,zh;q=0.9", "en"),
        ("zh;q=0,en", "en"),
        ("*", "en"),
        ("fr", "en"),
        (";;;q=x", "en"),
    ],
)
def test_the_language_is_the_first_that_we_know(client, asked, given):
    assert f'<html lang="{given}">' in client.get("/login", **languages(asked)).text


def test_the_logo_is_kept_and_asked_for_again(client):
    with client.get("/diary/logo.png") as logo:
        assert logo.data.startswith(b"\x89PNG")
        assert logo.cache_control.max_age >= 24 * 3600
    with client.get("/diary/logo.png", headers={"If-None-Match": logo.headers["ETag"]}) as again:
        assert again.status_code == 304
    with client.get("/favicon.ico") as icon:
        assert icon.mimetype == "image/png"


def test_the_style_is_there_on_every_host(client):
    for base in (ROOT, DIARY_HOST):
        with client.get("/static/console.css", **base) as style:
            assert style.mimetype == "text/css"


def test_the_legal_notice_names_who_stands_behind_it(diary):
    client = diary(PUBLISHER_NAME="例子公司", TERMS_URL="https://example.com/terms").test_client()
    page = client.get("/legal", **DIARY_HOST).text
    assert "例子公司" in page
    assert "contact@diary.localhost" in page
    assert 'href="https://example.com/terms"' in page


def test_the_gateway_serves_many_plugins_with_one_rule_each(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("console:diary")]
    assert len(rules) == 4
    assert not any(rule.arguments or rule.defaults for rule in rules)
