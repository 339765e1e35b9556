"""Text that others wrote, as a page can show it without lying: nothing in it is unseen.

Characters that nobody sees can turn the reading direction, hide words or carry them to a model. They
are left out, and counted, so that the page can say so.
"""

import re
import unicodedata
from dataclasses import dataclass

LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls, formats (zero width, reading direction), private use, unassigned, halves of a pair.
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs"})
# Letters, marks and signs without ink: Default_Ignorable_Code_Point (UAX 44) beyond those, and the
# empty pattern of Braille.
BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
MARKS = frozenset({"Mn", "Me"})
# Vietnamese and Hebrew need three on a letter; dozens paint over the lines above and below.
MOST_MARKS = 4
JOINER, AS_PICTURE, KEYCAP = "\u200d", "\ufe0f", "\u20e3"
# Newer pictures than this Python knows stand here, too.
FIRST_PICTURE, LAST_PICTURE = "\U0001f000", "\U0001faff"


@dataclass(frozen=True)
class Readable:
    """What can be seen of a text, and how many characters of it cannot."""

    text: str
    unseen: int


def readable(text: str) -> Readable:
    """`text` with lines that end alike, and without what cannot be seen."""
    whole = LINE_ENDS.sub("\n", text)
    seen = "".join(each for index, each in enumerate(whole) if _is_seen(whole, index))
    return Readable(seen, len(whole) - len(seen))


def _is_seen(text: str, index: int) -> bool:
    character = text[index]
    if " " <= character <= "~" or character in "\n\t":
        return True
    kind = unicodedata.category(character)
    if kind in UNSEEN or character in BLANK:
        return _is_picture(character) or _makes_a_picture(text, index)
    return kind not in MARKS or not _is_heaped(text, index)


def _is_heaped(text: str, index: int) -> bool:
    before = text[max(0, index - MOST_MARKS) : index]
    return len(before) == MOST_MARKS and all(unicodedata.category(each) in MARKS for each in before)


def _makes_a_picture(text: str, index: int) -> bool:
    """Whether a character only tells how its neighbours are drawn: as one picture, in colour."""
    before, after = text[max(0, index - 1) : index], text[index + 1 : index + 2]
    if text[index] == AS_PICTURE:
        return _is_sign(before) or after == KEYCAP
    return text[index] == JOINER and _is_sign(after) and (_is_sign(before) or before == AS_PICTURE)


def _is_sign(character: str) -> bool:
    known = bool(character) and unicodedata.category(character) in ("So", "Sm", "Sk")
    return known or _is_picture(character)


def _is_picture(character: str) -> bool:
    return FIRST_PICTURE <= character <= LAST_PICTURE
