"""Which part of a note is shown for a query."""

from datetime import UTC, datetime

from plugins.knowledge.note import Note
from plugins.knowledge.passages import best_passage
from plugins.knowledge.tokens import terms

TEXT = """# Espresso grinder

Settings for the kitchen.

## Espresso

Eighteen grams in, thirty-six out.

```sh
# Cleaning is not a heading here
```

### Decaf

Half a mark finer.

## Cleaning

Brush every second Sunday, then tablets.
清洗：每两周用清洁片一次。
"""


def passage(query, text=TEXT, first_line=1, length=400, title="Espresso grinder"):
    now = datetime.now(UTC)
    note = Note("id", "a.md", title, (), (), now.date(), now, first_line, False, text)
    return best_passage(note, terms(query), length)


def test_a_passage_says_heading_and_lines():
    found = passage("cleaning tablets")
    assert found.heading == "Espresso grinder > Cleaning"
    assert (found.start_line, found.end_line) == (17, 20)
    assert found.snippet.startswith("Brush every second Sunday")


def test_lines_are_those_of_the_file():
    assert passage("decaf", first_line=6).start_line == 18
    lines = TEXT.split("\n")
    assert lines[passage("decaf").start_line - 1] == "### Decaf"


def test_headings_below_headings():
    assert passage("half a mark finer").heading == "Espresso grinder > Espresso > Decaf"


def test_code_has_no_headings():
    assert passage("eighteen grams heading").heading == "Espresso grinder > Espresso"


def test_chinese_passages():
    assert passage("清洁片").heading == "Espresso grinder > Cleaning"
    text = "# 红烧肉\n\n妈妈的做法。\n\n## 材料\n\n五花肉八百克。\n\n## 做法\n\n小火炖七十分钟。\n"
    assert passage("红烧肉要炖多久", text, title="红烧肉").heading == "红烧肉 > 做法"


def test_other_forms_of_a_word_are_found():
    assert passage("brushes").heading == "Espresso grinder > Cleaning"
    assert passage("setting").heading == "Espresso grinder"


def test_where_nothing_fits_the_beginning_is_shown():
    assert passage("zebra").snippet == "Settings for the kitchen."


def test_long_sections_are_cut_at_empty_lines():
    text = "\n\n".join(f"Paragraph {number}. " + "Many words. " * 60 for number in range(6))
    found = passage("Paragraph 4", text + "\n\nzebra here")
    assert (found.start_line, found.end_line) == (9, 9)


def test_a_snippet_is_bounded_and_begins_near_the_word():
    text = "before " * 500 + "zebra " + "after " * 500
    found = passage("zebra", text, length=120)
    assert len(found.snippet) <= 120
    assert "zebra" in found.snippet
    assert found.snippet.startswith("…")
    assert found.snippet.endswith("…")


def test_an_empty_note_has_an_empty_passage():
    assert passage("x", "") == passage("y", "")
    assert passage("x", "").snippet == ""
