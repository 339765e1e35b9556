"""The words that an assistant gave, found again in what a plugin says."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..confirmations.questions import (
    ARGUMENT_LONGEST,
    QUESTION_LONGEST,
    visible,
    within_quotation,
)
from .readable import readable

CUT = "…"
# Characters of a text that no plugin writes alike by chance.
TELLING = 20
# One word, or a key: in a sentence of a plugin's own it is most likely the plugin's own word.
ONE_WORD = re.compile("[A-Za-z0-9_]+")
# Letters of scripts that put spaces between words; Thai is the first that does not.
SPACED = r"[^\W\u0e00-\U0010ffff]"


class Given:
    """The texts among arguments, and the keys that stand with them."""

    def __init__(self, arguments: Iterable[Any]) -> None:
        written = (text for each in arguments for text in _texts(each))
        self.texts = {form for each in written for form in _forms(each)} - {""}
        self._folded = sorted({each.casefold() for each in self.texts})

    def has(self, quoted: str) -> bool:
        """Whether the assistant wrote what stands in quotation marks, in full or cut off."""
        words = quoted.strip()
        return words in self.texts or (words.endswith(CUT) and self._begin_with(words[:-1]))

    def are_in(self, text: str, *, is_sentence: bool = False) -> bool:
        """Whether a text is made of the assistant's. In a sentence, one word alone does not count."""
        told = _seen(visible(text, QUESTION_LONGEST)).casefold()
        if (told.endswith(CUT) or len(told) >= TELLING) and self._begin_with(told.rstrip(CUT)):
            return True
        return any(
            _stands_in(each, told)
            for each in self._folded
            if not (is_sentence and ONE_WORD.fullmatch(each))
        )

    def _begin_with(self, start: str) -> bool:
        """Whether one of the texts begins so, in whatever case."""
        folded = start.casefold()
        at = bisect_left(self._folded, folded)
        return len(folded) > 1 and any(
            each.startswith(folded) for each in self._folded[at : at + 1]
        )


def _stands_in(words: str, text: str) -> bool:
    """Whether the words are in a text, and not only letters of longer ones."""
    if len(words) < 2 or words not in text or not re.search(r"\w", words):
        return False
    before = f"(?<!{SPACED})" if re.match(SPACED, words[0]) else ""
    after = f"(?!{SPACED})" if re.match(SPACED, words[-1]) else ""
    return re.search(before + re.escape(words) + after, text) is not None


def _forms(written: str) -> Iterator[str]:
    """How a question shows a text: on one line, whole or cut, its quotation marks kept or single."""
    line = visible(written, QUESTION_LONGEST)
    for shown in {line, visible(line, ARGUMENT_LONGEST)}:
        yield _seen(shown)
        yield within_quotation(_seen(shown))


def _seen(line: str) -> str:
    return readable(line).text.strip()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
        yield ", ".join(str(each) for each in value)  # as a question shows a list
