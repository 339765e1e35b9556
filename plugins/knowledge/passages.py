"""Finds the part of a note that a search is about: its heading, its lines, a few words of it."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .headings import heading_of
from .note import Note
from .stop_words import STOP_WORDS
from .tokens import RUN, is_unspaced, normal, words

FENCES = ("```", "~~~")
ENDINGS = re.compile(r"(?<=\w{3})(?:ations?|ings?|i?ed|i?es|ly|s|e|y)$")

LONGEST_SEARCHED = 100_000  # characters of a note: about 25 ms, a fifth of a second at the worst
LARGEST_PART = 600  # bytes: about 100 English words or 200 Chinese characters
CHARACTER_WORTH = 0.3  # of a single character of a pair that is not there as a whole


@dataclass(frozen=True)
class Passage:
    """Part of a note. `heading` is the path of headings above it; lines are the file's, from 1."""

    heading: str
    start_line: int
    end_line: int
    snippet: str


@dataclass
class _Part:
    """Lines of a note under one heading; `start` counts the lines of its text from 0."""

    heading: str
    start: int
    lines: list[str]


def best_passage(note: Note, terms: Sequence[str], length: int) -> Passage:
    """The part with the most and the rarest of the terms; the first one where none has any.

    `length` bounds the snippet, in characters.
    """
    sought = _sought(terms, note.title)
    parts = _parts(note.text[:LONGEST_SEARCHED].split("\n"))
    part = parts[_best(["\n".join(part.lines) for part in parts], sought)]
    start = note.first_line + part.start
    end = start + len("\n".join(part.lines).rstrip().split("\n")) - 1
    return Passage(part.heading, start, end, _snippet(part, sought, length))


def _sought(terms: Sequence[str], title: str) -> dict[str, float]:
    """What to look for in the parts of a note, and what finding it is worth.

    Words are looked for by their stems, from the beginning of a word. Pairs of characters also count
    a little by their characters: 要炖 is meant where 炖 stands. What is in the title is left out: all
    of the note is about that, so it tells no part from another.
    """
    in_title = set(words(title))
    telling = [term for term in terms if term not in in_title]
    characters = {each for term in telling if is_unspaced(term) for each in term}
    whole = {term if is_unspaced(term) else f" {ENDINGS.sub('', term)}": 1.0 for term in telling}
    return dict.fromkeys(characters - STOP_WORDS - set(title), CHARACTER_WORTH) | whole


def _parts(lines: list[str]) -> list[_Part]:
    """The text cut at its headings, and at empty lines where there is much between two headings."""
    headings: list[tuple[int, str]] = []
    parts = [_Part("", 0, [])]
    in_code = False
    for number, line in enumerate(lines):
        in_code ^= line.lstrip(" \t").startswith(FENCES)
        heading = None if in_code else heading_of(line)
        if heading:
            headings = [*(each for each in headings if each[0] < heading[0]), heading]
        if heading or (line.strip() and _is_full(parts[-1])):
            parts.append(_Part(" > ".join(text for _, text in headings), number, []))
        parts[-1].lines.append(line)
    return [part for part in parts if any(part.lines)] or parts


def _is_full(part: _Part) -> bool:
    """Whether a part is long enough, and its last paragraph has ended."""
    ended = part.lines and not part.lines[-1].strip()
    return bool(ended) and len("".join(part.lines).encode()) > LARGEST_PART


def _best(texts: list[str], sought: Mapping[str, float]) -> int:
    """The number of the text with most of what is sought; what is in few of them counts more."""
    hits = [_hits(text, sought) for text in texts]
    spread = Counter(each for found in hits for each in found)
    scores = [
        sum(sought[each] * math.log1p(len(texts) / spread[each]) for each in found)
        for found in hits
    ]
    return scores.index(max(scores))


def _hits(text: str, sought: Iterable[str]) -> list[str]:
    spaced = " " + " ".join(run[0] for run in RUN.finditer(normal(text)))
    return [each for each in sought if each in spaced]


def _snippet(part: _Part, sought: Mapping[str, float], length: int) -> str:
    """The part from its best line on; the heading is told elsewhere."""
    lines = [line.strip() for line in part.lines if line.strip()]
    lines = [line for line in lines if not heading_of(line)] or lines
    snippet = " ".join(lines)
    if len(snippet) > length:
        best = _best(lines, sought)
        snippet = " ".join([_from_best_hit(lines[best], sought, length), *lines[best + 1 :]])
    return snippet if len(snippet) <= length else snippet[: length - 1] + "…"


def _from_best_hit(line: str, sought: Mapping[str, float], length: int) -> str:
    """A line too long to show, from a little before what is sought."""
    text = normal(line)
    best = max(_hits(line, sought), key=lambda each: sought[each], default="")
    start = max(0, text.find(best.strip()) - length // 3)
    return line if len(line) <= length or not start else "…" + line[start:]
