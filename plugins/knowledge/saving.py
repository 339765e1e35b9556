"""Saves a new note: asks, names it and writes it to disk, once, whatever is repeated or killed."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort

from . import front_matter
from .errors import NotesUnavailable
from .folders import Folders
from .tokens import normal
from .vault import NoteFile

NOT_IN_NAMES = re.compile(r"[\W_]+")
# Characters: of Chinese ones, three bytes each, well within the 255 of a file name.
LONGEST_STEM = 40
DRAFT_NAME = ".{}.draft"
ABANDONED_AFTER = 24 * 60 * 60  # s: no save takes a day, so its process was killed


@dataclass(frozen=True)
class Draft:
    """What a person wants to keep."""

    title: str
    text: str
    tags: Sequence[str]
    day: date

    @property
    def content(self) -> bytes:
        """The file: front matter, then the text."""
        tags = {"tags": list(self.tags)} if self.tags else {}
        fields = {"title": self.title, **tags, "date": self.day}
        return front_matter.written(fields, self.text).encode("utf-8", "replace")


def question(title: str, text: str, tags: Sequence[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """What a person is asked before a note is saved: its title and length, and its tags."""
    title = front_matter.one_line(title) or abort(
        422, "Give the note a title of at least one letter."
    )
    count, listed = len(text.strip()), ", ".join(tags)
    english = f"Save a new note “{title}” ({count:,} characters{listed and f', tags: {listed}'})?"
    chinese = f"保存新笔记《{title}》吗？（{count:,} 个字符{listed and f'，标签：{listed}'}）"
    return {"en": english, "zh": chinese}, {"characters": count}


def save(folders: Folders, draft: Draft, confirmation: str) -> NoteFile:
    """Write a note, unless it is there already. Raises NotesUnavailable where it cannot be written.

    Its name comes from the title and from the confirmation under which it is saved, so only repeats
    of one save ever meet there.
    """
    root, relative = folders.saving_root, _place(folders, draft.title, confirmation)
    try:
        _write_inside(root.folder, relative, draft.content)
        return NoteFile(root, relative, (root.folder / relative).stat())
    except OSError as error:
        raise NotesUnavailable(
            f"The note was not saved: {root.folder} cannot be written ({error.strerror})."
        ) from error


def saved(folders: Folders, title: str, confirmation: str) -> NoteFile | None:
    """The note that was saved under a confirmation; None where it was not."""
    root, relative = folders.saving_root, _place(folders, title, confirmation)
    try:
        return NoteFile(root, relative, (root.folder / relative).stat())
    except FileNotFoundError:
        return None


def _place(folders: Folders, title: str, confirmation: str) -> str:
    digits = hashlib.sha256(confirmation.encode()).hexdigest()[:10]
    return str(PurePosixPath(folders.saving_folder, f"{_stem(title)}-{digits}.md"))


def today(zone: str | None) -> date:
    """The day it is for a person in an IANA zone; in UTC where the zone is not known."""
    try:
        return datetime.now(ZoneInfo(zone) if zone else UTC).date()
    except (KeyError, ValueError, OSError):  # the zone is a hint, and assistants invent some
        return datetime.now(UTC).date()


def _stem(title: str) -> str:
    return NOT_IN_NAMES.sub("-", normal(title)).strip("-")[:LONGEST_STEM].strip("-") or "note"


def _write_inside(folder: Path, relative: str, content: bytes) -> None:
    place = folder / relative
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise NotesUnavailable(
            f"The note was not saved: {place.parent} is a link out of the notes."
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    _write_once(place, content)


def _write_once(place: Path, content: bytes) -> None:
    """Create a file with all of its content, on disk, or leave the one that is there alone.

    It is written beside its place, under a hidden name, and then linked: after a crash there is the
    whole note or none, never the beginning of one.
    """
    draft = place.with_name(DRAFT_NAME.format(secrets.token_hex(8)))
    try:
        _write(draft, content)
        _put_in_place(draft, place)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(place.parent)
    _remove_abandoned(place.parent)


def _remove_abandoned(folder: Path) -> None:
    """Delete the drafts of saves that were killed. Hidden files of other programs have other names."""
    with suppress(OSError):  # the note is saved, and the next save tries again
        for draft in folder.glob(DRAFT_NAME.format("[0-9a-f]" * 16)):
            if time.time() - draft.lstat().st_mtime > ABANDONED_AFTER:
                draft.unlink()


def _write(draft: Path, content: bytes) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _put_in_place(draft: Path, place: Path) -> None:
    """Like O_EXCL: a file that is there stays as it is."""
    try:
        os.link(draft, place)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links, such as exFAT: only a repeat could come in between.
        if not place.exists():
            draft.rename(place)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
