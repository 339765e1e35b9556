"""Where everything in a chart is, in pixels from the top left corner, and how its numbers read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..records import Close, History

WIDTH = 576
MARGIN = 16
GUTTER = 136  # at the right, for a price
HEADER, FOOTER = 52, 36  # above and below the line, for names and days

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """The part of a chart that the line is in: its top is the highest close, its bottom the lowest."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Chart:
    """One history of at least two closes, laid out `height` pixels high."""

    history: History
    height: int

    @property
    def box(self) -> Box:
        return Box(MARGIN, HEADER, WIDTH - GUTTER, self.height - FOOTER)

    @property
    def closes(self) -> tuple[Close, ...]:
        return self.history.closes

    @property
    def last(self) -> float:
        return self.closes[-1].price

    @property
    def highest(self) -> float:
        return max(close.price for close in self.closes)

    @property
    def lowest(self) -> float:
        return min(close.price for close in self.closes)

    @property
    def points(self) -> list[Point]:
        """The line. Closes are evenly spaced: days without trade take no room."""
        step = (self.box.right - self.box.left) / (len(self.closes) - 1)
        return [
            (self.box.left + step * number, self._y(close.price))
            for number, close in enumerate(self.closes)
        ]

    @property
    def guides(self) -> Iterator[tuple[float, str]]:
        """The heights that are named, and their prices; one where all closes are the same."""
        for price in dict.fromkeys((self.highest, self.lowest)):
            yield self._y(price), short(price)

    def _y(self, price: float) -> float:
        """Computed on halves: the difference of the largest numbers would be infinite."""
        span = self.highest / 2 - self.lowest / 2
        share = (price / 2 - self.lowest / 2) / span if span else 0.5
        return self.box.bottom - share * (self.box.bottom - self.box.top)


def full(price: float) -> str:
    """A price as exactly as people tell it, in at most 19 characters."""
    return f"{price:,.2f}" if 1 <= abs(price) < 1e12 else f"{price:.6g}"


def short(price: float) -> str:
    """A price in at most ten characters."""
    size = abs(price)
    if 1 <= size < 9_999_999:
        return f"{price:,.2f}" if size < 10_000 else f"{price:,.0f}"
    return f"{price:.4g}" if 0.0001 <= size < 1 else f"{price:.3g}"


def charts(histories: Sequence[History]) -> list[Chart]:
    """One chart by itself, or several that go under one another."""
    height = 280 if len(histories) == 1 else 200
    return [Chart(history, height) for history in histories]
