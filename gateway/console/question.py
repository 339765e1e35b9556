"""The question of a confirmation, in which the assistant's words can be told from the plugin's."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..confirmations.questions import ARGUMENT_LONGEST, in_language, visible
from ..confirmations.record import Confirmation
from .language import reader_language
from .readable import readable

QUOTED = (("“", "”"), ("《", "》"), ('"', '"'), ("「", "」"))


class Piece(NamedTuple):
    """A part of a question; `is_words` where the assistant wrote it."""

    text: str
    is_words: bool


def question(confirmation: Confirmation) -> tuple[list[Piece], list[Piece]]:
    """What is asked, up to its question mark, and what is said after it."""
    asked: list[Piece] = []
    pieces = _pieces(confirmation)
    for piece in pieces:
        end = 0 if piece.is_words else _after_question_mark(piece.text)
        if end:
            rest = piece.text[end:].lstrip()
            said = [Piece(rest, False)] if rest else []
            return [*asked, Piece(piece.text[:end], False)], [*said, *pieces]
        asked.append(piece)
    return asked, []


def _pieces(confirmation: Confirmation) -> Iterator[Piece]:
    text = readable(in_language(confirmation.question, reader_language())).text
    given = (visible(each, ARGUMENT_LONGEST) for each in _texts(confirmation.arguments))
    words = {each for each in (readable(shown).text for shown in given) if each and each in text}
    longest_first = "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))
    marks = (f"(?<={left})(?:{longest_first})(?={right})" for left, right in QUOTED)
    parts = re.split(f"({'|'.join(marks)})", text) if words else [text]
    return (Piece(part, index % 2 == 1) for index, part in enumerate(parts) if part)


def _after_question_mark(text: str) -> int:
    """Where the text goes on after its first question; 0 where it asks none."""
    mark = re.search(r"\?(?=\s|$)|？", text)
    return mark.end() if mark else 0


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
