"""What is read from a folder of notes, and what is left alone."""

import logging
import os
from datetime import date

import pytest

from plugins.knowledge import vault
from plugins.knowledge.vault import Root, note_files, note_id, read_note


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "notes"
    place.mkdir()
    return place


@pytest.fixture(autouse=True)
def every_warning():
    """A warning is said once in a process; here, once in a test."""
    vault._warn_once.cache_clear()


def paths(folder):
    return [file.path for file in note_files(Root(folder))]


def note_of(folder, content, name="note.md"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (file,) = note_files(Root(folder))
    return read_note(file)


def test_markdown_in_all_folders_is_read_but_not_what_is_hidden(folder):
    for path in (
        "a.md",
        "菜谱/红烧肉.md",
        "deep/er/still/b.MARKDOWN",
        "picture.png",
        "plain.txt",
        ".obsidian/templates/c.md",
        ".git/d.md",
        ".trash/e.md",
        ".hidden.md",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("text")
    assert sorted(paths(folder)) == ["a.md", "deep/er/still/b.MARKDOWN", "菜谱/红烧肉.md"]


def test_links_out_of_the_folder_are_not_followed(folder, tmp_path, caplog):
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.md").write_text("secret")
    (folder / "file.md").symlink_to(tmp_path / "secret.md")
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / "nowhere.md").symlink_to(folder / "missing.md")
    (folder / "circle").symlink_to(folder)
    assert paths(folder) == []
    assert "file.md': skipped, as it is a link out of the notes" in caplog.text
    assert "links to folders are not followed" in caplog.text


def test_a_link_within_the_folder_is_followed_unless_it_shows_what_is_hidden(folder):
    (folder / "a.md").write_text("text")
    (folder / ".trash").mkdir()
    (folder / ".trash" / "gone.md").write_text("deleted")
    (folder / "alias.md").symlink_to(folder / "a.md")
    (folder / "back.md").symlink_to(folder / ".trash" / "gone.md")
    assert paths(folder) == ["a.md", "alias.md"]


def test_a_file_swapped_for_a_link_after_it_was_seen_is_not_read(folder, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    (folder / "a.md").write_text("text")
    (file,) = note_files(Root(folder))
    (folder / "a.md").unlink()
    (folder / "a.md").symlink_to(tmp_path / "secret.md")
    assert read_note(file) is None


def test_what_is_no_file_is_left_alone(folder):
    (folder / "folder.md").mkdir()
    os.mkfifo(folder / "pipe.md")
    assert paths(folder) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_skipped(folder, caplog):
    (folder / "closed").mkdir(mode=0)
    (folder / "a.md").write_text("text")
    (folder / "a.md").chmod(0)
    (file,) = note_files(Root(folder))
    assert read_note(file) is None
    assert "skipped, Permission denied" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_is_read_in_the_encodings_that_editors_write(folder, encoding):
    note = note_of(folder, "# 红烧肉\r\n五花肉八百克，café\r\n".encode(encoding))
    assert (note.title, note.text) == ("红烧肉", "# 红烧肉\n五花肉八百克，café")


def test_old_european_text_is_read(folder):
    assert note_of(folder, "Crème brûlée, déjà été".encode("windows-1252")).text == (
        "Crème brûlée, déjà été"
    )


def test_what_is_no_text_is_skipped_with_a_line_in_the_log(folder, caplog):
    assert note_of(folder, b"\x89PNG\0\0\0\rIHDR") is None
    assert "note.md: skipped, it is not text" in caplog.text


def test_of_a_huge_note_the_beginning_is_kept(folder, caplog):
    note = note_of(folder, "# 很长\n" + "字" * 1_000_000)
    assert note.is_cut
    assert len(note.text.encode()) <= vault.LARGEST
    assert note.text.endswith("字")
    assert "only the first" in caplog.text


def test_front_matter_is_understood(folder):
    note = note_of(
        folder,
        "---\ntitle: 报税\naliases: 个税, 汇算\ntags:\n  - 财务\n  - '#税'\n  - 财务\n"
        "date: 2026-03-05T10:00:00\n---\n\n# 个人所得税\n",
    )
    assert (note.title, note.aliases, note.tags) == ("报税", ("个税", "汇算"), ("财务", "税"))
    assert (note.written, note.first_line, note.text) == (date(2026, 3, 5), 11, "# 个人所得税")


@pytest.mark.parametrize(
    "day", ["2026-03-05", "2026/3/5", "2026年3月5日", "2026.03.05", "'2026-03-05'"]
)
def test_days_are_understood_as_people_write_them(folder, day):
    assert note_of(folder, f"---\ndate: {day}\n---\nText").written == date(2026, 3, 5)


@pytest.mark.parametrize(
    "block",
    [
        "date: 2026-02-31",  # no such day
        "title: [a, b]",
        "title: {a: b}",
        "tags: 7",
        "tags: {a: b}",
        "title:",
        "no: yes",
    ],
)
def test_odd_values_are_as_good_as_none(folder, block):
    note = note_of(folder, f"---\n{block}\n---\n# Heading\ntext")
    assert note.title == "Heading"
    assert note.written == note.modified.date()


def test_words_stay_words(folder):
    assert note_of(folder, "---\ntitle: no\ntags: [on, 1.10, 007]\n---\n").tags == (
        "on",
        "1.10",
        "007",
    )


@pytest.mark.parametrize(
    "block",
    [
        "title: Meeting: the plan\ntags: [a",
        "title: Meeting: the plan\n\t- x",
        "title: Meeting: the plan\n%",
    ],
)
def test_of_bad_front_matter_the_plain_lines_are_read(folder, block, caplog):
    note = note_of(folder, f"---\n{block}\n---\ntext")
    assert (note.title, note.text) == ("Meeting: the plan", "text")
    assert "front matter is no YAML" in caplog.text


@pytest.mark.parametrize(
    "block",
    ["[" * 15_000, "- " * 7_000, "a: " + "{" * 9_000, "*nobody", "!!python/object:os.system {}"],
)
def test_hostile_front_matter_harms_nobody(folder, block):
    assert note_of(folder, f"---\n{block}\n---\ntext").text


def test_a_title_can_be_stored_and_shown(folder):
    note = note_of(folder, '---\ntitle: "a\\ud83d\\0\\n b"\n---\n')
    assert note.title == "a b"


def test_a_rule_at_the_top_is_no_front_matter(folder):
    text = "---\n\nJust a rule, then text.\n\n---\n\nMore."
    assert note_of(folder, text).text == text


def test_the_title_is_the_heading_or_the_name_of_the_file(folder):
    assert note_of(folder, "# A heading #\ntext").title == "A heading"
    assert note_of(folder, "text").title == "note"


def test_ids_are_short_stable_and_of_one_place_only(folder):
    root, other = Root(folder), Root(folder, "saved")
    assert note_id(root, "菜谱/红烧肉.md") == note_id(root, "菜谱/红烧肉.md")
    assert len({note_id(root, "a/b.md"), note_id(root, "a-b.md"), note_id(other, "a/b.md")}) == 3
    assert all(character in "0123456789abcdef" for character in note_id(root, "菜谱/红烧肉.md"))


def test_names_that_are_no_utf8_can_be_shown(folder, caplog):
    caplog.set_level(logging.WARNING)
    name = os.fsdecode("旧笔记".encode("gb18030") + b"\n.md")
    try:
        (folder / name).write_text("text")
    except OSError:
        pytest.skip("this file system refuses such names")
    (file,) = note_files(Root(folder))
    file.path.encode()
    assert "\n" not in file.path
    assert read_note(file).text == "text"
