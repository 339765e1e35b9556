"""Puts notes into the shapes of the answers, bounded to what assistants take.

An answer over 100,000 characters is refused by GPT Actions, and over MCP each answer travels twice.
"""

import json
from collections.abc import Callable
from typing import Any

from .headings import heading_of
from .library import Found
from .note import Note
from .passages import best_passage
from .tokens import terms

LONGEST_TEXT = 40_000  # characters of JSON
LONGEST_LIST = 40_000
LONGEST_SNIPPET = 400

Address = Callable[[str], str]


def reference(note: Note, url_of: Address) -> dict[str, Any]:
    """A note as ChatGPT's `search` names it."""
    return {"id": note.id, "title": note.title, "url": url_of(note.id)}


def whole(note: Note, url_of: Address) -> dict[str, Any]:
    """A note as ChatGPT's `fetch` gives it."""
    text, cut = _shortened(note)
    details = {
        "path": note.path,
        "tags": ", ".join(note.tags),
        "date": note.written.isoformat(),
        "modified": note.modified.isoformat(),
    }
    if cut:
        details["cut"] = cut
    return {**reference(note, url_of), "text": text, "metadata": details}


def markdown(note: Note, url_of: Address) -> str:
    """A note as a document by itself: under its title, and with the address of its page."""
    text, cut = _shortened(note)
    level, _ = heading_of(text.partition("\n")[0]) or (0, "")
    title = "" if level == 1 else f"# {note.title}"
    return "\n\n".join(filter(None, (title, text, cut, f"Source: <{url_of(note.id)}>"))) + "\n"


def listing(found: Found, query: str, url_of: Address) -> dict[str, Any]:
    """Notes with the passage that the query is about, as many as fit into an answer."""
    sought = terms(query)
    notes: list[dict[str, Any]] = []
    room = LONGEST_LIST
    for note in found.notes:
        shown = _with_passage(note, sought, url_of)
        room -= json_length(shown)
        if room < 0:
            break
        notes.append(shown)
    return {"notes": notes, "total": found.total, "next_step": _next_step(len(notes), found.total)}


def beginning(text: str, length: int) -> str:
    """As much of a text as takes at most `length` characters of JSON."""
    encoded = json.dumps(text, ensure_ascii=False)[1:-1]
    if len(encoded) <= length:
        return text
    for end in range(length, length - 6, -1):  # an escape such as \\u001f may be cut in two
        try:
            return str(json.loads(f'"{encoded[:end]}"'))
        except ValueError:
            continue
    return ""


def json_length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str))


def _shortened(note: Note) -> tuple[str, str]:
    """As much of a note's text as is given, and what to say where that is not all."""
    text = beginning(note.text, LONGEST_TEXT)
    if len(text) == len(note.text) and not note.is_cut:
        return text, ""
    return text, f"Only the first {len(text)} characters are given. The rest is on the page."


def _with_passage(note: Note, sought: list[str], url_of: Address) -> dict[str, Any]:
    passage = best_passage(note, sought, LONGEST_SNIPPET)
    return {
        **reference(note, url_of),
        "path": note.path,
        "heading": passage.heading,
        "start_line": passage.start_line,
        "end_line": passage.end_line,
        "snippet": passage.snippet,
        "tags": list(note.tags),
        "date": note.written,
        "modified": note.modified,
    }


def _next_step(shown: int, total: int) -> str:
    if not total:
        return "Nothing matches. Try other words, the other language, or fewer filters."
    if shown < total:
        return "More notes match. Narrow by tags, folder or days, or raise the limit."
    return "These are all. Read one whole with fetch."
