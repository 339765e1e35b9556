"""How a new note gets to disk, once."""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from werkzeug.exceptions import UnprocessableEntity

from plugins.knowledge import saving
from plugins.knowledge.errors import NotesUnavailable
from plugins.knowledge.folders import SHIPPED, folders_of
from plugins.knowledge.library import Library

DAY = date(2026, 11, 22)


@pytest.fixture
def folders(tmp_path):
    return folders_of("", tmp_path, "NOTES_DIR")


def draft(title="红烧肉 & 米饭", text="五花肉八百克。", tags=("家常菜",)):
    return saving.Draft(title, text, tags, DAY)


def test_a_saved_note_is_a_file_that_is_found(tmp_path, folders):
    saved = saving.save(folders, draft(), "cnf_1")
    assert saved.path.startswith("saved/红烧肉-米饭-")
    library = Library(tmp_path / "index.sqlite3", folders.roots)
    note = library.get(saved.id)
    assert (note.title, note.text, note.tags) == ("红烧肉 & 米饭", "五花肉八百克。", ("家常菜",))
    assert (note.written, note.path) == (DAY, saved.path)


def test_a_saved_note_is_found_at_once(tmp_path, folders):
    library = Library(tmp_path / "index.sqlite3", folders.roots[1:])
    assert library.find("独一无二").notes == []
    library.add(saving.save(folders, draft(text="独一无二"), "cnf_1"))
    assert [note.text for note in library.find("独一无二").notes] == ["独一无二"]


def test_a_repeat_changes_nothing(folders):
    first = saving.save(folders, draft(), "cnf_1")
    (place,) = folders.saving_root.folder.iterdir()
    place.write_text("edited by a person since")
    assert saving.save(folders, draft(), "cnf_1").id == first.id
    assert place.read_text() == "edited by a person since"
    assert list(folders.saving_root.folder.iterdir()) == [place]


def test_what_became_of_a_save_can_be_looked_up(folders):
    assert saving.saved(folders, draft().title, "cnf_1") is None
    kept = saving.save(folders, draft(), "cnf_1")
    assert saving.saved(folders, draft().title, "cnf_1").id == kept.id
    assert saving.saved(folders, draft().title, "cnf_2") is None


def test_two_saves_of_the_same_are_two_notes(folders):
    assert saving.save(folders, draft(), "cnf_1").id != saving.save(folders, draft(), "cnf_2").id


@pytest.mark.parametrize(
    "title",
    [
        "a: b",
        "---",
        "x\n---\nevil: true",
        "../../etc/passwd",
        "/etc/passwd",
        "[]",
        "null",
        "{a",
        "'",
        '"',
        "# x",
        "%",
        "字" * 200,
        ".",
        "🙂",
    ],
)
def test_no_title_reaches_out_of_its_place(folders, title):
    saved = saving.save(folders, draft(title, tags=("a: b\n---\nx", "- y")), "cnf_1")
    (place,) = folders.saving_root.folder.iterdir()
    assert place.name == Path(saved.path).name
    block = place.read_text().split("\n---\n")[0].removeprefix("---\n")
    assert yaml.safe_load(block) == {"title": title, "tags": ["a: b\n---\nx", "- y"], "date": DAY}


def test_a_folder_of_ones_own_is_searched_and_saved_in(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.md").write_text("steady")
    folders = folders_of(str(own), tmp_path / "data", "NOTES_DIR")
    saved = saving.save(folders, draft(), "cnf_1")
    library = Library(tmp_path / "index.sqlite3", folders.roots)
    assert library.get(saved.id).path == saved.path
    assert (own / saved.path).is_file()
    assert library.find("*").total == 2


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(NotesUnavailable, match="Set NOTES_DIR to the folder of the notes"):
        folders_of(str(tmp_path / "nowhere"), tmp_path, "NOTES_DIR")


def test_without_a_folder_of_ones_own_the_shipped_notes_are_searched(folders):
    assert folders.roots[0].folder == SHIPPED


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "saved").write_text("a file where the folder should be")
    with pytest.raises(NotesUnavailable, match="The note was not saved"):
        saving.save(folders_of(str(own), tmp_path, "NOTES_DIR"), draft(), "cnf_1")


def test_nothing_is_written_through_a_link(tmp_path):
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    (own / "saved").symlink_to(elsewhere)
    with pytest.raises(NotesUnavailable, match="link out of the notes"):
        saving.save(folders_of(str(own), tmp_path, "NOTES_DIR"), draft(), "cnf_1")
    assert list(elsewhere.iterdir()) == []


# Is killed in the middle of saving: the content is written, and not yet in its place.
KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from plugins.knowledge import saving
from plugins.knowledge.folders import folders_of
saving._put_in_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
draft = saving.Draft("Title", "Text", (), date(2026, 11, 22))
saving.save(folders_of("", Path(sys.argv[1]), "NOTES_DIR"), draft, "cnf_1")
"""


def test_a_killed_save_leaves_nothing_that_is_found_and_can_be_repeated(tmp_path, folders):
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode < 0
    library = Library(tmp_path / "index.sqlite3", folders.roots[1:])
    assert library.find("*").total == 0
    saved = saving.save(folders, draft("Title", "Text", ()), "cnf_1")
    library.add(saved)
    assert library.get(saved.id).text == "Text"


def test_drafts_of_killed_saves_are_removed_after_a_day(folders):
    place = folders.saving_root.folder
    names = (f".{'0' * 16}.draft", f".{'1' * 16}.draft", ".mine.draft")
    for name in names:
        (place / name).write_text("the beginning of a note")
    for name in names[::2]:
        os.utime(place / name, (time.time() - 90_000,) * 2)
    saving.save(folders, draft(), "cnf_1")
    assert {each.name for each in place.iterdir() if each.suffix == ".draft"} == set(names[1:])


def test_the_question_names_title_and_length():
    question, quote = saving.question("红烧肉", "五花肉" * 500, [])
    assert question["en"] == "Save a new note “红烧肉” (1,500 characters)?"
    assert question["zh"] == "保存新笔记《红烧肉》吗？（1,500 个字符）"
    assert quote == {"characters": 1_500}
    assert "tags: a, b" in saving.question("t", "x", ["a", "b"])[0]["en"]


def test_a_title_of_nothing_is_refused():
    with pytest.raises(UnprocessableEntity, match="Give the note a title"):
        saving.question(" \n", "text", [])


def test_the_day_is_that_of_the_person():
    assert saving.today("Asia/Shanghai") >= saving.today("America/Los_Angeles")
    assert saving.today("Mars/Olympus") == saving.today("../etc") == saving.today(None)
