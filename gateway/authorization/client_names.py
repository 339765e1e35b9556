"""Names of programs, which strangers choose and people read on the consent page."""

import unicodedata
from typing import Any

LONGEST = 100  # characters

# Control characters, those that turn or join what is around them, halves, private and unassigned
# ones, and separators of lines.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that are drawn as nothing: fillers of Hangul and Braille, selectors, joiners.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def cleaned(name: Any, otherwise: str) -> str:
    """A name on one line of at most 100 characters that are all seen; `otherwise` where none is left."""
    if not isinstance(name, str):
        return otherwise
    # Ten times as many may come to nothing, but not a megabyte of them.
    seen = "".join(map(_seen, name[: LONGEST * 10]))
    return " ".join(seen.split())[:LONGEST].strip() or otherwise


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in _HIDDEN or character in _BLANK:
        return ""
    return character
