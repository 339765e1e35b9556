"""The page of one action: for its owner, in every state, and for nobody else."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from kit import forms
from kit.aged import let_time_pass
from kit.ferry import write_ferry
from kit.people import Person
from sqlalchemy import select, update

from gateway.confirmations.sweeper import Sweeper
from gateway.storage.patience import lasting
from gateway.storage.tables import audit, confirmations

GUESTBOOK = Path(__file__).parents[1] / "kit" / "more_plugins"
CHINESE = {"Accept-Language": "zh-CN"}
HTML = {"Accept": "text/html"}
TRIP = {"name": "Ann Lee", "at": "2027-07-01T07:00:00Z"}
APPROVE = '<button name="decision" value="approve">'


@pytest.fixture
def app(start, tmp_path):
    write_ferry(tmp_path / "plugins")
    return start(folders=(tmp_path / "plugins",))


@pytest.fixture
def ann(app):
    return Person(app, "ann@example.com", "ferry", client="Pocket")


@pytest.fixture
def asked(ann):
    return ann.post("/trips", TRIP)


@pytest.fixture
def rows(app):
    """Everything that is kept of actions: their rows and the trail."""

    def rows():
        with app.extensions["gateway"].ledger.read() as connection:
            return [connection.execute(select(table)).all() for table in (confirmations, audit)]

    return rows


def path_of(asked):
    return f"/confirm/{asked.json['confirmation_id']}"


def see(person, asked, **how):
    return person.browser().get(path_of(asked), **how)


def reads(page):
    """What a person reads of the main part of a page."""
    text = re.sub(r"<[^>]+>", " ", page.text.partition("<main>")[2])
    return " ".join(html.unescape(text).split()).replace(" ?", "?")


def stand(person, asked, **values):
    """Let a confirmation stand as it may after what a test cannot wait for."""
    with person.gateway.ledger.write() as connection:
        own = confirmations.c.id == asked.json["confirmation_id"]
        connection.execute(update(confirmations).where(own).values(**values))


def status(person, asked):
    return person.see(asked).json["status"]


# What is asked


def test_its_owner_sees_what_is_asked_by_whom_and_until_when(ann, asked, obeys):
    assert asked.json["confirm_url"] == f"http://localhost{path_of(asked)}"
    page = see(ann, asked)
    assert obeys(page, forms="'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    told = reads(page)
    for each in (
        "Ferry",
        "Book a trip for “ Ann Lee ”? It costs 12.00 EUR.",
        "At Thursday 1 July 2027, 09:00 CEST (Europe/Berlin)",
        "Name Ann Lee",
        "Price 12.00 EUR",
        "Terms No refunds.",
        "Assistant Pocket with a key from whoever runs this gateway",
        "Your account ann@example.com",
        "UTC 10 minutes left",
        f"Compare this code with the one in your chat {asked.json['match_code']}",
        "You can take it back afterwards.",
    ):
        assert each in told
    assert told.count("2027") == 1
    assert "Time zone" not in told
    assert "Note" not in told


def test_it_is_all_in_the_readers_language(ann, asked):
    page = see(ann, asked, headers=CHINESE)
    told = reads(page)
    for each in (
        "为“ Ann Lee ”订一张船票吗？ 价格 12.00 EUR。",
        "时间 2027年7月1日（星期四）09:00（Europe/Berlin 时间，CEST）",
        "姓名 Ann Lee",
        "条款 不可退款。",
        "请核对聊天中的代码是否与此相同",
        "还有 10 分钟",
        "执行后可以撤销",
        "拒绝 批准",
    ):
        assert each in told
    words = set(re.findall("[A-Za-z]{3,}", told.partition("请核对")[0]))
    assert words <= {"Ann", "Lee", "Ferry", "EUR", "Europe", "Berlin", "CEST", "UTC", "Pocket"} | {
        "ann",
        "example",
        "com",
    }


def test_decline_comes_first_and_nothing_has_the_focus(ann, asked):
    page = see(ann, asked).text
    assert page.index('value="decline"') < page.index('value="approve"')
    assert "autofocus" not in page
    assert page.count('<form method="post" class="choice">') == 1


def test_the_words_of_others_are_marked_isolated_and_whole(ann):
    note = "Dear,\n\nplease press Approve.\n" + "long " * 2000
    asked = ann.post(
        "/trips",
        {
            **TRIP,
            "name": "x”? The price is 0 EUR. “y",
            "email": "a\u202eb\u200bc@example.com",
            "note": note,
            "tags": ["<b>bold</b>"],
            "more": {"seat": {"row": 3, "window": True}, "meal": None},
        },
    )
    page = see(ann, asked)
    assert '“<bdi class="words">x”? The price is 0 EUR. “y</bdi>”?</h1>' in page.text
    assert '<q class="words"><bdi>abc@example.com</bdi></q>' in page.text
    assert "2 invisible characters are not shown" in page.text
    assert html.escape(note) in page.text
    assert f"All {len(note):,} characters are in this box" in page.text
    assert '<q class="words"><bdi>&lt;b&gt;bold&lt;/b&gt;</bdi></q>' in page.text
    assert "meal none seat row 3 window yes" in reads(page)


def test_what_runs_is_shown_beside_what_the_plugin_makes_of_it(ann):
    told = reads(see(ann, ann.post("/trips", {**TRIP, "tags": ["Window", "quiet"]})))
    assert "Tags window quiet The assistant wrote Window quiet Price" in told


def test_pictures_and_scripts_of_the_world_are_no_invisible_characters(ann):
    names = ("👩‍⚕️ Zoë ⚠️ 1️⃣", "Nguyễn Thị", "佐藤 さくら", "שלום")
    for name in names:
        page = see(ann, ann.post("/trips", {**TRIP, "name": name}))
        assert f'<q class="words"><bdi>{name}</bdi></q>' in page.text
        assert "not shown" not in page.text


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u202e", "\u2066", "\U000e0041", "\ufe0f", "\u3164", "\u0336" * 9, "\x07"]
)
def test_what_nobody_sees_is_counted(ann, hidden):
    asked = ann.post("/trips", {**TRIP, "name": f"An{hidden}n"})
    page = see(ann, asked, headers=CHINESE).text
    count = 5 if len(hidden) == 9 else 1
    assert f"有 {count} 个不可见字符未显示" in page
    assert '“<bdi class="words">An' in page
    assert hidden not in page


def test_an_answer_may_be_given_in_the_chat_where_that_is_enough(ann):
    asked = ann.post("/reminders", {"text": "milk"})
    page = see(ann, asked).text
    assert "You can give your answer in the chat as well." in page
    assert "It cannot be undone." in page
    assert ann.decide(asked, "approve").status_code == 303
    assert status(ann, asked) == "executed"


def test_whoever_is_not_known_has_no_buttons(start):
    app = start(folders=(GUESTBOOK,))
    asked = app.test_client().post("/guestbook/entries", json={"name": "Ann", "words": "hi"})
    page = app.test_client().get(path_of(asked))
    assert 'Sign as “<bdi class="words">Ann</bdi>”: “' in page.text
    assert "Give your answer in the chat." in page.text
    assert APPROVE not in page.text
    signed_in = Person(app, "ann@example.com", "guestbook", scopes=()).browser()
    assert APPROVE not in signed_in.get(path_of(asked)).text
    assert signed_in.post(path_of(asked), data={"decision": "approve"}).status_code == 404


# Who may see and answer


def test_to_others_it_is_not_there(ann, asked, obeys):
    bob = Person(ann.app, "bob@example.com", "ferry").browser()
    others, nobodys = bob.get(path_of(asked), headers=HTML), bob.get("/confirm/cnf_0", headers=HTML)
    assert others.status_code == nobodys.status_code == 404
    assert obeys(others, forms="'self'")
    assert others.text.replace(path_of(asked), "/confirm/cnf_0") == nobodys.text
    assert "Ann" not in others.text


def test_others_who_answer_are_written_down_once_for_each_try(ann, asked, rows):
    bob = Person(ann.app, "bob@example.com", "ferry").browser()
    stolen = fields_of(see(ann, asked))
    for tries in (1, 2):
        refused = bob.post(path_of(asked), data=stolen, headers=forms.ORIGIN)
        assert refused.status_code == 404
        assert [row.edge for row in rows()[1]] == ["asked", *["wrong_person"] * tries]
    assert status(ann, asked) == "confirmation_required"


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_signed_in_is_asked_to_and_led_back(app, asked, method):
    client = app.test_client()
    sent = getattr(client, method)(path_of(asked))
    assert sent.status_code == 303
    assert sent.location == f"/login?next=%2Fconfirm%2F{asked.json['confirmation_id']}"
    assert "Ann Lee" not in client.get(sent.location).text


@pytest.mark.parametrize("times", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_looking_changes_nothing(ann, asked, rows, times):
    browser, before = ann.browser(), rows()
    for method in ("head", "options", *["get"] * times):
        assert getattr(browser, method)(path_of(asked)).status_code == 200
    assert browser.get(f"{path_of(asked)}?decision=approve&changed=1").status_code == 200
    assert rows() == before


def fields_of(page, decision="approve"):
    [token] = re.findall(r'name="form_token" value="(\w+)">\s*<button name="decision"', page.text)
    return {"form_token": token, "decision": decision}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_from_elsewhere_does_nothing(ann, asked, rows, headers):
    browser, before = ann.browser(), rows()
    given = fields_of(browser.get(path_of(asked)))
    assert browser.post(path_of(asked), data=given, headers=headers).status_code == 403
    assert rows() == before
    sent = browser.post(path_of(asked), data=given, headers={"Sec-Fetch-Site": "same-origin"})
    assert sent.status_code == 303


def test_a_form_answers_only_what_its_page_showed_to_this_session(ann, asked, rows):
    browser = ann.browser()
    other = fields_of(browser.get(path_of(ann.post("/trips", {**TRIP, "name": "Bo"}))))
    anothers = fields_of(see(ann, asked))
    older = fields_of(browser.get(path_of(asked)))
    stand(ann, asked, hash="sha256:" + "0" * 64)
    before = rows()
    for token in (other, anothers, older, {"decision": "approve"}):
        refused = browser.post(path_of(asked), data=token, headers=forms.ORIGIN)
        assert refused.status_code == 403
    assert rows() == before


def test_an_answer_is_one_of_two_in_a_form(ann, asked, rows):
    browser, before = ann.browser(), rows()
    given = fields_of(browser.get(path_of(asked)))
    for decision in ([], ["approve", "decline"], ["approve", "approve"], ["yes"], [""]):
        form = {**given, "decision": decision}
        assert browser.post(path_of(asked), data=form, headers=forms.ORIGIN).status_code == 400
    for how in (
        {"json": given},
        {"data": given, "content_type": "multipart/form-data"},
        {"data": b"decision=approve", "content_type": "text/plain"},
    ):
        assert browser.post(path_of(asked), headers=forms.ORIGIN, **how).status_code == 400
    assert rows() == before


# What comes of it


def test_what_is_approved_is_done_and_shown_however_often_it_is_sent(ann, asked, rows):
    browser = ann.browser()
    given = fields_of(browser.get(path_of(asked)))
    seen = set()
    for _ in range(3):
        sent = browser.post(path_of(asked), data=given, headers=forms.ORIGIN)
        assert (sent.status_code, sent.location) == (303, path_of(asked))
        seen.add(browser.get(path_of(asked)).text)
    assert [row.edge for row in rows()[1]] == ["asked", "approved", "executed"]
    assert len(seen) == 1
    page = browser.get(path_of(asked))
    told = reads(page)
    assert "It is done. Go back to the chat and say it is done." in told
    assert "The result Trip T-1 At Thursday 1 July 2027, 09:00 CEST (Europe/Berlin)" in told
    assert "Price 12.00 EUR" in told
    assert "in the morning" not in told
    assert f'<a class="button" href="{ann.see(asked).json["result"]["url"]}">' in page.text
    assert "请回到聊天，告诉助手已完成。" in browser.get(path_of(asked), headers=CHINESE).text
    assert APPROVE not in page.text


def test_what_is_declined_stays_undone(ann, asked):
    assert ann.decide(asked, "decline").status_code == 303
    assert "It was declined, and nothing was done." in reads(see(ann, asked))
    assert status(ann, asked) == "declined"


def test_what_failed_says_why_and_what_would_do(ann):
    asked = ann.post("/trips", {**TRIP, "name": "late"})
    assert ann.decide(asked, "approve").status_code == 303
    told = reads(see(ann, asked))
    assert "It was not done. Ferry says: “The boat is full.”" in told
    assert "instead: Thursday 1 July 2027, 10:00 CEST (Europe/Berlin) the night boat" in told
    assert status(ann, asked) == "failed"


def test_a_mistake_inside_is_told_without_its_details(ann):
    asked = ann.post("/trips", {**TRIP, "name": "broken"})
    ann.decide(asked, "approve")
    told = reads(see(ann, asked, headers=CHINESE))
    assert "网关内部出错" in told
    assert "mistake" not in told


def test_what_the_question_rests_on_is_asked_anew_when_it_has_changed(ann, asked):
    folder = ann.gateway.settings.data_dir / "ferry"
    (folder / "price").write_text("15.00 EUR")
    sent = ann.decide(asked, "approve")
    following = ann.see(asked).json["superseded_by"]
    old = asked.json["confirmation_id"]
    assert sent.location == f"/confirm/{following}?changed={old}"
    browser = ann.browser()
    told = reads(browser.get(sent.location))
    assert "Nothing was done: what the question rests on has changed." in told
    assert "What has changed Price before 12.00 EUR now 15.00 EUR" in told
    assert "It costs 15.00 EUR." in told
    earlier = browser.get(path_of(asked))
    assert "Nothing was done: what this question rests on has changed." in reads(earlier)
    assert "Price before 12.00 EUR now 15.00 EUR" in reads(earlier)
    assert f'href="/confirm/{following}?changed={old}"' in earlier.text
    page = browser.get(sent.location)
    again = forms.send_here(browser, page, f"/confirm/{following}", decision="approve")
    assert again.location == f"/confirm/{following}"
    assert "It is done." in reads(browser.get(again.location))


def test_nobody_can_make_the_page_say_that_something_changed(ann, asked):
    other = ann.post("/trips", {**TRIP, "name": "Bo"}).json["confirmation_id"]
    for changed in ("1", other, asked.json["confirmation_id"], "x" * 999):
        page = see(ann, asked, query_string={"changed": changed})
        assert "changed" not in reads(page)


def test_an_answer_that_comes_too_late_is_told_so(ann, asked, app):
    browser = ann.browser()
    given = fields_of(browser.get(path_of(asked)))
    let_time_pass(app, timedelta(minutes=11), confirmations)
    for decision in ("approve", "decline"):
        sent = browser.post(
            path_of(asked), data={**given, "decision": decision}, headers=forms.ORIGIN
        )
        assert sent.status_code == 410
        assert "Your answer came too late, so nothing was done." in reads(sent)
    told = reads(browser.get(path_of(asked), headers=CHINESE))
    assert "已过期" in told
    assert "未在有效期内答复" in told
    assert status(ann, asked) == "expired"


def test_a_second_answer_does_not_undo_the_first(ann):
    for first, second, word in (
        ("approve", "decline", "approved"),
        ("decline", "approve", "declined"),
    ):
        asked = ann.post("/trips", {**TRIP, "name": first})
        browser = ann.browser()
        given = fields_of(browser.get(path_of(asked)))
        stays = []
        for decision in (first, second):
            form = {**given, "decision": decision}
            sent = browser.post(path_of(asked), data=form, headers=forms.ORIGIN)
            stays.append(status(ann, asked))
        assert sent.status_code == 409
        assert f"It had been {word} before" in reads(sent)
        assert stays[0] == stays[1]


@pytest.mark.parametrize(
    ("name", "code", "wait", "says"),
    [
        ("busy", 503, None, "Ferry says: “The harbour sleeps.” Nothing was done. Try again"),
        ("often", 429, "7", "Ferry says: “The harbour is asked too often.”"),
    ],
)
def test_what_may_pass_can_be_tried_again(ann, name, code, wait, says):
    asked = ann.post("/trips", {**TRIP, "name": name})
    sent = ann.decide(asked, "approve")
    assert (sent.status_code, sent.headers.get("Retry-After")) == (code, wait)
    assert says in reads(sent)
    assert APPROVE in sent.text
    assert status(ann, asked) == "confirmation_required"


def test_a_store_that_is_gone_is_told_in_words_for_people(ann, asked, tmp_path):
    browser = ann.browser()
    given = fields_of(browser.get(path_of(asked)))
    ledger = ann.gateway.ledger
    with ledger.write(), lasting(0.2):
        sent = browser.post(path_of(asked), data=given, headers=forms.ORIGIN)
    assert (sent.status_code, sent.headers["Retry-After"]) == (503, "2")
    assert "cannot reach its store just now, so nothing was done. Try again" in reads(sent)
    assert "Book a trip for" in reads(sent)
    assert APPROVE in sent.text
    ledger.engine.dispose()
    [file] = (tmp_path / "data").glob("*.sqlite3")
    kept = file.read_bytes()
    file.write_bytes(b"no database" * 999)
    sent = browser.get(path_of(asked), headers={**HTML, **CHINESE})
    file.write_bytes(kept)
    assert (sent.status_code, sent.headers["Retry-After"]) == (503, "2")
    assert "网关暂时无法访问存储" in sent.text


def test_a_plugin_that_has_changed_leaves_nothing_to_approve(ann, asked):
    browser = ann.browser()
    given = fields_of(browser.get(path_of(asked)))
    stand(ann, asked, operation="gone")
    assert "it can no longer be approved" in reads(browser.get(path_of(asked)))
    sent = browser.post(path_of(asked), data=given, headers=forms.ORIGIN)
    assert sent.status_code == 410
    assert "The plugin has changed since this was asked, so nothing was done." in reads(sent)
    assert APPROVE not in sent.text


@pytest.mark.parametrize(
    ("state", "english", "chinese"),
    [
        ("executing", "it is being done", "正在执行"),
        ("outcome_unknown", "is being checked", "正在核实"),
        ("cancelled", "The assistant withdrew it", "助手已撤回"),
        ("needs_review", "a person must look into it", "需由人工核查"),
    ],
)
def test_every_other_state_is_told(ann, asked, state, english, chinese, obeys):
    stand(ann, asked, status=state)
    page = see(ann, asked)
    assert obeys(page, forms="'self'")
    assert english in reads(page)
    assert chinese in reads(see(ann, asked, headers=CHINESE))
    assert APPROVE not in page.text
    looks_again = '<meta http-equiv="refresh" content="5">' in page.text
    assert looks_again == (state in ("executing", "outcome_unknown"))


def test_an_effect_elsewhere_that_nobody_can_look_up_is_for_a_person(ann, app):
    asked = ann.post("/cards", {"text": "hello"})
    ann.decide(asked, "approve")
    Sweeper(ann.gateway.ledger, ann.gateway.approvals.elsewhere).sweep()
    told = reads(see(ann, asked))
    assert "Nobody knows yet whether it was done." in told
    assert asked.json["confirmation_id"] in told
