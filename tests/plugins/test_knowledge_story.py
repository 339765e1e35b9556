"""Lin asks about her notes and keeps a new one, over REST, as an assistant would for her."""

import shutil

import pytest

from gateway.app import SAMPLES
from tests.kit.people import Person

NEW = {
    "title": "糖醋排骨的比例",
    "text": "糖一份，醋**一点五**份。见 [[红烧肉]]。",
    "tags": ["家常菜"],
}


@pytest.fixture
def app(start):
    return start(PLUGINS="knowledge")


@pytest.fixture
def lin(app):
    return Person(app, "lin@example.com", "knowledge")


@pytest.fixture
def own_folder(tmp_path):
    place = tmp_path / "own notes"
    place.mkdir()
    (place / "a.md").write_text("# Mine\n\nsteady", encoding="utf-8")
    return place


def path_of(page):
    return page.partition("/knowledge")[2]


def titles(person):
    """The notes that were saved."""
    found = person.get("/find", {"query": "糖醋排骨的比例", "folder": "saved"})
    return [note["title"] for note in found.json["notes"]]


def test_a_chinese_note_is_searched_for_and_read(lin):
    results = lin.get("/search", {"query": "红烧肉要炖多久？"}).json["results"]
    assert set(results[0]) == {"id", "title", "url"}
    assert results[0]["title"] == "红烧肉"
    note = lin.get(f"/notes/{results[0]['id']}").json
    assert set(note) == {"id", "title", "text", "url", "metadata"}
    assert "炖 70 分钟" in note["text"]
    assert (
        note["url"] == results[0]["url"] == f"http://localhost/knowledge/pages/notes/{note['id']}"
    )
    assert note["metadata"]["path"] == "菜谱/红烧肉.md"


def test_a_passage_says_where_it_stands(lin):
    found = lin.get("/find", {"query": "lock_timeout", "tags": "runbook", "limit": 5}).json
    (note,) = found["notes"]
    assert note["path"] == "work/database-migration-runbook.md"
    assert note["heading"] == "Database migration runbook > Before"
    assert 0 < note["start_line"] < note["end_line"]
    assert "lock_timeout" in note["snippet"]
    assert (found["total"], note["date"]) == (1, "2026-04-09")


def test_notes_are_narrowed(lin):
    def narrowed(**by):
        return {note["title"] for note in lin.get("/find", {"query": "*", **by}).json["notes"]}

    assert "日本签证材料清单" in narrowed(tags="旅行,清单")
    assert narrowed(folder="阳台", since="2026-01-01", until="2026-12-31") == {"阳台种菜笔记"}
    assert len(narrowed(limit=3)) == 3


def test_nothing_found_is_an_empty_list(lin):
    assert lin.get("/search", {"query": "qwertyuiop"}).json == {"results": []}
    assert lin.get("/find", {"query": "qwertyuiop"}).json["notes"] == []


def test_an_unknown_note_is_said_in_a_sentence(lin):
    answer = lin.get("/notes/0000000000000000")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["detail"] == "There is no such note. Search again for its id."


def test_a_new_note_is_saved_once_lin_says_yes(lin):
    asked = lin.post("/notes", NEW, {"Accept-Language": "zh-CN"})
    assert asked.status_code == 202
    assert asked.json["question"].startswith("保存新笔记《糖醋排骨的比例》吗？")
    assert titles(lin) == []
    saved = lin.confirm(asked).json["result"]
    assert lin.confirm(asked).json["result"] == saved
    assert saved["title"] == NEW["title"]
    (found,) = lin.get("/find", {"query": "糖醋排骨的比例", "folder": "saved"}).json["notes"]
    assert (found["id"], found["path"], found["tags"]) == (saved["id"], saved["path"], NEW["tags"])
    assert lin.get(f"/notes/{saved['id']}").json["text"] == NEW["text"]


def test_a_note_without_a_title_is_not_asked_about(lin):
    assert lin.post("/notes", {**NEW, "title": " "}).status_code == 422


def test_who_may_only_read_cannot_save(app):
    reader = Person(app, "reader@example.com", "knowledge", scopes=["notes:read"])
    assert reader.get("/search", {"query": "bread"}).status_code == 200
    assert reader.post("/notes", NEW).status_code == 403


def test_the_page_of_a_note_shows_it_and_links_to_others(lin):
    saved = lin.do("/notes", NEW).json["result"]
    page = lin.browser().get(f"/knowledge{path_of(saved['url'])}").text
    assert "<h1>糖醋排骨的比例</h1>" in page
    assert "<strong>一点五</strong>" in page
    assert saved["path"] in page
    assert 'property="og:title" content="糖醋排骨的比例"' in page
    (other,) = [
        each
        for each in lin.get("/search", {"query": "红烧肉"}).json["results"]
        if each["title"] == "红烧肉"
    ]
    assert f'href="{other["url"]}"' in page


def test_a_stranger_sees_nothing_of_a_note(app, lin):
    saved = lin.do("/notes", NEW).json["result"]
    page = app.test_client().get(f"/knowledge{path_of(saved['url'])}").text
    for secret in (NEW["title"], "一点五", saved["path"]):
        assert secret not in page


def test_a_note_cannot_do_anything_in_its_page(lin):
    text = "<script>alert(1)</script> [x](javascript:alert(1)) [[a|<img src=x onerror=alert(1)>]]"
    saved = lin.do("/notes", {"title": "<script>alert(2)</script>", "text": text}).json["result"]
    page = lin.browser().get(f"/knowledge{path_of(saved['url'])}").text
    for harm in ("<script>alert", 'href="javascript', "<img src=x"):
        assert harm not in page


def test_a_page_of_no_note_is_not_found(lin):
    assert lin.browser().get("/knowledge/pages/notes/0000000000000000").status_code == 404


def test_a_folder_of_ones_own_is_searched_and_saved_in(start, own_folder):
    lin = Person(
        start(PLUGINS="knowledge", KNOWLEDGE_DIR=str(own_folder)), "lin@example.com", "knowledge"
    )
    assert [each["title"] for each in lin.get("/find", {"query": "*"}).json["notes"]] == ["Mine"]
    saved = lin.do("/notes", NEW).json["result"]
    assert (own_folder / saved["path"]).is_file()
    assert lin.get("/search", {"query": "糖醋"}).json["results"][0]["id"] == saved["id"]


def test_a_folder_that_is_not_there_is_said(start, tmp_path):
    app = start(PLUGINS="knowledge", KNOWLEDGE_DIR=str(tmp_path / "nowhere"))
    answer = Person(app, "lin@example.com", "knowledge").get("/search", {"query": "x"})
    assert answer.status_code == 503
    assert "Set KNOWLEDGE_DIR to the folder of the notes." in answer.json["detail"]


def test_a_copy_has_notes_of_its_own(start, tmp_path):
    shutil.copytree(SAMPLES / "knowledge", tmp_path / "copies" / "notebook")
    app = start(folders=(SAMPLES, tmp_path / "copies"), PLUGINS="knowledge,notebook")
    lin = Person(app, "lin@example.com", "knowledge")
    mei = Person(app, "mei@example.com", "notebook")
    saved = mei.do("/notes", NEW).json["result"]
    assert saved["url"].startswith("http://localhost/notebook/pages/notes/")
    assert titles(mei) == [NEW["title"]]
    assert titles(lin) == []
