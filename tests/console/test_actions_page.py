"""The page of what became of one's actions, and the file of it."""

import hashlib
import json
import re
from datetime import datetime

import pytest

from gateway.audit import trail
from gateway.audit.verify import verify
from gateway.storage.tables import audit
from tests.kit.forms import send, sign_up
from tests.kit.people import Person

PATH = "/account/actions"
CHINESE = {"Accept-Language": "zh-CN"}
EVE = "eve@example.com"


@pytest.fixture
def browser(ann):
    """The browser of ann, who is signed in."""
    return ann.browser()


def entries(account_id, count, edge="asked", **values):
    """Steps of as many actions, of which nothing else is left."""
    told = {"plugin": "diary", "actor": "caller", "client": "ChatGPT", "operation": "write_day"}
    told |= {"approve": "chat", "action_hash": "sha256:a", "question_hash": "sha256:q", **values}
    return [
        trail.Entry(f"cnf_{number:032x}", edge=edge, principal=account_id, **told)
        for number in range(count)
    ]


def append(app, *rows):
    with app.extensions["gateway"].ledger.write() as connection:
        trail.append(connection, rows)


def steps(page):
    return re.findall(r"<dd>(.*?)</dd>", page.text)


def asked(page):
    return re.findall(r'<h2 class="question">(.*?)</h2>', page.text)


@pytest.mark.parametrize("path", [PATH, f"{PATH}.json"])
def test_the_page_and_the_file_are_for_who_is_signed_in(client, path):
    assert client.get(path).location == "/login?next=%2Faccount%2Factions"
    assert client.get(path, base_url="http://diary.localhost").status_code == 404
    assert client.post(path).status_code == 405


def test_it_says_what_was_asked_and_what_came_of_it(ann, browser, obeys):
    assert "None." in browser.get(PATH).text
    ann.do("/days", {"words": "a <b> walk"})
    refused = ann.post("/days", {"words": "nothing"})
    ann.confirm(refused)

    page = browser.get(PATH)
    assert obeys(page, forms="'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert asked(page) == ["Write “nothing”?", "Write “a &lt;b&gt; walk”?"]
    assert steps(page) == [
        "Failed",
        "Approved in the chat",
        "Asked for",
        "Done",
        "Approved in the chat",
        "Asked for",
    ]
    assert "Diary &amp; &lt;Days&gt; · asked by test" in page.text
    assert f'href="/confirm/{refused.json["confirmation_id"]}"' in page.text
    [moment, *_] = re.findall(r'<time datetime="(.*?)">', page.text)
    assert datetime.fromisoformat(moment).utcoffset().total_seconds() == 0
    assert f'href="{PATH}"' in browser.get("/account").text


def test_it_is_in_chinese_too(ann, browser):
    ann.do("/days", {"words": "散步"})
    page = browser.get(PATH, headers=CHINESE)
    assert asked(page) == ["写下“散步”吗？"]
    assert steps(page) == ["已完成", "已在聊天中批准", "提出请求"]
    assert "由 test 提出" in page.text


def test_what_the_person_did_by_hand_is_theirs(app, ann, browser):
    own = entries(ann.account.id, 1, actor="person")[0]
    append(app, own)
    for edge, said in [("approved", "You approved it"), ("declined", "You declined it")]:
        append(app, *entries(ann.account.id, 1, edge, actor="person"))
        assert steps(browser.get(PATH))[0] == said


def test_every_step_has_words_in_both_languages(app, ann, browser):
    names = ["claimed", "put_back", "outcome_unknown", "needs_review", "wrong_person", "expired"]
    names += ["superseded", "cancelled"]
    for name in names:
        append(app, *entries(ann.account.id, 1, name, actor="gateway"))
    in_english = steps(browser.get(PATH))
    in_chinese = steps(browser.get(PATH, headers=CHINESE))
    assert len(in_english) == len(in_chinese) == len(names)
    assert all(said.isascii() for said in in_english)
    assert not any(re.search("[a-z]", said) for said in in_chinese)


def test_what_is_gone_is_told_by_the_name_of_the_operation(app, ann, browser):
    [gone] = entries(ann.account.id, 1, plugin="gone", operation="fly_away")
    append(app, gone)
    page = browser.get(PATH)
    assert asked(page) == ["Fly away"]
    assert "gone · asked by ChatGPT" in page.text
    assert "/confirm/" not in page.text


def test_fifty_steps_are_on_a_page(app, ann, browser):
    append(app, *entries(ann.account.id, 60, "asked"), *entries("usr_eve", 5))
    append(app, *entries(ann.account.id, 60, "expired"))
    page, found = browser.get(PATH), []
    while True:
        found.append(len(steps(page)))
        older = re.search(rf'href="({PATH}\?before=[0-9]+)"', page.text)
        if older is None:
            break
        page = browser.get(older[1])
        assert f'<a href="{PATH}">← Latest</a>' in page.text
    assert found == [50, 50, 20]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "0x7", "", "a\0b"])
def test_a_page_that_is_none_is_the_first(app, ann, browser, before):
    append(app, *entries(ann.account.id, 1))
    page = browser.get(PATH, query_string={"before": before})
    assert steps(page) == ["Asked for"]
    assert "No older ones." in browser.get(f"{PATH}?before=1").text


def test_nobody_sees_the_actions_of_another(app, ann, browser):
    ann.do("/days", {"words": "mine"})
    eve = Person(app, EVE, "diary").browser()
    assert asked(eve.get(PATH)) == []
    assert eve.get(f"{PATH}.json").json["rows"] == []
    assert len(browser.get(f"{PATH}.json").json["rows"]) == 3


def test_the_file_has_all_that_is_kept_and_can_be_checked(app, ann, browser):
    for words in ("one", "two"):
        ann.do("/days", {"words": words})
    answer = browser.get(f"{PATH}.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="actions.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["account"] == ann.account.id
    rows = answer.json["rows"]
    assert [row["edge"] for row in rows] == ["asked", "approved", "executed"] * 2
    for row in rows:
        assert set(row) == {column.name for column in audit.c}
        seal = row.pop("hash")
        told = ["gateway-audit-v1", dict(sorted(row.items()))]
        spelled = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(spelled.encode()).hexdigest() == seal
    assert "one" not in answer.text  # no arguments, no question


def test_a_long_file_is_whole(app, ann, browser):
    append(app, *entries(ann.account.id, 1_201))
    rows = browser.get(f"{PATH}.json").json["rows"]
    assert [row["seq"] for row in rows] == list(range(1, 1_202))


def test_the_trail_outlives_the_account(diary, store):
    app = diary(**store)
    client = app.test_client()
    sign_up(client, EVE)
    eve = Person(app, EVE, "diary")
    eve.do("/days", {"words": "a walk"})
    page = client.get("/account")
    assert "the audit trail of your actions" in page.text
    assert "操作的审计记录" in client.get("/account", headers=CHINESE).text

    deleted = send(client, page, "/account/delete", password="correct horse battery staple")
    assert deleted.status_code == 200
    assert verify(app.extensions["gateway"].ledger).seq == 3
    assert EVE not in app.test_cli_runner().invoke(args=["audit", "list"]).stdout
