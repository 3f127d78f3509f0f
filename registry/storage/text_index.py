"""Documents found by parts of words. Kept in a file, not in memory: it grows with the registry.

The file is the process's own and gone with it, or has a name: then all processes of a machine share it, and the next
start finds it as it was. Whatever is in it can be made again, so that it is thrown away where it is spoilt.

SQLite's trigram index answers from three letters on; shorter words are looked for in what is left.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Final

import msgspec

SHORTEST: Final = 3
"""Letters of a word that the index can find."""

_PARTS: Final = 40
"""Of a misspelled name, so many parts of three letters are looked for."""

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS document (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kept BLOB NOT NULL)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(name, fields, owner, doc, tokenize='trigram', detail='full')",
    "CREATE TABLE IF NOT EXISTS standing (id INTEGER PRIMARY KEY CHECK (id = 1), told BLOB NOT NULL)",
)
_OPENING_SECONDS: Final = 5.0
_TAKEN: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
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


class Standing(msgspec.Struct, frozen=True):
    """What an index was derived from, and how far."""

    format: str
    """Of the documents: another one is made anew."""
    log: str
    """Tells the log from all others."""
    position: int
    """Of the last change that is in the index."""
    mark: str
    """Tells the entry at that position from any other."""
    purged: int
    """Position up to which deletions for good have been heard of."""
    generation: str = ""
    """Another one whenever it was begun anew."""


class IndexBusy(Exception):
    """Another process changes the index."""


class IndexSpoilt(Exception):
    """The file is no index, or cannot be read or written any more."""


class TextIndex:
    """Empty when it is made, unless its file has a name and was there. Safe to use from several threads.

    Every method may raise IndexSpoilt.
    """

    def __init__(self, file: Path | None = None) -> None:
        """Raises IndexSpoilt, IndexBusy."""
        self._lock = RLock()
        self._file = file
        self._users: int | None = None
        with _translated():
            if file is not None:
                self._users = _held(file)
            try:
                self._connection = self._connected()
            except BaseException:
                if self._users is not None:
                    os.close(self._users)
                raise

    def _connected(self) -> sqlite3.Connection:
        # without a name, SQLite's temporary database: in memory while it is small, then in a file nobody else sees
        connection = sqlite3.connect(
            self._file or "", timeout=_OPENING_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            if self._file is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")  # what is lost with the power is made again
            for statement in _TABLES:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Forget everything; what has a name stays on disk."""
        with self._lock:
            self._connection.close()
            if self._users is not None:
                os.close(self._users)
                self._users = None

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Nobody else changes the index meanwhile; all that is changed is kept, or nothing.

        Raises IndexBusy where another process's turn takes longer.
        """
        with self._lock:
            with self._asked() as connection:
                connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1_000)}")
                connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                with self._asked() as connection:
                    connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def standing(self) -> Standing | None:
        """What it was derived from; None for a new one."""
        with self._asked() as connection:
            row = connection.execute("SELECT told FROM standing").fetchone()
        try:
            return None if row is None else _standing.decode(row[0])
        except msgspec.DecodeError:
            return None

    def stand(self, standing: Standing) -> None:
        """What it is derived from now."""
        with self._asked() as connection:
            told = msgspec.msgpack.encode(standing)
            connection.execute("INSERT OR REPLACE INTO standing (id, told) VALUES (1, ?)", (told,))

    def begin_anew(self, standing: Standing) -> None:
        """Forget all documents."""
        with self._asked() as connection:
            connection.execute("DELETE FROM document")
            connection.execute("DELETE FROM words")
        self.stand(standing)

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            yield self._connection

    def put(self, document: Document) -> None:
        """Keep a document in place of the one with the same key."""
        with self._asked() as connection:
            self._drop(document.key)
            added = connection.execute("INSERT INTO document (key, kept) VALUES (?, ?)", (document.key, document.kept))
            connection.execute(
                "INSERT INTO words (rowid, name, fields, owner, doc) VALUES (?, ?, ?, ?, ?)",
                (added.lastrowid, document.name, document.fields, document.owner, document.doc),
            )

    def drop(self, key: str) -> None:
        """Forget a document, if it is known."""
        with self._asked():
            self._drop(key)

    def get(self, key: str) -> bytes | None:
        """What was kept under a key."""
        with self._asked() as connection:
            row = connection.execute("SELECT kept FROM document WHERE key = ?", (key,)).fetchone()
            return None if row is None else row[0]

    def __len__(self) -> int:
        with self._asked() as connection:
            count: int = connection.execute("SELECT count(*) FROM document").fetchone()[0]
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
        with self._asked() as connection:
            rows = connection.execute(query, values)
            return list(islice((kept for key, kept in rows if shown(key)), most))

    def like(self, name: str, most: int, shown: Callable[[str], bool] = lambda _: True) -> list[bytes]:
        """The documents whose names have most in common with this one, whatever is misspelled in it, the best first."""
        parts = list(dict.fromkeys(name[at : at + SHORTEST] for at in range(len(name) - SHORTEST + 1)))[:_PARTS]
        if not parts:
            return []
        wanted = " OR ".join(map(_quoted, parts))
        query = f"{_FIND} WHERE words MATCH ? ORDER BY {_BEST_FIRST}"
        with self._asked() as connection:
            rows = connection.execute(query, [f"name : ({wanted})"])
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


def remove(file: Path) -> None:
    """Throw a spoilt index away, if no process uses it any more."""
    with suppress(OSError):
        lock = os.open(_lock_of(file), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for ending in ("", "-wal", "-shm"):
                file.with_name(file.name + ending).unlink(missing_ok=True)
        finally:
            os.close(lock)


def _held(file: Path) -> int:
    """That the file is in use: until this is closed, nobody throws it away."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(_lock_of(file), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with suppress(FileExistsError):  # opened a second time, it would lose its locks when that is closed
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except BaseException:
        os.close(lock)
        raise
    return lock


def _lock_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-lock")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _TAKEN:
            raise IndexBusy(str(error)) from error
        raise IndexSpoilt(str(error)) from error
    except OSError as error:
        raise IndexSpoilt(str(error)) from error


_standing: Final = msgspec.msgpack.Decoder(Standing)
