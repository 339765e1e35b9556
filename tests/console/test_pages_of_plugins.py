"""Pages that a plugin makes itself: what works in them, and what is shown before signing in."""

import pytest

from gateway import caller

PAGE = "/diary/pages/days/二月"
PATH_FORM = "%2Fdiary%2Fpages%2Fdays%2F%25E4%25BA%258C%25E6%259C%2588"
HOST = {"base_url": "http://diary.localhost"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def test_a_session_opens_a_private_page(ann, obeys):
    page = ann.browser().get(PAGE, headers=CHINESE)
    assert obeys(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "日子 二月 zh" in page.text
    assert "hello 1 diary:read diary:write zh-CN" in page.text
    assert 'href="http://localhost/diary/pages/days/next"' in page.text


def test_markdown_in_a_page_is_harmless(ann, obeys):
    page = ann.browser().get(PAGE)
    assert obeys(page)
    assert "<strong>bold</strong> &lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_what_a_page_says_of_itself_cannot_break_out(ann):
    page = ann.browser().get("/diary/pages/days/" + '"><img src=x>')
    assert 'property="og:title" content="The &#34;day&#34; &#34;&gt;&lt;img src=x&gt;"' in page.text
    assert 'property="og:description" content="Of &#34;&gt;&lt;img src=x&gt;"' in page.text
    assert "<img src=x" not in page.text


def test_a_setting_reaches_a_page(diary):
    from kit.people import Person

    ann = Person(diary(DIARY_GREETING="你好"), "ann@example.com", "diary")
    assert "你好 1" in ann.browser().get(PAGE).text


def test_before_signing_in_there_is_a_preview_without_content(client, obeys):
    page = client.get(PAGE)
    assert page.status_code == 200
    assert obeys(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert 'name="robots" content="noindex"' in page.text
    assert 'property="og:site_name" content="Diary &amp; &lt;Days&gt;"' in page.text
    assert 'content="A private page of Diary &amp; &lt;Days&gt;. Sign in to see it."' in page.text
    assert f'href="http://localhost/login?next={PATH_FORM}"' in page.text
    for secret in ("hello", "bold", "next</a>"):
        assert secret not in page.text


def test_a_host_sends_people_to_the_root_where_they_are_signed_in(ann):
    browser = ann.browser()
    page = browser.get("/pages/days/二月", **HOST)
    assert "Sign in to see this" in page.text
    assert f'href="http://localhost/login?next={PATH_FORM}"' in page.text
    elsewhere = "http://localhost/diary/pages/days/%E4%BA%8C%E6%9C%88"
    assert f'href="{elsewhere}"' in page.text
    assert "hello" in browser.get(elsewhere).text


def test_a_cookie_counts_at_the_root_only(ann):
    client = ann.app.test_client()
    client.set_cookie(
        "session", ann.browser().get_cookie("session").value, domain="diary.localhost"
    )
    assert "Sign in to see this" in client.get("/pages/days/1", **HOST).text


def test_the_preview_is_in_the_readers_language(client):
    assert "登录后查看" in client.get(PAGE, headers=CHINESE).text


def test_a_forged_session_is_nobodys(client):
    client.set_cookie("session", "gws_" + "a" * 43)
    assert "Sign in to see this" in client.get(PAGE).text
    assert "<p>None</p>" in client.get("/diary/pages/open").text


def test_a_page_that_says_no_is_a_small_page(ann, obeys):
    page = ann.browser().get("/diary/pages/days/never")
    assert page.status_code == 404
    assert obeys(page)
    assert "That day never came." in page.text


def test_a_picture_that_could_run_scripts_is_held_to_the_same(client):
    picture = client.get("/diary/pages/picture.svg")
    assert "default-src 'none'" in picture.headers["Content-Security-Policy"]


def test_one_call_ends_before_the_next_begins(ann, client):
    browser = ann.browser()
    for _ in range(3):
        assert ann.account.id in browser.get("/diary/pages/open").text
        assert "None" in client.get("/diary/pages/open").text
        with pytest.raises(RuntimeError, match="There is no call here"):
            str(caller.id)
    assert ann.gateway.ledger.engine.pool.checkedout() == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/diary/pages/nothing", "text/html"),
        ("/diary/pages/", "text/html"),
        ("/diary/nothing", "application/problem+json"),
        ("/diary/legal/more", "application/problem+json"),
        ("/diary/pagesof", "application/problem+json"),
    ],
)
def test_only_pages_have_error_pages(client, path, kind):
    for accept in ("text/html", "application/json", "*/*"):
        answer = client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, kind)
    as_host = client.get(path.removeprefix("/diary"), **HOST)
    assert (as_host.status_code, as_host.mimetype) == (404, kind)


def test_a_page_that_takes_no_post_says_so_as_a_page(client, obeys):
    refused = client.post("/diary/", headers=CHINESE)
    assert refused.status_code == 405
    assert obeys(refused)
    assert "此页面不接受这种请求" in refused.text
    assert "GET" in refused.headers["Allow"]


def test_at_the_root_browsers_get_pages_and_programs_problems(client, obeys):
    browser = client.get(
        "/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    )
    assert obeys(browser, forms="'self'")
    assert browser.status_code == 404
    for accept in ("*/*", "application/json", "application/json, text/html"):
        program = client.get("/nothing", headers={"Accept": accept})
        assert program.mimetype == "application/problem+json"
