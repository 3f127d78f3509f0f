"""Documents found by parts of words. Kept in a file of this process, not in its memory: it grows with the registry.

SQLite's trigram index answers from three letters on; shorter words are looked for in what is left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Final

SHORTEST: Final = 3
"""Letters of a word that the index can find."""

_PARTS: Final = 40
"""Of a misspelled name, so many parts of three letters are looked for."""

_TABLES: Final = """
    CREATE TABLE document (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kept BLOB NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(name, fields, owner, doc, tokenize = 'trigram', detail = 'full');
"""
_FIND: Final = "SELECT key, kept FROM words JOIN document ON document.id = words.rowid"
_BEST_FIRST: Final = "bm25(words, 10.0, 5.0, 3.0, 1.0)"


@dataclass(frozen=True, slots=True)
class Document:
    """What is found, and by what; all texts case folded."""

    key: str
    name: str
    fields: str
    owner: str
    doc: str
    kept: bytes
    """What the finder gets."""


class TextIndex:
    """Empty when it is made, gone when it is closed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        # SQLite's temporary database: in memory while it is small, then in a file that nobody else sees
        self._connection = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._connection.close()

    def put(self, document: Document) -> None:
        """Keep a document in place of the one with the same key."""
        with self._lock:
            self._drop(document.key)
            added = self._connection.execute(
                "INSERT INTO document (key, kept) VALUES (?, ?)", (document.key, document.kept)
            )
            self._connection.execute(
                "INSERT INTO words (rowid, name, fields, owner, doc) VALUES (?, ?, ?, ?, ?)",
                (added.lastrowid, document.name, document.fields, document.owner, document.doc),
            )

    def drop(self, key: str) -> None:
        """Forget a document, if it is known."""
        with self._lock:
            self._drop(key)

    def get(self, key: str) -> bytes | None:
        """What was kept under a key."""
        with self._lock:
            row = self._connection.execute("SELECT kept FROM document WHERE key = ?", (key,)).fetchone()
            return None if row is None else row[0]

    def __len__(self) -> int:
        with self._lock:
            count: int = self._connection.execute("SELECT count(*) FROM document").fetchone()[0]
            return count

    def find(self, words: Sequence[str], most: int, shown: Callable[[str], bool] = lambda _: True) -> list[bytes]:
        """The documents in which every word is a part of something, the best first, ``most`` of them at the most.

        ``shown``: whether the document with a key counts at all.
        """
        if not words:
            return []
        conditions, values, order = [], [], "words.name"
        if long := [word for word in words if len(word) >= SHORTEST]:
            conditions, values, order = ["words MATCH ?"], [_phrases(long)], _BEST_FIRST
        for word in words:
            if len(word) < SHORTEST:
                conditions.append("instr(words.name || char(10) || fields || char(10) || owner || char(10) || doc, ?)")
                values.append(word)
        wanted = " AND ".join(conditions)
        query = f"{_FIND} WHERE {wanted} ORDER BY {order}"
        with self._lock:
            rows = self._connection.execute(query, values)
            return list(islice((kept for key, kept in rows if shown(key)), most))

    def like(self, name: str, most: int, shown: Callable[[str], bool] = lambda _: True) -> list[bytes]:
        """The documents whose names have most in common with this one, whatever is misspelled in it, the best first."""
        parts = list(dict.fromkeys(name[at : at + SHORTEST] for at in range(len(name) - SHORTEST + 1)))[:_PARTS]
        if not parts:
            return []
        wanted = " OR ".join(map(_quoted, parts))
        query = f"{_FIND} WHERE words MATCH ? ORDER BY {_BEST_FIRST}"
        with self._lock:
            rows = self._connection.execute(query, [f"name : ({wanted})"])
            return list(islice((kept for key, kept in rows if shown(key)), most))

    def _drop(self, key: str) -> None:
        row = self._connection.execute("DELETE FROM document WHERE key = ? RETURNING id", (key,)).fetchone()
        if row is not None:
            self._connection.execute("DELETE FROM words WHERE rowid = ?", row)


def _phrases(words: Sequence[str]) -> str:
    """A query of the index: each word as it stands, all of them."""
    return " AND ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return f'"{word.replace(chr(34), chr(34) * 2)}"'
