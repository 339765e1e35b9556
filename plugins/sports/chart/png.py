"""A PNG (W3C, third edition) of charts under one another, made without a library."""

import struct
import zlib
from collections.abc import Sequence

from ..records import History
from .canvas import ADVANCE, INK, PALETTE, QUIET, Canvas
from .layout import MARGIN, WIDTH, Chart, charts, full

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BY_PALETTE = 3  # colour type


def png(histories: Sequence[History]) -> bytes:
    """A picture of at least one history, each of at least two closes."""
    drawn = [_drawn(chart) for chart in charts(histories)]
    size = struct.pack(
        ">IIBBBBB", WIDTH, sum(each.height for each in drawn), 8, BY_PALETTE, 0, 0, 0
    )
    rows = (row for canvas in drawn for row in _rows(canvas))
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", size),
            _chunk(b"PLTE", bytes(part for colour in PALETTE for part in colour)),
            _chunk(b"IDAT", zlib.compress(b"".join(rows), 6)),
            _chunk(b"IEND", b""),
        )
    )


def _drawn(chart: Chart) -> Canvas:
    canvas, box = Canvas(WIDTH, chart.height), chart.box
    left, right = round(box.left), round(box.right)
    canvas.area(chart.points, round(box.bottom) + 4)
    for y, price in chart.guides:
        canvas.rule(round(y), left, right)
        canvas.words(right + 10, round(y) - 6, price, QUIET)
    canvas.line(chart.points)
    _write_names(canvas, chart)
    return canvas


def _write_names(canvas: Canvas, chart: Chart) -> None:
    right, below = round(chart.box.right), round(chart.box.bottom) + 14
    last = f"{full(chart.last)} {chart.history.currency or ''}".strip()
    first_day, last_day = (chart.closes[end].day.isoformat() for end in (0, -1))
    canvas.words(MARGIN, 14, chart.history.symbol.upper()[:20], INK)
    canvas.words(WIDTH - MARGIN - len(last[:24]) * ADVANCE, 14, last[:24], INK)
    canvas.words(MARGIN, below, first_day, QUIET)
    canvas.words(right - len(last_day) * ADVANCE, below, last_day, QUIET)


def _rows(canvas: Canvas) -> list[bytes]:
    """The rows of pixels, each after the number of its filter: 0 is none."""
    starts = range(0, len(canvas.pixels), canvas.width)
    return [b"\0" + canvas.pixels[start : start + canvas.width] for start in starts]


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
