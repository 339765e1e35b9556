"""What the page of a note shows."""

import functools
import re
from collections.abc import Callable

from . import links
from .headings import heading_of
from .note import Note

LONGEST_TEXT = 200_000  # characters: about a second of rendering
MOST_LINKS = 1_000  # each is looked up in the index and makes the text longer
LONGEST_DESCRIPTION = 200  # characters that link previews show
MARKUP = re.compile(r"^[ \t]*(?:[#>|*+-]+|\d+\.)[ \t]+|\]\([^)\]]*\)|[*_`~\[\]|<>]+", re.MULTILINE)


def markdown(note: Note, named: Callable[[str], Note | None], address: Callable[[str], str]) -> str:
    """The text for the page: without the heading that repeats the title, with links resolved.

    Of more than MOST_LINKS links the rest are only words.
    """
    numbers = iter(range(MOST_LINKS))

    @functools.cache
    def address_of(name: str) -> str | None:
        linked = named(name)
        return address(linked.id) if linked else None

    return links.resolved(
        _without_title(note)[:LONGEST_TEXT],
        lambda name: None if next(numbers, None) is None else address_of(name),
    )


def is_cut(note: Note) -> bool:
    """Whether the page shows only the beginning of what is in the file."""
    return note.is_cut or len(note.text) > LONGEST_TEXT


def description(note: Note) -> str:
    """The beginning of a note as plain text."""
    plain = links.resolved(_without_title(note)[: 5 * LONGEST_DESCRIPTION], lambda _: None)
    return " ".join(MARKUP.sub(" ", plain).split())[:LONGEST_DESCRIPTION]


def _without_title(note: Note) -> str:
    first, _, rest = note.text.partition("\n")
    return rest.lstrip("\n") if heading_of(first) == (1, note.title) else note.text
