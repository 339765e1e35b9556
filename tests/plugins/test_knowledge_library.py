"""The index follows the folder, whatever happens to either."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plugins.knowledge import library as library_module
from plugins.knowledge import vault
from plugins.knowledge.errors import NotesUnavailable
from plugins.knowledge.library import Library
from plugins.knowledge.vault import Root

ROOT = Path(__file__).parents[2]

# A process of its own that searches again and again, and prints what went wrong.
SEARCHER = """
import sys, time
from pathlib import Path
from plugins.knowledge import library
from plugins.knowledge.vault import Root
library.LOOK_EVERY = library.LOOK_SHARE = 0
database, folder, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
notes = library.Library(database, (Root(folder),))
end = time.monotonic() + seconds
while time.monotonic() < end:
    assert notes.find("steady 红烧肉", limit=5).notes, "the steady note is not found"
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "notes"
    place.mkdir()
    return place


@pytest.fixture
def library(tmp_path, folder):
    return Library(tmp_path / "index.sqlite3", (Root(folder),))


@pytest.fixture(autouse=True)
def every_search_looks(monkeypatch):
    monkeypatch.setattr(library_module, "LOOK_EVERY", 0)
    monkeypatch.setattr(library_module, "LOOK_SHARE", 0)


def found(library, query):
    return [note.path for note in library.find(query).notes]


