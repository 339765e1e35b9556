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
VERSION = f"2/{unicodedata.unidata_version}"

# Han, kana and Hangul: scripts written without spaces, or with endings that change.
UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(f"(?P<unspaced>[{UNSPACED}]+)|[^\\W_{UNSPACED}]+")
QUOTED = re.compile('["“”「」『』]([^"“”「」『』]+)["“”「」『』]')

# Up to 400 characters, to a blank where there is one: no letter is parted from its accents there.
PIECE = re.compile(r"(?s:.{1,399}(?:\s|\Z)|.{1,400})")

MOST_TERMS = 100  # of one query: more cost time and change nothing in what is found first

NONE = '""'  # the FTS5 expression that nothing matches
LONGEST_KEYWORD = 8  # characters: a longer run is a sentence rather than the name of something


def normal(text: str) -> str:
    """Text in the form in which it is compared: full-width forms narrowed, letters small.

    Piece by piece: Python orders a run of accents in quadratic time, 50,000 of them in a second.
    """
    pieces = (unicodedata.normalize("NFKC", piece) for piece in PIECE.findall(text))
    return "".join(pieces).lower()


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


def phrases(query: str) -> list[str]:
    """Words that count once more where they stand together, as FTS5 phrases.

    They are the runs of unspaced characters, and what stands in quotation marks.
    """
    text = normal(query)
    runs = [run[0] for run in RUN.finditer(text) if run["unspaced"]]
    return _phrases([*runs, *QUOTED.findall(text)])


def match_expression(query: str) -> str:
    """An FTS5 expression for notes with any of the terms; "" where the query has no word at all.

    Every word is quoted: a person's words are never operators.
    """
    single = [f'"{term}"*' if _stands_alone(term) else f'"{term}"' for term in terms(query)]
    return " OR ".join(single + phrases(query))


def exact_expression(query: str) -> str:
    """An FTS5 expression for notes that have exactly what is asked for, and so come first.

    That is all that stands in quotation marks, else a query that is one short run: whoever asks for
    红烧肉 wants it before any amount of 红烧排骨 and 烧肉饭.
    """
    text = normal(query).strip()
    is_keyword = RUN.fullmatch(text) and len(text) <= LONGEST_KEYWORD
    return " AND ".join(_phrases(QUOTED.findall(text) or ([text] if is_keyword else []))) or NONE


def is_unspaced(term: str) -> bool:
    """Whether a word is of a script that is cut into pairs."""
    run = RUN.match(term)
    return run is not None and run["unspaced"] is not None


def _stands_alone(term: str) -> bool:
    """Whether a term is one character of an unspaced script: it may begin any pair in the index."""
    return len(term) == 1 and is_unspaced(term)


def _phrases(texts: list[str]) -> list[str]:
    found = dict.fromkeys(tuple(_connected(text)) for text in texts)
    return [f'"{" ".join(words)}"' for words in found if 1 < len(words) <= MOST_TERMS]


def _connected(text: str) -> list[str]:
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
