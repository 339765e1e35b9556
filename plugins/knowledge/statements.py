"""The SQL of the index. Nothing is ever put into it but parameters."""

TABLES = (
    "CREATE TABLE state(fingerprint TEXT NOT NULL, complete INTEGER NOT NULL)",
    # Every file that was looked at, also one that could not be read: it is not tried again.
    "CREATE TABLE files(id TEXT PRIMARY KEY, signature TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE notes(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
        title TEXT NOT NULL, aliases TEXT NOT NULL, tags TEXT NOT NULL, written TEXT NOT NULL,
        modified TEXT NOT NULL, first_line INTEGER NOT NULL, is_cut INTEGER NOT NULL,
        text TEXT NOT NULL, folder TEXT NOT NULL)""",
    "CREATE TABLE tags(number INTEGER, tag TEXT, PRIMARY KEY(number, tag)) WITHOUT ROWID",
    "CREATE TABLE names(name TEXT, number INTEGER, PRIMARY KEY(name, number)) WITHOUT ROWID",
    # Contentless: the words of a note follow from the note, which is kept above.
    """CREATE VIRTUAL TABLE words USING fts5(names, text, content='',
        tokenize='porter unicode61')""",
)
DROP_TABLES = tuple(
    f"DROP TABLE IF EXISTS {name}" for name in "state files notes tags names words".split()
)

ADD_NOTE = "INSERT INTO notes VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ADD_WORDS = "INSERT INTO words(rowid, names, text) VALUES (?, ?, ?)"
ADD_TAG = "INSERT OR IGNORE INTO tags VALUES (?, ?)"
ADD_NAME = "INSERT OR IGNORE INTO names(number, name) VALUES (?, ?)"
# FTS5 forgets a contentless row only when told the words that it was given.
FORGET_WORDS = "INSERT INTO words(words, rowid, names, text) VALUES ('delete', ?, ?, ?)"
FORGET_NOTE = (
    "DELETE FROM notes WHERE number = ?",
    "DELETE FROM tags WHERE number = ?",
    "DELETE FROM names WHERE number = ?",
)

ALL = "SELECT id, title, path FROM notes ORDER BY path, id"
BY_ID = "SELECT * FROM notes WHERE id = ?"
BY_NUMBER = "SELECT * FROM notes WHERE number = ?"
BY_NAME = """SELECT notes.* FROM names JOIN notes USING (number) WHERE name = ?
    ORDER BY length(path), path LIMIT 1"""

_NARROWED = """SELECT number FROM notes WHERE instr(folder, :folder) = 1
    AND written BETWEEN :since AND :until
    AND NOT EXISTS (SELECT 1 FROM json_each(:tags) WHERE value NOT IN
        (SELECT tag FROM tags WHERE tags.number = notes.number))"""
_MATCHED = f"""SELECT rowid FROM words WHERE words MATCH :expression
    AND (:everything OR rowid IN ({_NARROWED}))"""  # noqa: S608 - the text above

# A word in a title counts 1.5 times: the best of 1 to 3 on five collections.
BEST_FIRST = f"""{_MATCHED}
    ORDER BY rowid IN (SELECT rowid FROM words WHERE words MATCH :exact) DESC,
    bm25(words, 1.5, 1.0), rowid LIMIT :limit"""  # noqa: S608 - the text above
NEWEST_FIRST = f"{_NARROWED} ORDER BY written DESC, modified DESC, number LIMIT :limit"
COUNT_MATCHED = f"SELECT count(*) FROM ({_MATCHED})"  # noqa: S608 - the text above
COUNT_NARROWED = f"SELECT count(*) FROM ({_NARROWED})"  # noqa: S608 - the text above