def searcher(database, folder, seconds):
    command = [sys.executable, "-c", SEARCHER, str(database), str(folder), str(seconds)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_new_changed_and_deleted_notes_are_seen(library, folder):
    assert found(library, "sourdough") == []
    (folder / "bread.md").write_text("sourdough")
    assert found(library, "sourdough") == ["bread.md"]
    (folder / "bread.md").write_text("focaccia, not the other one")
    assert found(library, "sourdough") == []
    assert found(library, "focaccia") == ["bread.md"]
    (folder / "bread.md").unlink()
    assert found(library, "focaccia") == []


def test_a_change_is_seen_by_a_plain_search_within_seconds(library, folder, monkeypatch):
    monkeypatch.setattr(library_module, "LOOK_EVERY", 0.2)
    monkeypatch.setattr(library_module, "LOOK_SHARE", 10)
    assert library.find("kettle").notes == []
    (folder / "tea.md").write_text("kettle")
    time.sleep(1.0)
    assert [note.path for note in library.find("kettle").notes] == ["tea.md"]


def test_a_change_that_keeps_size_and_time_is_seen(library, folder):
    place = folder / "a.md"
    place.write_text("apple")
    before = place.stat()
    assert found(library, "apple") == ["a.md"]
    place.write_text("mango")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(library, "mango") == ["a.md"]
    assert found(library, "apple") == []


def test_a_renamed_note_keeps_no_ghost(library, folder):
    (folder / "旧.md").write_text("红烧肉")
    assert found(library, "红烧肉") == ["旧.md"]
    (folder / "菜谱").mkdir()
    (folder / "旧.md").rename(folder / "菜谱" / "新.md")
    assert found(library, "红烧肉") == ["菜谱/新.md"]
    assert library.named("旧") is None


def test_a_note_is_read_until_it_is_settled_and_then_no_more(library, folder, monkeypatch):
    read = []

    def recorded(file):
        read.append(file.path)
        return vault.read_note(file)

    monkeypatch.setattr(library_module, "read_note", recorded)
    (folder / "a.md").write_text("steady")
    library.find("steady")
    library.find(
        "steady"
    )  # it might have changed again within the resolution of the file system's clock
    assert read == ["a.md"] * 2
    monkeypatch.setattr(vault, "FRESH", 0)
    library.find("steady")
    library.find("steady")
    assert read == ["a.md"] * 3


def test_the_same_name_in_two_roots_is_two_notes(tmp_path, folder):
    other = tmp_path / "more"
    other.mkdir()
    (folder / "a.md").write_text("one steady")
    (other / "a.md").write_text("two steady")
    library = Library(tmp_path / "two.sqlite3", (Root(folder), Root(other, "saved")))
    notes = library.find("steady").notes
    assert sorted(note.path for note in notes) == ["a.md", "saved/a.md"]
    assert [library.get(note.id) for note in notes] == notes


def test_another_folder_means_another_index(tmp_path, library, folder):
    (folder / "secret.md").write_text("steady")
    assert found(library, "steady") == ["secret.md"]
    (tmp_path / "other").mkdir()
    assert (
        Library(tmp_path / "index.sqlite3", (Root(tmp_path / "other"),)).find("steady").notes == []
    )


def test_another_tokenizer_makes_the_index_anew(tmp_path, library, folder, monkeypatch):
    (folder / "a.md").write_text("steady")
    assert found(library, "steady") == ["a.md"]
    monkeypatch.setattr("plugins.knowledge.index.VERSION", "2")
    newer = Library(tmp_path / "index.sqlite3", (Root(folder),))
    assert found(newer, "steady") == ["a.md"]
    with sqlite3.connect(tmp_path / "index.sqlite3") as database:
        assert "'2'" in database.execute("SELECT fingerprint FROM state").fetchone()[0]
    database.close()


def broken_by_overwriting(database):
    database.write_bytes(b"this is no database" * 1_000)


def broken_in_the_middle(database):
    with database.open("r+b") as opened:
        for place in range(4_096, database.stat().st_size, 512):
            opened.seek(place)
            opened.write(os.urandom(256))


def broken_by_truncation(database):
    os.truncate(database, database.stat().st_size // 2)


def emptied(database):
    database.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [broken_by_overwriting, broken_in_the_middle, broken_by_truncation, emptied, Path.unlink],
)
def test_a_broken_index_is_made_anew(tmp_path, library, folder, damage):
    for number in range(50):
        (folder / f"{number}.md").write_text(f"steady 红烧肉 {number} " + "words " * 200)
    assert library.find("steady").total == 50
    damage(tmp_path / "index.sqlite3")
    assert library.find("steady").total == 50
    assert library.find("红烧肉").total == 50


def test_threads_may_share_a_library(library, folder):
    (folder / "steady.md").write_text("steady 红烧肉")
    problems = []

    def work(number):
        try:
            for turn in range(10):
                (folder / f"{number}.md").write_text(f"turn {turn}")
                assert library.find("steady").notes
        except Exception as problem:  # noqa: BLE001 - shown below
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(found(library, "turn")) == 6


def test_processes_may_share_an_index(tmp_path, library, folder):
    (folder / "steady.md").write_text("steady 红烧肉")
    processes = [searcher(tmp_path / "index.sqlite3", folder, 1.2) for _ in range(3)]
    for number in range(24):
        (folder / f"{number}.md").write_text(f"moving {number}")
        if number % 3 == 0:
            (folder / f"{number}.md").unlink()
        time.sleep(0.04)
    assert [(process.communicate()[1], process.returncode) for process in processes] == [
        ("", 0)
    ] * 3
    assert library.find("moving", limit=50).total == 16
    assert is_sound(tmp_path / "index.sqlite3")


def test_killed_processes_leave_a_usable_index(tmp_path, library, folder):
    (folder / "steady.md").write_text("steady 红烧肉")
    for number in range(300):
        (folder / f"{number}.md").write_text(f"moving {number} " + "字词句" * 300)
    chance = random.Random(20261122)
    for _ in range(6):
        process = searcher(tmp_path / "index.sqlite3", folder, 30)
        time.sleep(0.15 + chance.random() * 0.5)
        process.kill()
        process.communicate()
    assert library.find("moving").total == 300
    assert is_sound(tmp_path / "index.sqlite3")


def test_work_is_cut_into_pieces_that_assistants_wait_for(library, folder, monkeypatch):
    for number in range(30):
        (folder / f"{number}.md").write_text("steady")
    monkeypatch.setattr(library_module, "BATCH", 10)
    monkeypatch.setattr(library_module, "LONGEST_LOOK", 0.0)
    with pytest.raises(NotesUnavailable, match="still being indexed"):
        library.find("steady")
    monkeypatch.setattr(library_module, "LONGEST_LOOK", 20.0)
    assert library.find("steady").total == 30


def test_an_index_that_cannot_be_written_is_said(tmp_path, folder):
    library = Library(tmp_path / "missing" / "index.sqlite3", (Root(folder),))
    with pytest.raises(NotesUnavailable, match="cannot be used"):
        library.find("steady")


def is_sound(database):
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO words(words) VALUES ('integrity-check')")
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        in_words = connection.execute("SELECT count(*) FROM words").fetchone()
        in_notes = connection.execute("SELECT count(*) FROM notes").fetchone()
    connection.close()
    return answer == "ok" and in_words == in_notes
