"""Turns the bytes of a note into text, whatever the editor wrote."""

import codecs
import re

HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def decode(content: bytes) -> str:
    """The text with plain line ends. A character cut off at the end of `content` is left out.

    UTF-8, UTF-16 with its mark, then GB 18030 (older Chinese editors) or Windows-1252.
    Raises ValueError with the reason where it is no text at all.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decode(content, "utf-16")
    elif b"\0" in content:
        raise ValueError("it is not text")
    else:
        text = _decode_bytes(content)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_bytes(content: bytes) -> str:
    for encoding in ("utf-8-sig", *(["gb18030"] if _looks_chinese(content) else [])):
        try:
            return _decode(content, encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("windows-1252", "replace")


def _decode(content: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(content)


def _looks_chinese(content: bytes) -> bool:
    """In GB 18030 bytes above 127 come in long runs; the accents of a European text stand alone."""
    runs = HIGH_RUN.findall(content)
    return sum(map(len, runs)) >= 2 * len(runs)
