"""One note, as it is indexed and shown."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Note:
    """A Markdown file, understood.

    `path` is relative to the folder of notes, with slashes, as shown to people. `text` is the body
    without its front matter; it begins on line `first_line` of the file (counted from 1). `written`
    is the day that the note gives itself, else the day of its last change. `is_cut` says that the
    file is longer than what is kept of it.
    """

    id: str
    path: str
    title: str
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    written: date
    modified: datetime
    first_line: int
    is_cut: bool
    text: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a link may call the note."""
        path = PurePosixPath(self.path).with_suffix("")
        return (str(path), path.name, self.title, *self.aliases)
