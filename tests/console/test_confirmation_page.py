"""The page of one action: for its owner, in every state, and for nobody else."""

from datetime import timedelta

import pytest
import time_machine
from kit.people import Person

CHINESE = {"Accept-Language": "zh-CN"}


def path_of(asked):
    return f"/confirm/{asked.json['confirmation_id']}"


@pytest.fixture
def asked(ann):
    return ann.post("/days", {"words": "<b>swam</b> 三公里"})


def test_its_owner_sees_the_question_and_the_code_but_no_button(ann, asked, obeys):
    assert asked.json["confirm_url"] == f"http://localhost{path_of(asked)}"
    page = ann.browser().get(path_of(asked))
    assert obeys(page, forms="'self'")
    assert page.headers["Cache-Control"] == "no-store"
    content = page.text.partition("<main>")[2]
    assert "<button" not in content
    for told in (
        "Diary &amp; &lt;Days&gt;",
        "Write “&lt;b&gt;swam&lt;/b&gt; 三公里”?",
        "Waiting for a yes",
        asked.json["match_code"],
        "Open for 10 more minutes",
        "give your answer there",
        "Write down what was done today.",
    ):
        assert told in content


def test_the_question_is_in_the_readers_language(ann, asked):
    page = ann.browser().get(path_of(asked), headers=CHINESE)
    assert "写下“&lt;b&gt;swam&lt;/b&gt; 三公里”吗？" in page.text
    assert "等待确认" in page.text


def test_to_others_it_is_not_there(ann, asked, obeys):
    bob = Person(ann.app, "bob@example.com", "diary").browser()
    html = {"Accept": "text/html"}
    others, nobodys = bob.get(path_of(asked), headers=html), bob.get("/confirm/cnf_0", headers=html)
    assert others.status_code == nobodys.status_code == 404
    assert obeys(others, forms="'self'")
    assert others.text.replace(path_of(asked), "/confirm/cnf_0") == nobodys.text
    assert "swam" not in others.text


def test_whoever_is_not_signed_in_is_asked_to(client, asked):
    sent = client.get(path_of(asked))
    assert sent.status_code == 303
    assert sent.location == f"/login?next=%2Fconfirm%2F{asked.json['confirmation_id']}"
    assert "swam" not in client.get(sent.location).text


def test_what_is_done_is_shown_with_its_page(ann, asked):
    done = ann.confirm(asked)
    page = ann.browser().get(path_of(asked)).text
    assert "Done" in page
    assert f'<a class="button" href="{done.json["result"]["url"]}">' in page
    assert "Waiting" not in page


def test_what_failed_says_why(ann):
    asked = ann.post("/days", {"words": "nothing"})
    assert ann.confirm(asked).status_code == 409
    page = ann.browser().get(path_of(asked)).text
    assert "There is nothing to write down." in page
    assert "Failed" in page


def test_what_nobody_answered_has_expired(ann, asked):
    with time_machine.travel(timedelta(minutes=11)):
        page = ann.browser().get(path_of(asked), headers=CHINESE).text
    assert "已过期" in page
    assert "未在有效期内答复" in page
    assert "将会执行" not in page


def test_a_post_does_nothing(ann, asked):
    refused = ann.browser().post(path_of(asked), headers={"Origin": "http://localhost"})
    assert refused.status_code == 405
