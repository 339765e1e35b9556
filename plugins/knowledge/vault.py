"""Finds the notes in folders of Markdown files and reads them, never leaving those folders."""

import functools
import hashlib
import logging
import os
import re
import stat
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from . import front_matter
from .decoding import decode
from .headings import heading_of
from .note import Note

SUFFIXES = frozenset({".md", ".markdown"})
LARGEST = 1024 * 1024  # bytes of a file that are read; what follows is left out
FRESH = 2_000_000_000  # ns; the coarsest file system in use counts time in steps of two seconds
LAST_SECOND = 253_402_300_799  # of the year 9999, where Python's dates end
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Root:
    """A folder of notes. `label` comes before its paths, so that two roots do not look like one."""

    folder: Path
    label: str = ""


@dataclass(frozen=True)
class NoteFile:
    """A file that holds a note: where it is, and how it looked when it was seen."""

    root: Root
    relative: str
    status: os.stat_result

    @property
    def id(self) -> str:
        return note_id(self.root, self.relative)

    @property
    def path(self) -> str:
        """The path as people see it: one form of each character, and no broken ones."""
        name = os.fsencode(str(PurePosixPath(self.root.label, self.relative)))
        return CONTROL.sub(" ", unicodedata.normalize("NFC", name.decode("utf-8", "replace")))

    @property
    def signature(self) -> str:
        """Differs when the file does: also after an edit that kept the time of its last change."""
        seen = self.status
        return f"{seen.st_mtime_ns}/{seen.st_ctime_ns}/{seen.st_size}/{seen.st_ino}"

    @property
    def is_fresh(self) -> bool:
        """Whether it may change again without looking any different, its clock being too coarse."""
        return abs(time.time_ns() - self.status.st_ctime_ns) < FRESH


def note_id(root: Root, relative: str) -> str:
    """A note's stable name, fit for any address: 16 hexadecimal digits made from where it is.

    The path itself would be long and full of slashes and percent signs (Chinese names most of all),
    which assistants copy wrongly.
    """
    place = os.fsencode(root.label) + b"\0" + os.fsencode(relative)
    return hashlib.sha256(place).hexdigest()[:16]


def note_files(root: Root) -> Iterator[NoteFile]:
    """Every note under a root, folder by folder. What is hidden or leads outside is left out."""
    top = Path(os.path.realpath(root.folder))
    waiting = [top]
    while waiting:
        for entry in _visible_entries(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif Path(entry.name).suffix.lower() in SUFFIXES and _stays_inside(entry, top):
                yield from _note_file(root, top, entry)
            elif entry.is_symlink() and entry.is_dir():
                _warn_once(f"{entry.path!r}: skipped, as links to folders are not followed")


def read_note(file: NoteFile) -> Note | None:
    """The note in a file, or None with a line in the log where it cannot be read."""
    try:
        content = _content(file)
        source = decode(content[:LARGEST])
    except (OSError, ValueError) as error:
        log.warning("%s: skipped, %s", file.path, error)
        return None
    if len(content) > LARGEST:
        log.warning("%s: only the first %d bytes are kept", file.path, LARGEST)
    return _understood(file, source, is_cut=len(content) > LARGEST)


def _visible_entries(folder: Path) -> list[os.DirEntry[str]]:
    """In order of name, without what editors and version control hide: .obsidian, .git, .trash."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        _warn_once(f"{str(folder)!r}: skipped, {error.strerror}")
        return []
    return sorted(visible, key=lambda entry: entry.name)


def _stays_inside(entry: os.DirEntry[str], top: Path) -> bool:
    if not entry.is_symlink():
        return True
    target = Path(os.path.realpath(entry.path))
    inside = target.is_relative_to(top)
    if inside and not any(part.startswith(".") for part in target.relative_to(top).parts):
        return True
    _warn_once(f"{entry.path!r}: skipped, as it is a link out of the notes")
    return False


def _note_file(root: Root, top: Path, entry: os.DirEntry[str]) -> Iterator[NoteFile]:
    try:
        status = entry.stat()
    except OSError:
        return  # deleted a moment ago, or a link to nowhere
    if stat.S_ISREG(status.st_mode):
        yield NoteFile(root, Path(entry.path).relative_to(top).as_posix(), status)


def _content(file: NoteFile) -> bytes:
    """The bytes of a file, at most one more than are kept. The file may have been swapped since."""
    place = os.path.realpath(file.root.folder / file.relative)
    if not Path(place).is_relative_to(os.path.realpath(file.root.folder)):
        raise ValueError("it is a link out of the notes")
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(LARGEST + 1)


def _understood(file: NoteFile, source: str, *, is_cut: bool) -> Note:
    fields, body, first_line = front_matter.split(source, file.path)
    modified = datetime.fromtimestamp(min(max(file.status.st_mtime, 0), LAST_SECOND), UTC)
    return Note(
        id=file.id,
        path=file.path,
        title=front_matter.text_field(fields, "title") or _title(file, body),
        aliases=front_matter.list_field(fields, "aliases"),
        tags=front_matter.list_field(fields, "tags"),
        written=front_matter.day_field(fields, "date") or modified.date(),
        modified=modified.replace(microsecond=0),
        first_line=first_line,
        is_cut=is_cut,
        text=body,
    )


def _title(file: NoteFile, body: str) -> str:
    level, words = heading_of(body.partition("\n")[0]) or (0, "")
    return words if level == 1 else front_matter.one_line(PurePosixPath(file.path).stem)


@functools.lru_cache(maxsize=1_000)
def _warn_once(message: str) -> None:
    """Folders are looked at every few seconds: say the same thing once."""
    log.warning("%s", message)
