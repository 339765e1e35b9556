"""QR codes as the outline that a page draws: one path, no styles, no scripts."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import segno

QUIET_ZONE = 4  # light modules around the code, ISO/IEC 18004 section 5.3.8
KEPT = 512  # one takes milliseconds to make and about 3 kB to keep


@dataclass(frozen=True)
class QrCode:
    """A square of `size` modules, the quiet zone included; `path` is the SVG path of the dark ones."""

    size: int
    path: str


@lru_cache(maxsize=KEPT)
def qr_code(text: str) -> QrCode:
    """The QR code of a text, at error correction level M or better."""
    matrix = segno.make(text, error="m", micro=False).matrix
    rows = (_row(bytes(row), y + QUIET_ZONE) for y, row in enumerate(matrix))
    return QrCode(len(matrix) + 2 * QUIET_ZONE, "".join(rows))


def _row(modules: bytes, y: int) -> str:
    """A rectangle, one module high, for each run of dark modules."""
    path, x = "", QUIET_ZONE
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark:
            path += f"M{x} {y}h{width}v1h-{width}z"
        x += width
    return path
