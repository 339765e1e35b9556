"""Turns the wiki links of a note into Markdown links to the pages of the notes they name."""

import re
from collections.abc import Callable

CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`)", re.DOTALL)
LINK = re.compile(
    r"!?\[\[(?P<name>[^\[\]|#\n]*)(?P<heading>#[^\[\]|\n]*)?(?:\|(?P<label>[^\[\]\n]*))?\]\]"
)
MARKDOWN = re.compile(r"([\\`*_\[\]<>])")


def resolved(text: str, address_of: Callable[[str], str | None]) -> str:
    """The text with [[Page]], [[Page#Heading]] and [[Page|label]] as links; code stays as it is.

    `address_of` gives the address of the note with a name, or None; then only the words stay.
    """
    # Splitting by a group puts the code at the odd places.
    pieces = CODE.split(text)
    pieces[::2] = [
        LINK.sub(lambda link: _markdown(link, address_of), piece) for piece in pieces[::2]
    ]
    return "".join(pieces)


def _markdown(link: re.Match[str], address_of: Callable[[str], str | None]) -> str:
    name = link["name"].strip().removesuffix(".md")
    shown = link["label"] or " ".join(filter(None, [name, (link["heading"] or "").strip("# ")]))
    label = MARKDOWN.sub(r"\\\1", shown.strip())
    address = address_of(name) if name else None
    return f"[{label}](<{address}>)" if address else label
