"""A whole registry as one file: the log as JSON lines, compressed with gzip, between a header and a trailer.

The trailer counts the entries and holds the SHA-256 of everything before it, so that a file that was cut off or changed
is recognised before anything is done with it. Both directions work on a stream, in constant memory.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from registry.errors import DamagedArchive
from registry.events import Line

FORMAT: Final = 1
_COMPRESSION: Final = 6
_LONGEST_LINE: Final = 128_000_000
"""Bytes of one entry: requests of the default size make entries of a tenth of it at the most."""
_GZIP: Final = 31
"""``wbits`` of zlib for a gzip stream with the largest window."""


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    format: int
    lineal: str
    """The version that wrote it."""
    created: str
    position: int
    """Of the last entry: how many there are."""


class Trailer(msgspec.Struct, frozen=True):
    """The last line."""

    entries: int
    sha256: str
    """Of all bytes before this line, uncompressed."""


def write(header: Header, lines: Iterable[Line]) -> Iterator[bytes]:
    """The file, piece by piece."""
    squeeze, digest = zlib.compressobj(_COMPRESSION, zlib.DEFLATED, _GZIP), hashlib.sha256()
    count = 0

    def squeezed(value: object) -> bytes:
        text = msgspec.json.encode(value) + b"\n"
        digest.update(text)
        return squeeze.compress(text)

    yield squeezed(header)
    for line in lines:
        count += 1
        if piece := squeezed(line):
            yield piece
    yield squeeze.compress(msgspec.json.encode(Trailer(count, digest.hexdigest())) + b"\n")
    yield squeeze.flush()


def header(file: Path) -> Header:
    """What a file says about itself. Raises DamagedArchive, OSError."""
    with gzip.open(file) as source:
        try:
            return _header(_next(source))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DamagedArchive(f"{file} is no export of a registry: {error}") from error


def read(file: Path) -> Iterator[Line]:
    """The entries of a file. Raises DamagedArchive at the first thing that is wrong, at the end at the latest."""
    try:
        with gzip.open(file) as source:
            yield from _read(source)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedArchive(f"{file} is cut off or changed: {error}") from error


def verify(file: Path) -> Iterator[Line]:
    """The same, for who only wants to know whether it is whole: every event is decoded too."""
    for line in read(file):
        line.entry()
        yield line


def _read(source: gzip.GzipFile) -> Iterator[Line]:
    first = _next(source)
    wanted, digest, count = _header(first), hashlib.sha256(first), 0
    last = b""
    while text := _next(source):
        if last:
            digest.update(last)
            count += 1
            yield _line(last, count)
        last = text
    try:
        trailer = msgspec.json.decode(last, type=Trailer)
    except msgspec.DecodeError as error:
        raise DamagedArchive(f"the last line is no trailer, so the file is cut off after {count:,} entries") from error
    if (trailer.entries, trailer.sha256) != (count, digest.hexdigest()) or count != wanted.position:
        raise DamagedArchive(
            f"the checksum of the {count:,} entries is not the one in the trailer: the file has been changed"
        )


def _next(source: gzip.GzipFile) -> bytes:
    """The next line. Raises DamagedArchive for one that no export has, before it fills the memory."""
    text = source.readline(_LONGEST_LINE)
    if len(text) == _LONGEST_LINE and not text.endswith(b"\n"):
        raise DamagedArchive(f"a line is longer than {_LONGEST_LINE:,} bytes: this is no export of a registry")
    return text


def _header(text: bytes) -> Header:
    try:
        found = msgspec.json.decode(text, type=Header)
    except msgspec.DecodeError as error:
        raise DamagedArchive("the first line is no header: this is no export of a registry") from error
    if found.format != FORMAT:
        raise DamagedArchive(
            f"the file has format {found.format} and this version of lineal reads {FORMAT}: "
            f"use the version that wrote it ({found.lineal}) or a newer one"
        )
    return found


def _line(text: bytes, number: int) -> Line:
    try:
        line = msgspec.json.decode(text, type=Line)
    except msgspec.DecodeError as error:
        raise DamagedArchive(f"entry {number:,} is not readable: {error}") from error
    if line.position != number:
        raise DamagedArchive(f"entry {number:,} says that it is entry {line.position:,}")
    return line
