"""Files of events, one after another: JSON lines, Avro object container files, Parquet; each read from any event on,
and written so that a job that is broken off can go on at what it marked last.

Avro needs fastavro, Parquet duckdb.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec

from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.shape import ANYTHING, Shape

LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes of one JSON event, at most."""
SUFFIXES: Final = {".jsonl": "json", ".ndjson": "json", ".avro": "avro", ".parquet": "parquet"}


class Source(Protocol):
    """Stored events, in order: a line or a row as JSON text in bytes, or an Avro datum."""

    @property
    def size(self) -> int:
        """Bytes."""

    def events(self, after: int = 0) -> Iterator[Any]:
        """All of them, or those after the first so many. Raises UpcastersError where a file is not what it seems."""

    def done(self) -> int:
        """About how many bytes are read."""


class Target(Protocol):
    """Where events are put, each with the number of the stored event that it stands for."""

    def write(self, event: Any, place: int, /) -> None:
        """Put an event behind the others: a tree of values, or JSON text in bytes."""

    def mark(self) -> int:
        """Bring all to the disk; the bytes from which another target of the same file can go on."""

    def finish(self, path: Path) -> None:
        """Give the file its name, now that it is whole."""

    def close(self) -> None:
        """Leave the file as it is."""


def kind(path: Path) -> str:
    """The kind of a file by its suffix. Raises UpcastersError."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise UpcastersError(f"{path}: events are read from .jsonl, .ndjson, .avro and .parquet files") from None


def source(path: Path, shape: Shape = ANYTHING) -> Source:
    """The events of a file; ``shape`` is theirs, which says where an empty column of Parquet is null and not absent."""
    match kind(path):
        case "json":
            return JsonLines(path)
        case "avro":
            return AvroFile(path)
        case _:
            from upcasters.integrations.parquet_rows import ParquetRows

            return ParquetRows([path], shape)


def target(path: Path, *, schema: Any = None, shape: Shape = ANYTHING, written: int = 0, marker: bytes = b"") -> Target:
    """A file of events in the making, beside ``path``: an Avro file of a schema, or one whose events have a shape.

    Raises UpcastersError, NotPortable where the shape has no columns for Parquet.
    """
    partial = partial_of(path)
    match kind(path):
        case "json":
            return JsonLinesTarget(partial, written)
        case "avro":
            return AvroTarget(partial, schema, written, marker)
        case _:
            from upcasters.integrations.parquet_rows import ParquetTarget

            return ParquetTarget(partial, None, shape, written)


def partial_of(path: Path) -> Path:
    """Where a file is while it is not whole."""
    return path.with_name(f"{path.name}.partial")


class _File:
    """A file whose events are read, and how far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = 0

    @property
    def size(self) -> int:
        return self._path.stat().st_size

    def done(self) -> int:
        return self._done


class JsonLines(_File):
    """A file with one JSON text a line; empty lines are none."""

    def events(self, after: int = 0) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            yield from islice(self._lines(file), after, None)

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            self._done += len(line)
            if len(line) > LONGEST_LINE:
                raise UpcastersError(f"{self._path}, line {number}: longer than {LONGEST_LINE} bytes")
            line = line.strip()
            if line:
                yield line


class AvroFile(_File):
    """An Avro object container file; one block of it is in memory at a time."""

    def events(self, after: int = 0) -> Iterator[Any]:
        import fastavro

        try:
            with self._path.open("rb") as file:
                for block in fastavro.block_reader(file):
                    if after < block.num_records:
                        yield from islice(block, after, None)
                    after = max(after - block.num_records, 0)
                    self._done = file.tell()
        except (ValueError, EOFError, TypeError, LookupError, fastavro.schema.SchemaParseException) as error:
            raise UpcastersError(f"{self._path} is no whole Avro object container file: {error}") from error


class FileTarget:
    """A file in the making; what stands behind the first ``written`` bytes is forgotten."""

    def __init__(self, partial: Path, written: int = 0) -> None:
        self._partial = partial
        self._file = partial.open("r+b" if written else "w+b")
        self._file.truncate(written)
        self._file.seek(written)

    def mark(self) -> int:
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def finish(self, path: Path) -> None:
        self.mark()
        self.close()
        self._settle(path)

    def close(self) -> None:
        self._file.close()

    def _settle(self, path: Path) -> None:
        """Make of the whole partial file the one of the name."""
        self._partial.replace(path)


class JsonLinesTarget(FileTarget):
    """JSON lines in the making."""

    def write(self, event: Any, _place: int, /) -> None:
        self._file.write(event if isinstance(event, bytes) else ENCODER.encode(event))
        self._file.write(b"\n")


class AvroTarget(FileTarget):
    """An Avro object container file in the making.

    ``marker`` are the 16 bytes between its blocks, the same in every run of a job. Raises UpcastersError for a schema
    that is none.
    """

    def __init__(self, partial: Path, schema: Any, written: int = 0, marker: bytes = b"") -> None:
        import fastavro
        from fastavro.write import Writer

        super().__init__(partial, written)
        try:
            self._writer = Writer(self._file, fastavro.parse_schema(schema), codec="deflate", sync_marker=marker)
        except fastavro.schema.SchemaParseException as error:
            raise UpcastersError(f"this is no Avro schema: {error}") from error

    def write(self, event: Any, _place: int, /) -> None:
        self._writer.write(event)

    def mark(self) -> int:
        self._writer.flush()
        return super().mark()


def json_reader(subject: str, versions: tuple[int, int], *, exact: bool = True) -> Callable[[bytes], Any]:
    """A reader of lines of JSON; with ``exact``, numbers that no float holds are Decimal. It raises UpcastFailed."""
    decode = msgspec.json.Decoder(float_hook=number if exact else None).decode

    def read(line: bytes) -> Any:
        try:
            return decode(line)
        except (ValueError, RecursionError, msgspec.DecodeError) as error:
            raise UpcastFailed(subject, versions, "", "", f"not JSON: {error}") from error

    return read


def number(text: str) -> float | Decimal:
    """A JSON number that is not whole: as a float if that is exact. Raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is out of range")
    exact = Decimal(text)
    return value if Decimal(repr(value)) == exact else exact


ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
"""Writes payloads as JSON with exact numbers."""
