"""The question of a confirmation, in which the assistant's words can be told from the plugin's."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..confirmations.questions import QUOTATION_MARKS, in_language
from ..confirmations.record import Confirmation
from .given import CUT, Given
from .language import reader_language
from .readable import readable

# No part of a question goes on after its first question mark: that is said beside it.
END = re.compile(r"\?(?=\s|$)|？")
OPENING = {**QUOTATION_MARKS, "„": "“", "『": "』", "«": "»", "‘": "’"}
# They stand within words too: as a quotation mark they have a letter on one side only.
APOSTROPHES = ("'", "’")
# Closing marks after an opening one among which its own is looked for.
CLOSING_MOST = 50

Span = tuple[int, int]  # the first character, and the one after the last


class Piece(NamedTuple):
    """A part of a question; `is_words` where the assistant wrote it."""

    text: str
    is_words: bool


def question(confirmation: Confirmation) -> tuple[list[Piece], list[Piece]]:
    """What is asked, up to its question mark, and what is said after it.

    Where it cannot be told which mark that is, all of it is what is asked.
    """
    text = readable(in_language(confirmation.question, reader_language())).text
    words = _words(text, Given(confirmation.arguments.values()))
    end = _end(text, words)
    rest = len(text) - len(text[end:].lstrip())
    return list(_pieces(text, words, 0, end)), list(_pieces(text, words, rest, len(text)))


def _pieces(text: str, words: list[Span], start: int, end: int) -> Iterator[Piece]:
    for first, last in words:
        if start <= first < end:
            if first > start:
                yield Piece(text[start:first], False)
            yield Piece(text[first:last], True)
            start = last
    if start < end:
        yield Piece(text[start:end], False)


def _words(text: str, given: Given) -> list[Span]:
    """Where the assistant's words stand: in quotation marks, or anywhere if they ask something."""
    quoted = list(_quoted(text, given))
    return sorted([*quoted, *_asking(text, quoted, given)])


def _quoted(text: str, given: Given) -> Iterator[Span]:
    end = 0
    for opening in re.finditer("|".join(QUOTATION_MARKS), text):
        start = opening.end()
        if start > end:
            closed = _closed(text, start, QUOTATION_MARKS[opening[0]], given)
            if closed:
                yield start, closed
                end = closed


def _closed(text: str, start: int, mark: str, given: Given) -> int:
    """Where the assistant's words that start there end, at the latest; 0 where there are none."""
    ends = [each.start() for each in re.finditer(mark, text[start:])][:CLOSING_MOST]
    cut = [len(text) - start] if text.endswith(CUT) else []
    for end in reversed([*ends, *cut]):
        if end and given.has(text[start : start + end]):
            return start + end
    return 0


def _asking(text: str, quoted: list[Span], given: Given) -> list[Span]:
    asking = (each for each in given.texts if each in text and END.search(each))
    found = list(quoted)
    for each in sorted(asking, key=len, reverse=True):
        if re.search(r"\w", each):
            for match in re.finditer(re.escape(each), text):
                first, last = match.span()
                if all(last <= start or end <= first for start, end in found):
                    found.append((first, last))
    return found[len(quoted) :]


def _end(text: str, words: list[Span]) -> int:
    """Where the question ends: after the first mark that nobody quotes. Else at the very end."""
    passed, closing, at = dict(words), [""], 0
    while at < len(text):
        if at in passed:
            at = passed[at]
            continue
        if text[at] == closing[-1] and _is_mark(text, at, 1):
            closing.pop()
        elif text[at] in OPENING and _is_mark(text, at, -1):
            closing.append(OPENING[text[at]])
        elif closing == [""] and END.match(text, at):
            return at + 1
        at += 1
    return len(text)


def _is_mark(text: str, at: int, side: int) -> bool:
    """Whether a quotation mark is one, and no apostrophe: no letter is on its outer side."""
    beside = text[max(0, at + side) : at + side + 1]
    return text[at] not in APOSTROPHES or not beside.isalnum()
