"""Lines, areas and words in a picture with one byte for each pixel: its place in `PALETTE`."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, hypot

from .layout import Point
from .letters import GLYPHS, UNKNOWN

Colour = tuple[int, int, int]

GROUND, TINT, ACCENT = (255, 254, 251), (222, 236, 231), (20, 102, 90)
RULES, WORDS, QUIET_WORDS = (214, 212, 202), (32, 38, 31), (92, 102, 94)

# Shades of the line over the ground, then over the area, 16 each. In a shade's place in the palette,
# `place & AREA` says over which of the two, and `place % AREA` how dark.
LEVELS = 15
AREA, RULE, INK, QUIET = LEVELS + 1, 2 * (LEVELS + 1), 2 * (LEVELS + 1) + 1, 2 * (LEVELS + 1) + 2
HALF_WIDTH = 1.3  # of the line
LETTER = 2  # pixels for each dot of a letter
ADVANCE = 6 * LETTER  # from letter to letter


def _blended(below: Colour, level: int) -> Colour:
    red, green, blue = (
        round(low + (high - low) * level / LEVELS) for low, high in zip(below, ACCENT, strict=True)
    )
    return red, green, blue


PALETTE: tuple[Colour, ...] = (
    *(_blended(GROUND, level) for level in range(LEVELS + 1)),
    *(_blended(TINT, level) for level in range(LEVELS + 1)),
    *(RULES, WORDS, QUIET_WORDS),
)


class Canvas:
    """A picture to draw on. What is drawn must be inside."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.pixels = bytearray(width * height)

    def area(self, points: Sequence[Point], bottom: int) -> None:
        """Fill between a line and a height below it, column by column."""
        for x, y in _columns(points):
            top = min(floor(y + 0.5), bottom)
            self.pixels[top * self.width + x : bottom * self.width : self.width] = bytes(
                [AREA] * (bottom - top)
            )

    def rule(self, y: int, left: int, right: int) -> None:
        """A dotted line."""
        row = y * self.width
        self.pixels[row + left : row + right : 4] = bytes([RULE] * ceil((right - left) / 4))

    def line(self, points: Sequence[Point]) -> None:
        """A smooth line through the points."""
        for start, end in pairwise(points):
            for x, y, distance in _near(start, end):
                level = round(LEVELS * min(HALF_WIDTH + 0.5 - distance, 1))
                place = y * self.width + x
                below = self.pixels[place] if self.pixels[place] < RULE else 0
                self.pixels[place] = (below & AREA) + max(below % AREA, level)

    def words(self, x: int, y: int, text: str, ink: int) -> None:
        """Words whose first letter has its top left corner at a point."""
        for number, letter in enumerate(text):
            for column, row in GLYPHS.get(letter, UNKNOWN):
                self._dot(x + number * ADVANCE + column * LETTER, y + row * LETTER, ink)

    def _dot(self, x: int, y: int, ink: int) -> None:
        for row in range(y, y + LETTER):
            place = row * self.width + x
            self.pixels[place : place + LETTER] = bytes([ink] * LETTER)


def _columns(points: Sequence[Point]) -> Iterator[tuple[int, float]]:
    """Each column of pixels that a line goes through, and its height in the column's middle."""
    for (x0, y0), (x1, y1) in pairwise(points):
        for x in range(ceil(x0 - 0.5), ceil(x1 - 0.5)):
            yield x, y0 + (y1 - y0) * (x + 0.5 - x0) / (x1 - x0)


def _near(start: Point, end: Point) -> Iterator[tuple[int, int, float]]:
    """The pixels that a stretch of the line covers, and how far their middle is from it."""
    (x0, y0), (x1, y1) = start, end
    width, height = x1 - x0, y1 - y0
    length, reach = hypot(width, height), HALF_WIDTH + 0.5
    top, bottom = floor(min(y0, y1) - reach), ceil(max(y0, y1) + reach)
    tall = reach * length / width  # how far up and down of a slope the line reaches
    for x in range(floor(x0 - reach), ceil(x1 + reach)):
        middle = y0 + height * (x + 0.5 - x0) / width
        for y in range(max(top, floor(middle - tall)), min(bottom, ceil(middle + tall))):
            away_x, away_y = x + 0.5 - x0, y + 0.5 - y0
            along = min(max((away_x * width + away_y * height) / length**2, 0), 1)
            distance = hypot(away_x - along * width, away_y - along * height)
            if distance < reach:
                yield x, y, distance
