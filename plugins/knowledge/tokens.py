"""Turns text into the words that are indexed and searched, Chinese included.

SQLite's own tokenizers take a whole run of Chinese characters for one word, so that nothing inside
it is ever found. Here a run becomes its overlapping pairs of characters and its last character:
红烧肉 is 红烧, 烧肉, 肉. On four Chinese collections, pairs found as well as a dictionary did.
"""

import re
import unicodedata
from collections.abc import Iterator

from .stop_words import STOP_WORDS

# An index made by other rules cannot be searched by these. The Unicode tables belong to the rules.
VERSION = f"1/{unicodedata.unidata_version}"

# Han, kana and Hangul: scripts written without spaces, or with endings that change.
UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[^\\W_{UNSPACED}]+")
QUOTED = re.compile('["“”「」『』]([^"“”「」『』]+)["“”「」『』]')

MOST_TERMS = 100  # of one query: more cost time and change nothing in what is found first


def normal(text: str) -> str:
    """Text in the form in which it is compared: full-width forms narrowed, letters small."""
    return unicodedata.normalize("NFKC", text).lower()


def words(text: str) -> Iterator[str]:
    """The words of a text, in its order."""
    for run in RUN.finditer(normal(text)):
        yield from _searched_words(run)
        if _is_long(run):
            yield run[0][-1]


def terms(query: str) -> list[str]:
    """What to look for: words, pairs of characters, and single characters that stand alone.

    Stop words are left out, unless there is nothing else.
    """
    runs = RUN.finditer(normal(query))
    found = list(dict.fromkeys(word for run in runs for word in _searched_words(run)))
    return ([term for term in found if term not in STOP_WORDS] or found)[:MOST_TERMS]


def phrases(query: str) -> list[list[str]]:
    """Sequences of words that count once more where they stand together.

    These are what the query has in quotation marks, and its runs of unspaced characters: 红烧肉 is
    worth more than 红烧排骨 and 烧肉饭 side by side.
    """
    text = normal(query)
    candidates = QUOTED.findall(text) + [run[0] for run in RUN.finditer(text) if run["unspaced"]]
    found = dict.fromkeys(tuple(_phrase(candidate)) for candidate in candidates)
    return [list(phrase) for phrase in found if 1 < len(phrase) <= MOST_TERMS]


def match_expression(query: str) -> str:
    """An FTS5 expression for notes with any of the terms; "" where the query has no word at all.

    Every word is quoted: a person's words are never operators.
    """
    single = [
        f'"{term}"*' if is_unspaced(term) and len(term) == 1 else f'"{term}"'
        for term in terms(query)
    ]
    return " OR ".join(single + [f'"{" ".join(phrase)}"' for phrase in phrases(query)])


def is_unspaced(term: str) -> bool:
    """Whether a word is of a script that is cut into pairs."""
    run = RUN.match(term)
    return run is not None and run["unspaced"] is not None


def _phrase(text: str) -> list[str]:
    """The words of a text, without the last character: where the run goes on it is no word."""
    found = list(words(text))
    runs = list(RUN.finditer(text))
    return found[:-1] if runs and _is_long(runs[-1]) else found


def _searched_words(run: re.Match[str]) -> Iterator[str]:
    if _is_long(run):
        return map("".join, zip(run[0], run[0][1:], strict=False))
    return iter([run[0]])


def _is_long(run: re.Match[str]) -> bool:
    return run["unspaced"] is not None and len(run[0]) > 1
