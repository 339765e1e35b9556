"""The YAML block at the head of a note: read with tolerance, written with care."""

import logging
import re
from datetime import date
from typing import Any

import yaml

BLOCK = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
SIMPLE_LINE = re.compile(r"^([A-Za-z_]+):[ \t]+(\S.*)$", re.MULTILINE)
DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?!\d)")
UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

LONGEST_BLOCK = 16_000  # characters; a longer one is a text between two rules
MOST_BRACKETS = 400  # of a block: 16,000 of them take the YAML loader half a second
LONGEST_VALUE = 200
MOST_VALUES = 50

log = logging.getLogger(__name__)


def split(source: str, path: str) -> tuple[dict[str, Any], str, int]:
    """The fields of a note, its body, and the line of the file on which the body begins.

    A note without a readable block is all body. `path` names the note in the log.
    """
    block = BLOCK.match(source)
    fields = _read(block[1], path) if block and _is_short(block[1]) else {}
    rest = source[block.end() :] if block and fields else source
    body = rest.lstrip("\n")
    return fields, body.rstrip(), 1 + source.count("\n", 0, len(source) - len(body))


def text_field(fields: dict[str, Any], name: str) -> str:
    """A field as one line of text; "" where there is none."""
    value = fields.get(name)
    return one_line(value) if isinstance(value, str) else ""


def list_field(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    """A field as a list without repeats: a YAML list, or words between commas."""
    value = fields.get(name)
    values = re.split("[,，、]", value) if isinstance(value, str) else value
    lines = (one_line(each).lstrip("#") for each in values or () if isinstance(each, str))
    return tuple(dict.fromkeys(filter(None, lines)))[:MOST_VALUES]


def day_field(fields: dict[str, Any], name: str) -> date | None:
    """A field as a day: 2026-03-01, 2026/3/1, 2026年3月1日, with or without a time behind it."""
    found = DAY.match(text_field(fields, name))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def one_line(text: str) -> str:
    """Text as one bounded line, without characters that could not be stored or shown."""
    return UNPRINTABLE.sub(" ", text).strip()[:LONGEST_VALUE]


def written(fields: dict[str, Any], body: str) -> str:
    """A note's file: the fields as YAML, whatever characters are in them, then the body."""
    block = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=1_000)
    return f"---\n{block}---\n\n{body.strip()}\n"


def _is_short(block: str) -> bool:
    brackets = block.count("[") + block.count("{")
    return len(block) <= LONGEST_BLOCK and brackets <= MOST_BRACKETS


def _read(block: str, path: str) -> dict[str, Any]:
    """The block as a mapping of texts and lists.

    BaseLoader leaves every value a text, so that "no" stays a word and 2026-02-31 is no error. It
    is the loader in Python, as the one in C ends the process on 16,000 open brackets.
    """
    try:
        fields = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts, lists, mappings
    except (yaml.YAMLError, RecursionError):
        log.warning("%s: the front matter is no YAML; reading its plain lines only", path)
        fields = dict(SIMPLE_LINE.findall(block))
    return fields if isinstance(fields, dict) else {}
