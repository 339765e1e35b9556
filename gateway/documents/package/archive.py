"""A package as one file, the same bytes on every machine."""

import io
import zipfile
from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that ZIP can write: there is none in a package
UNIX = 3
READABLE = 0o100644 << 16  # a plain file that everybody may read


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files as a ZIP. Nothing is compressed: two versions of zlib make different bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as package:
        for path in sorted(files):
            package.writestr(_entry(path), files[path])
    return written.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, EARLIEST)
    entry.create_system = UNIX
    entry.external_attr = READABLE
    return entry
