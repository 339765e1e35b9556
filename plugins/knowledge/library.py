"""The notes of some folders, searchable: looks at the folders again when its last look is old.

Any number of threads and processes may share one index. One of them looks at a time, under a lock;
the others answer from what is indexed. All of it can be made anew from the notes, so a broken index
is deleted and made again.
"""

import functools
import itertools
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from . import index, tokens
from .errors import NotesUnavailable
from .index import Index
from .locks import held
from .narrowing import EVERYTHING, Narrowing
from .note import Note
from .vault import NoteFile, Root, note_files, read_note

LOOK_EVERY = 2.0  # s: a change is seen by the first search after that
LOOK_SHARE = 10  # times the length of the last look: at most a tenth of the time goes into looking
LONGEST_LOOK = 20.0  # s, within the 45 s that assistants wait; the next search goes on from there
LOCK_WAIT = 10.0  # s for another process to finish a transaction
BATCH = 200  # notes in one transaction: about half a second

BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """The best of the notes that match, and how many match in all."""

    notes: list[Note]
    total: int


class Library:
    """The notes under `roots`, indexed in the file `database`."""

    def __init__(self, database: Path, roots: tuple[Root, ...]) -> None:
        self._database = database
        self._roots = roots
        self._fingerprint = repr((index.VERSION, roots))
        self._look_lock = database.with_suffix(".look.lock")
        self._file_lock = database.with_suffix(".file.lock")
        self._next_look = 0.0

    def find(self, query: str, narrowing: Narrowing = EVERYTHING, limit: int = 20) -> Found:
        """The notes that best match a query; "*" stands for all notes, the newest first."""
        if not tokens.terms(query) and query.strip() != "*":
            return Found([], 0)

        def search(opened: Index) -> Found:
            notes = opened.matching(query, narrowing, limit)
            total = opened.count(query, narrowing) if len(notes) == limit else len(notes)
            return Found(notes, total)

        return self._ask(search)

    def get(self, note_id: str) -> Note | None:
        return self._ask(lambda opened: opened.get(note_id))

    def listed(self) -> list[tuple[str, str, str]]:
        """The id, title and path of every note, by path."""
        return self._ask(lambda opened: opened.listed())

    def named(self, name: str) -> Note | None:
        """The note that a wiki link calls `name`."""
        return self._ask(lambda opened: opened.named(name))

    def add(self, file: NoteFile) -> None:
        """Take in a note that was written a moment ago, so that the next search finds it."""

        def put() -> None:
            with self._opened() as opened:
                if opened.is_complete(self._fingerprint):  # else it is found with all the others
                    opened.put([(file, read_note(file))])

        self._mending(put)

    def _ask(self, question: Callable[[Index], Answer]) -> Answer:
        return self._mending(lambda: self._answered(question))

    def _answered(self, question: Callable[[Index], Answer]) -> Answer:
        deadline = time.monotonic() + LONGEST_LOOK
        if time.monotonic() >= self._next_look:
            self._look(deadline, wait=False)
        for _ in range(2):
            with self._opened() as opened, opened.transaction():
                if opened.is_complete(self._fingerprint):
                    return question(opened)
            self._look(deadline, wait=True)
        raise NotesUnavailable("The notes are still being indexed. Ask again in half a minute.")

    def _look(self, deadline: float, *, wait: bool) -> None:
        """Bring the index up to date, or let another process that is at it do so."""
        began = time.monotonic()
        with held(self._look_lock, wait=deadline - began if wait else 0.0) as alone:
            if alone:
                with self._opened() as opened:
                    self._bring_up_to_date(opened, deadline)
        took = time.monotonic() - began
        self._next_look = time.monotonic() + max(LOOK_EVERY, LOOK_SHARE * took)

    def _bring_up_to_date(self, opened: Index, deadline: float) -> None:
        opened.prepare(self._fingerprint)
        known = opened.signatures()
        seen = {file.id: file for root in self._roots for file in note_files(root)}
        opened.remove(known.keys() - seen.keys())
        for batch in _batches(file for file in seen.values() if _differs(file, known)):
            if time.monotonic() > deadline:
                return
            opened.put((file, read_note(file)) for file in batch)
        opened.mark_complete()

    @contextmanager
    def _opened(self) -> Iterator[Index]:
        with held(self._file_lock, shared=True, wait=LOCK_WAIT) as ours:
            if not ours:
                raise NotesUnavailable(
                    "The index of the notes is being made anew. Ask again shortly."
                )
            with Index.opened(self._database, wait=LOCK_WAIT) as opened:
                yield opened

    def _mending(self, work: Callable[[], Answer]) -> Answer:
        """Do the work; where the index turns out to be broken, do it once more with a new one."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise _unavailable(error) from error
            log.warning("%s: broken (%s), made anew", self._database, error)
        except OSError as error:
            raise _unavailable(error) from error
        self._discard()
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            raise _unavailable(error) from error

    def _discard(self) -> None:
        """Delete the index once nobody has it open: SQLite might mend a new one by an old journal."""
        with held(self._file_lock, wait=LOCK_WAIT) as alone:
            if alone:
                # The journal first: killed in between, what is left is found to be broken again.
                self._database.with_name(f"{self._database.name}-journal").unlink(missing_ok=True)
                self._database.unlink(missing_ok=True)


@functools.lru_cache(maxsize=16)
def library_of(database: Path, roots: tuple[Root, ...]) -> Library:
    """One library for each index in this process, so that it remembers when it last looked."""
    return Library(database, roots)


def _differs(file: NoteFile, known: dict[str, str]) -> bool:
    return known.get(file.id) != file.signature


def _batches(files: Iterable[NoteFile]) -> Iterator[list[NoteFile]]:
    remaining = iter(files)
    while batch := list(itertools.islice(remaining, BATCH)):
        yield batch


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in BROKEN


def _unavailable(error: Exception) -> NotesUnavailable:
    return NotesUnavailable(
        f"The index of the notes cannot be used ({error}). Ask again in a minute."
    )
