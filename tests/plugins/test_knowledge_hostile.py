"""No note, whatever is in it, and no query keeps a worker busy: every reader is near linear."""

import importlib
import pkgutil
import re
import time
from datetime import UTC, datetime

import pytest

from plugins import knowledge
from plugins.knowledge import answers, front_matter, links, page, passages, tokens
from plugins.knowledge.headings import heading_of
from plugins.knowledge.note import Note
from plugins.knowledge.vault import Root, note_files, read_note

LENGTH = 50_000  # characters of each attack
LONGEST = 0.5  # s of this process alone; usually below 0.05 for a pattern

UNITS = (
    *" \t\n#*_`~[]()|<>!-+.,:'\"\\@“”「」，、a1字é",
    *("[[", "[[a|", "[[#", "[a](", "](", "![[", "a ", "# ", "# a\n", "- ", "1. ", "a: "),
    *("```", "~~~", "`\n", "---\n", "字 ", "2026-01-", "> ", "\u0301\u0316", "ﾞ\u0301"),
)
HEADS = ("# a", "#", "---", "---\na: ", "[[a", "[[a#", "[[a|", "`", "](", '"', "a:")
FILLS = (" ", "\t", "#", "a", " #", "1")
ATTACKS = [
    *((unit * LENGTH)[:LENGTH] for unit in UNITS),
    *(head + (fill * LENGTH)[:LENGTH] + tail for head in HEADS for fill in FILLS for tail in "b\n"),
]


def module_patterns():
    modules = [
        importlib.import_module(f"{knowledge.__name__}.{module.name}")
        for module in pkgutil.iter_modules(knowledge.__path__)
    ]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }


def slow(work, attacks):
    """The beginnings of attacks that take too long, up to the first."""
    for attack in attacks:
        took = seconds(work, attack)
        # Once more: whatever else this process has to tidy up takes its time once.
        if took > LONGEST and (took := seconds(work, attack)) > LONGEST:
            return [f"{attack[:8]!r}…{attack[-3:]!r}: {took:.1f} s"]
    return []


def seconds(work, attack):
    """What this thread computes: others of this process may be at something else."""
    began = time.thread_time()
    work(attack)
    return time.thread_time() - began


PATTERNS = module_patterns()


@pytest.mark.parametrize("method", ["match", "fullmatch", "findall"])
@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_slow(name, method):
    pattern = PATTERNS[name]
    is_bytes = isinstance(pattern.pattern, bytes)
    attacks = [attack.encode() for attack in ATTACKS] if is_bytes else ATTACKS
    assert slow(getattr(pattern, method), attacks) == []


def note(text):
    now = datetime.now(UTC)
    return Note("id", "a.md", "title", (), (), now.date(), now, 1, False, text)


READERS = {
    "heading": heading_of,
    "front matter": lambda text: front_matter.split(text, "a.md"),
    "a front matter": lambda text: front_matter.split(f"---\na: {text[:15_900]}\n---\nb", "a.md"),
    "one line": front_matter.one_line,
    "words": lambda text: list(tokens.words(text)),
    "passage": lambda text: passages.best_passage(note(text), tokens.terms("a 字 espresso"), 400),
    "links": lambda text: links.resolved(text, lambda name: f"/{name}"),
    "page": lambda text: page.markdown(note(text), lambda name: None, str),
    "description": lambda text: page.description(note(text)),
    "whole": lambda text: answers.whole(note(text), str),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_of_notes_is_slow(reader):
    assert slow(READERS[reader], ATTACKS) == []


@pytest.mark.parametrize("text", ["# a" + " " * 49_000 + "b", "# a" + "#" * 49_000 + "b"])
def test_no_file_is_slow_to_read(tmp_path, text):
    (tmp_path / "a.md").write_text(text)
    (file,) = note_files(Root(tmp_path))
    assert slow(lambda _: read_note(file), [text]) == []


def test_accents_keep_their_letters_in_long_texts():
    decomposed = "cafe\u0301 が " * 1_000
    assert tokens.normal(decomposed) == "café が " * 1_000


def test_the_headings_above_a_part_are_bounded():
    text = "# " + "a" * 50_000 + "\n\n## b\n\nespresso"
    found = passages.best_passage(note(text), ["espresso"], 400)
    assert len(found.heading) < 1_000
    assert found.heading.endswith("a > b")


def test_a_page_looks_up_only_so_many_links():
    asked = []
    text = "".join(f"[[{number}]] " for number in range(5_000))
    shown = page.markdown(note(text), asked.append, str)
    assert len(asked) == page.MOST_LINKS
    assert shown.endswith("4999 ")
