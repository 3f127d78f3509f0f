"""The whole log, out of this registry and into another one: exports, imports, and what a follower copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final

from registry import archive
from registry.archive import FORMAT, Header
from registry.errors import NotEmpty
from registry.events import Line
from registry.model import ANONYMOUS, Subject
from registry.service.upkeep import Progress
from registry.storage.store import Store

_AT_ONCE: Final = 500


class Transfer:
    """Copies entries as they are kept: with their positions, times, actors and untouched payloads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lines(self, after: int, limit: int) -> tuple[list[Line], int]:
        """Entries after a position, and the position of the last one of all."""
        with self._store.read() as reading:
            last = reading.position()
            return reading.lines(after=after, last=last, limit=limit), last

    def export(self, progress: Progress | None = None) -> Iterator[bytes]:
        """The file of the whole log up to now, piece by piece; what is appended meanwhile is not in it."""
        with self._store.read() as reading:
            last = reading.position()
        header = Header(FORMAT, version("lineal"), datetime.now(UTC).isoformat(timespec="seconds"), last)
        return archive.write(header, self._until(last, progress))

    def _until(self, last: int, progress: Progress | None) -> Iterator[Line]:
        after = 0
        while after < last:
            # a short transaction each: the log is only ever added to, and a reader may be slow
            with self._store.read() as reading:
                found = reading.lines(after=after, last=last, limit=_AT_ONCE)
            yield from found
            after = found[-1].position
            if progress is not None:
                progress(after, last)

    def restore(self, file: Path, progress: Progress | None = None) -> int:
        """Take over an export: all of it or nothing; the number of entries.

        The file is read twice: nothing is written before its checksum has been found right.
        Raises NotEmpty, DamagedArchive, UnknownEvent, OperationNotPermitted, OSError.
        """
        self._require_empty()
        total = archive.header(file).position
        for _ in _counted(archive.verify(file), 0, 2 * total, progress):
            pass
        with self._store.write(ANONYMOUS) as writing:
            if position := writing.position():
                raise NotEmpty(position)
            lines = _counted(archive.read(file), total, 2 * total, progress)
            while copied := list(islice(lines, _AT_ONCE)):
                writing.adopt(copied, told=False)
        return total

    def held(self, subject: Subject) -> dict[int, bool]:
        """The versions of a subject itself, aliases aside: number, and whether it is deleted softly."""
        with self._store.read() as reading:
            return dict(reading.numbers(subject))

    def adopt(self, lines: Sequence[Line]) -> None:
        """Append the next entries of the log that is followed. Raises UnknownEvent, DamagedArchive."""
        with self._store.maintain() as writing:
            writing.adopt(lines)

    def _require_empty(self) -> None:
        with self._store.read() as reading:
            if position := reading.position():
                raise NotEmpty(position)


def _counted(lines: Iterator[Line], before: int, total: int, progress: Progress | None) -> Iterator[Line]:
    """Tell of every so many lines; ``before`` is what was done already."""
    done = before
    for done, line in enumerate(lines, before + 1):
        yield line
        if progress is not None and done % _AT_ONCE == 0:
            progress(done, total)
    if progress is not None:
        progress(done, total)
