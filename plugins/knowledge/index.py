"""The index of notes: one SQLite file with the notes and, by FTS5, their words.

The journal stays in SQLite's default mode: write-ahead logging can lose commits before
SQLite 3.51.3, and many Pythons bring an older one.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from . import statements, tokens
from .narrowing import Narrowing, folder_key, tag_key
from .note import Note
from .vault import NoteFile

# Other tables or another tokenizer: the index is made anew.
VERSION = f"1 {tokens.VERSION}"


class Index:
    """The index on an open connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def opened(cls, file: Path, *, wait: float) -> Iterator[Self]:
        """The index in `file` while the block runs; locks are waited for `wait` seconds."""
        connection = sqlite3.connect(file, timeout=wait, isolation_level=None)
        try:
            yield cls(connection)
        finally:
            connection.close()

    @contextmanager
    def transaction(self, kind: str = "DEFERRED") -> Iterator[None]:
        """One state for all that is read; or, IMMEDIATE, all that is written or nothing of it."""
        self._connection.execute(f"BEGIN {kind}")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.execute("COMMIT")

    def is_complete(self, fingerprint: str) -> bool:
        """Whether every note of the folders that `fingerprint` stands for was indexed once."""
        return self._state() == (fingerprint, True)

    def prepare(self, fingerprint: str) -> None:
        """Make empty tables, unless those of these folders are there."""
        if self._state()[0] == fingerprint:
            return
        with self.transaction("IMMEDIATE"):
            for statement in (*statements.DROP_TABLES, *statements.TABLES):
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO state VALUES (?, 0)", (fingerprint,))

    def mark_complete(self) -> None:
        if not self._state()[1]:
            self._connection.execute("UPDATE state SET complete = 1")

    def signatures(self) -> dict[str, str]:
        """How every known file looked when it was read, by the id of its note."""
        return dict(self._connection.execute("SELECT id, signature FROM files"))

    def put(self, read: Iterable[tuple[NoteFile, Note | None]]) -> None:
        """Take in what files hold now, all or none; None where a file holds no readable note."""
        rows = [(note, _file_row(file)) for file, note in read]
        with self.transaction("IMMEDIATE"):
            for note, file_row in rows:
                self._forget(file_row[0])
                self._connection.execute("REPLACE INTO files VALUES (?, ?)", file_row)
                if note:
                    self._add(note)

    def remove(self, note_ids: Collection[str]) -> None:
        """Forget notes whose files are gone."""
        if not note_ids:
            return
        with self.transaction("IMMEDIATE"):
            for note_id in note_ids:
                self._forget(note_id)
                self._connection.execute("DELETE FROM files WHERE id = ?", (note_id,))

    def listed(self) -> list[tuple[str, str, str]]:
        """The id, title and path of every note, by path."""
        return self._connection.execute(statements.ALL).fetchall()

    def get(self, note_id: str) -> Note | None:
        row = self._connection.execute(statements.BY_ID, (note_id,)).fetchone()
        return row and _note(row)

    def named(self, name: str) -> Note | None:
        """The note that a link calls `name`; of several, the one nearest to the top."""
        row = self._connection.execute(statements.BY_NAME, (tokens.normal(name),)).fetchone()
        return row and _note(row)

    def matching(self, query: str, narrowing: Narrowing, limit: int) -> list[Note]:
        """The notes that match best, best first; of a query without words, the newest first."""
        expression = tokens.match_expression(query)
        statement = statements.BEST_FIRST if expression else statements.NEWEST_FIRST
        exact = tokens.exact_expression(query)
        values = {**narrowing.parameters, "expression": expression, "exact": exact, "limit": limit}
        rows = self._connection.execute(statement, values).fetchall()
        return [
            _note(self._connection.execute(statements.BY_NUMBER, row).fetchone()) for row in rows
        ]

    def count(self, query: str, narrowing: Narrowing) -> int:
        """How many notes match in all."""
        expression = tokens.match_expression(query)
        statement = statements.COUNT_MATCHED if expression else statements.COUNT_NARROWED
        values = {**narrowing.parameters, "expression": expression}
        return int(self._connection.execute(statement, values).fetchone()[0])

    def _state(self) -> tuple[str, bool]:
        known = self._connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'state'")
        if known.fetchone() is None:
            return "", False
        fingerprint, complete = self._connection.execute("SELECT * FROM state").fetchone()
        return fingerprint, bool(complete)

    def _add(self, note: Note) -> None:
        number = self._connection.execute(statements.ADD_NOTE, _row(note)).lastrowid
        self._connection.execute(statements.ADD_WORDS, (number, *_words(note)))
        for tag in _with_parents(map(tag_key, note.tags)):
            self._connection.execute(statements.ADD_TAG, (number, tag))
        for name in map(tokens.normal, note.names):
            self._connection.execute(statements.ADD_NAME, (number, name))

    def _forget(self, note_id: str) -> None:
        row = self._connection.execute(statements.BY_ID, (note_id,)).fetchone()
        if row is None:
            return
        number = row[0]
        self._connection.execute(statements.FORGET_WORDS, (number, *_words(_note(row))))
        for statement in statements.FORGET_NOTE:
            self._connection.execute(statement, (number,))


def _file_row(file: NoteFile) -> tuple[str, str]:
    """A file that changed just now may change again unseen: without a signature it is reread."""
    return file.id, "" if file.is_fresh else file.signature


def _words(note: Note) -> tuple[str, str]:
    """What FTS5 indexes of a note: the words of what it is called, and of what it says."""
    called = " . ".join((note.title, *note.aliases, *note.tags))
    return " ".join(tokens.words(called)), " ".join(tokens.words(note.text))


def _with_parents(tags: Iterable[str]) -> Iterator[str]:
    """A note tagged travel/japan is also found by travel."""
    for tag in tags:
        parts = tag.split("/")
        yield from ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


def _row(note: Note) -> tuple[Any, ...]:
    lists = (json.dumps(each, ensure_ascii=False) for each in (note.aliases, note.tags))
    times = (note.written.isoformat(), note.modified.isoformat())
    bounds = (note.first_line, note.is_cut)
    return (
        note.id,
        note.path,
        note.title,
        *lists,
        *times,
        *bounds,
        note.text,
        folder_key(note.folder),
    )


def _note(row: tuple[Any, ...]) -> Note:
    _, note_id, path, title, aliases, tags, written, modified, first_line, is_cut, text, _ = row
    return Note(
        id=note_id,
        path=path,
        title=title,
        aliases=tuple(json.loads(aliases)),
        tags=tuple(json.loads(tags)),
        written=date.fromisoformat(written),
        modified=datetime.fromisoformat(modified),
        first_line=first_line,
        is_cut=bool(is_cut),
        text=text,
    )
