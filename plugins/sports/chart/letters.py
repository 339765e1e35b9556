"""The letters of the pictures: five dots wide and seven high, as in `letters.txt`."""

from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_name("letters.txt")

Glyph = tuple[tuple[int, int], ...]


def _glyphs() -> Iterator[tuple[str, Glyph]]:
    for line in FILE.read_text("utf-8").splitlines():
        letter, *rows = line.split()
        dots = ((x, y) for y, row in enumerate(rows) for x, dot in enumerate(row) if dot == "#")
        yield letter, tuple(dots)


GLYPHS: dict[str, Glyph] = {" ": (), **dict(_glyphs())}
UNKNOWN = GLYPHS["?"]
