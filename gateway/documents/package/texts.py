"""Texts made to fit: cut between words, and without what nobody can see."""

import unicodedata

# Words and marks at which a text cannot end.
SMALL_WORDS = frozenset("a an and as at by for from in into of on or the to with your".split())
MARKS = " ,;:.-–—([{“‘\"'/&、，。；：（「"
# Unicode categories: controls, formatting, what is no character, surrogates, line and paragraph
# separators.
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})
WIDE = frozenset("WF")  # the widths of characters that are written without spaces between words


def shortened(text: str, limit: int) -> str:
    """`text` on one line, of at most `limit` characters, without a full stop at its end."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line.rstrip(". ")
    end = next((end for end in range(limit, 0, -1) if _may_end(line, end)), limit)
    return _tidy(line[:end]) or line[:limit]


def sentence(text: str, limit: int) -> str:
    """`text` on one line, of at most `limit` characters, with a full stop at its end."""
    line = shortened(text, limit - 1)
    return line if line.endswith(("!", "?", "。", "！", "？")) else f"{line}."


def _may_end(line: str, end: int) -> bool:
    return line[end] == " " or any(
        unicodedata.east_asian_width(each) in WIDE for each in line[end - 1 : end + 1]
    )


def _tidy(line: str) -> str:
    """Without the small words and marks that lead to what was cut off."""
    line = line.rstrip(MARKS)
    rest, _, last = line.rpartition(" ")
    return _tidy(rest) if last.lower() in SMALL_WORDS else line


def unseen(text: str, allowed: str = "\n") -> str | None:
    """The first character that nobody can see, as U+202E; None where all can be seen."""
    for each in text:
        if unicodedata.category(each) in UNSEEN and each not in allowed:
            return f"U+{ord(each):04X}"
    return None


def visible(text: str) -> str:
    """A text as it may be shown in a terminal: on one line, what cannot be seen left out."""
    return "".join(each for each in " ".join(text.split()) if not unseen(each))


def folded(text: str) -> str:
    """What two prompts have in common that look alike."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def cell(text: str) -> str:
    """A text inside a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
