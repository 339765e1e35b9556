"""Which lines are headings, and what they say."""

import pytest

from plugins.knowledge.headings import heading_of


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# Tea", (1, "Tea")),
        ("###### 泡茶", (6, "泡茶")),
        ("##\tTea  ", (2, "Tea")),
        ("## Tea ##", (2, "Tea")),
        ("## Tea # and ## coffee", (2, "Tea # and ## coffee")),
        ("# C#", (1, "C#")),
        ("# C# #", (1, "C#")),
    ],
)
def test_headings(line, heading):
    assert heading_of(line) == heading


@pytest.mark.parametrize("line", ["", "#", "#tag", "# ", "#  ", "####### Tea", " # Tea", "# ##"])
def test_other_lines(line):
    assert heading_of(line) is None
