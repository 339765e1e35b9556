"""HTML made into plain text."""

from html.parser import HTMLParser

LONGEST = 20_000  # characters read of one text; a summary is its beginning
SILENT = frozenset({"script", "style", "template"})
INLINE = frozenset(
    {"a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "u"}
)


def plain(html: str, length: int = 300) -> str:
    """The words of `html` on one line, at most `length` characters; an ellipsis shows a cut."""
    words = _Words()
    try:
        words.feed(html[:LONGEST])
        words.close()
    except AssertionError:  # how the parser of the standard library refuses a broken "<!["
        return ""
    line = " ".join("".join(words.found).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


class _Words(HTMLParser):
    """Collects text outside scripts and styles; tags part words, as they do on a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.found.append("" if tag in INLINE else " ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0
        self.found.append("" if tag in INLINE else " ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)
