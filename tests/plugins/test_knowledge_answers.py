"""The shapes of the answers, and their bounds."""

import json
from datetime import UTC, date, datetime

from plugins.knowledge import answers, links, page
from plugins.knowledge.library import Found
from plugins.knowledge.note import Note


def note(text="text", **changes):
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    values = {
        "id": "0123456789abcdef",
        "path": "菜谱/红烧肉.md",
        "title": "红烧肉",
        "aliases": (),
        "tags": ("家常菜", "猪肉"),
        "written": date(2026, 1, 24),
        "modified": now,
        "first_line": 1,
        "is_cut": False,
        "text": text,
    }
    return Note(**{**values, **changes})


def address(note_id):
    return f"https://gateway.example/notes/pages/notes/{note_id}"


def test_fetch_has_the_shape_that_chatgpt_expects():
    assert answers.whole(note(), address) == {
        "id": "0123456789abcdef",
        "title": "红烧肉",
        "text": "text",
        "url": "https://gateway.example/notes/pages/notes/0123456789abcdef",
        "metadata": {
            "path": "菜谱/红烧肉.md",
            "tags": "家常菜, 猪肉",
            "date": "2026-01-24",
            "modified": "2026-11-22T12:00:00+00:00",
        },
    }


def test_the_text_is_bounded_and_that_is_said():
    for text in ("字" * 90_000, '"\\\n' * 30_000, "\x01" * 20_000):
        answer = answers.whole(note(text), address)
        assert text.startswith(answer["text"])
        assert 39_990 < answers.json_length(answer["text"]) <= 40_002
        assert answer["metadata"]["cut"].startswith(f"Only the first {len(answer['text'])} ")
    assert "cut" in answers.whole(note(is_cut=True), address)["metadata"]


def test_lists_are_bounded_and_say_how_many_there_are():
    long = note("word " * 300, tags=tuple(f"tag {'x' * 90} {number}" for number in range(50)))
    answer = answers.listing(Found([long] * 100, total=340), "word", address)
    assert len(json.dumps(answer, ensure_ascii=False, default=str)) < 100_000
    assert 0 < len(answer["notes"]) < 100
    assert answer["total"] == 340
    assert answer["next_step"].startswith("More notes match.")


def test_nothing_found_is_an_empty_list():
    answer = answers.listing(Found([], total=0), "word", address)
    assert (answer["notes"], answer["total"]) == ([], 0)


def resolved(text, known=("Page", "红烧肉", "a (b)")):
    return links.resolved(text, lambda name: f"/n/{known.index(name)}" if name in known else None)


def test_wiki_links_become_links_to_pages():
    assert resolved("see [[Page]].") == "see [Page](</n/0>)."
    assert resolved("配[[红烧肉|白米饭]]吃") == "配[白米饭](</n/1>)吃"
    assert resolved("[[Page.md#Two words]]") == "[Page Two words](</n/0>)"
    assert resolved("[[a (b)]]") == "[a (b)](</n/2>)"


def test_links_to_nowhere_are_only_words():
    assert resolved("see [[Nobody|that *one*]], ![[picture.png]]") == (
        r"see that \*one\*, picture.png"
    )
    assert resolved("[[#Heading]] [[]]") == "Heading "


def test_code_keeps_its_brackets():
    for text in ("`[[Page]]`", "```\n[[Page]]\n```", "~~~\n[[Page]]"):
        assert resolved(text) == text


def test_the_page_does_not_repeat_the_title():
    text = "# 红烧肉\n\n五花肉，见 [[Page]]。\n\n## 做法"
    shown = page.markdown(note(text), lambda name: None, address)
    assert shown == "五花肉，见 Page。\n\n## 做法"


def test_the_description_is_plain_text():
    text = "# 红烧肉\n\n- **五花肉** 800 `g`, see [[Page|rice]]\n> quoted [x](http://y)"
    assert page.description(note(text)) == "五花肉 800 g , see rice quoted x"
