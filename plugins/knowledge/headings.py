"""Reads the headings of a note: lines such as `## Watering`."""

import re

from .front_matter import one_line

# The words begin with no blank: with (.*\S) or (.+?)[ \t]*$ a line of 50,000 blanks takes seconds.
HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")


def heading_of(line: str) -> tuple[int, str] | None:
    """The level (1 to 6) and the words of a heading; None where a line is no heading.

    The words are bounded: each part of a note repeats the headings above it.
    """
    heading = HEADING.match(line)
    words = _without_closing(heading[2].rstrip()) if heading else ""
    return (len(heading[1]), one_line(words)) if heading and words else None


def _without_closing(words: str) -> str:
    """`Tea ##` is Tea, and `C#` stays as it is (CommonMark, ATX headings)."""
    before = words.rstrip("#")
    return before.rstrip() if before != before.rstrip() or not before else words
