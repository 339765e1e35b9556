"""Finds the part of a note that a search is about: its heading, its lines, a few words of it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .note import Note
from .tokens import RUN, is_unspaced, normal

HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*$")
FENCE = re.compile(r"[ \t]*(```|~~~)")
ENDINGS = re.compile(r"(?<=\w{3})(?:ations?|ings?|i?ed|i?es|ly|s|e|y)$")

LONGEST_PART = 800  # characters: a screenful; sections are cut at the next empty line


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
    parts = _parts(note.text.split("\n"))
    part = parts[_best(["\n".join(part.lines) for part in parts], terms)]
    start = note.first_line + part.start
    end = start + len("\n".join(part.lines).rstrip().split("\n")) - 1
    return Passage(part.heading, start, end, _snippet(part, terms, length))


def _parts(lines: list[str]) -> list[_Part]:
    """The text cut at its headings, and at empty lines where there is much between two headings."""
    headings: list[tuple[int, str]] = []
    parts = [_Part("", 0, [])]
    in_code = False
    for number, line in enumerate(lines):
        in_code ^= bool(FENCE.match(line))
        heading = None if in_code else HEADING.match(line)
        if heading:
            level = len(heading[1])
            headings = [*(each for each in headings if each[0] < level), (level, heading[2])]
        if heading or _is_full(parts[-1], line):
            parts.append(_Part(" > ".join(text for _, text in headings), number, []))
        parts[-1].lines.append(line)
    return [part for part in parts if any(part.lines)] or parts


def _is_full(part: _Part, line: str) -> bool:
    return not line.strip() and sum(map(len, part.lines)) > LONGEST_PART


def _best(texts: list[str], terms: Sequence[str]) -> int:
    """The number of the text with the most terms, where a term in few of the texts counts more."""
    hits = [_hits(text, terms) for text in texts]
    spread = {term: sum(term in found for found in hits) for term in terms}
    worth = [sum(math.log1p(len(texts) / spread[term]) for term in found) for found in hits]
    return worth.index(max(worth))


def _hits(text: str, terms: Sequence[str]) -> set[str]:
    spaced = " " + " ".join(run[0] for run in RUN.finditer(normal(text)))
    return {term for term in terms if _sought(term) in spaced}


def _sought(term: str) -> str:
    """A pair of characters as it is; a word by its stem, from the beginning of a word."""
    return term if is_unspaced(term) else " " + ENDINGS.sub("", term)


def _snippet(part: _Part, terms: Sequence[str], length: int) -> str:
    """The part from its best line on; the heading is told elsewhere."""
    lines = [line.strip() for line in part.lines if line.strip()]
    lines = [line for line in lines if not HEADING.match(line)] or lines
    if not lines:
        return ""
    whole = " ".join(lines)
    if len(whole) <= length:
        return whole
    best = _best(lines, terms)
    around = _from_first_hit(lines[best], terms, length)
    rest = " ".join([around, *lines[best + 1 :]])
    return rest if len(rest) <= length else rest[: length - 1] + "…"


def _from_first_hit(line: str, terms: Sequence[str], length: int) -> str:
    """A line too long to show, from a little before the first term in it."""
    if len(line) <= length:
        return line
    text = normal(line)
    places = [text.find(_sought(term).strip()) for term in terms]
    start = max(0, min((place for place in places if place >= 0), default=0) - length // 3)
    return "…" + line[start:] if start else line
