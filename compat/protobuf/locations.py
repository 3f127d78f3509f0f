"""Comments and positions of a file's declarations, looked up when somebody asks.

A file has several locations per line, and a check needs a handful of them. So they are not read through the runtime's
messages, of which each costs ten microseconds: the encoded list is walked once for the paths (descriptor.proto,
``SourceCodeInfo.Location``: path 1, packed), and only what is asked for is parsed.
"""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo

from compat.protobuf.varints import read_varint, varint
from compat.verdict import Imported, Place

_PATH_TAG = 0x0A
_LONG = 0x80


class Source:
    """One file's comments and positions."""

    __slots__ = ("_encoded", "_file", "_main", "_spans")

    def __init__(self, file: FileDescriptorProto, *, main: bool) -> None:
        self._file = file
        self._main = main
        self._encoded = b""
        self._spans: dict[bytes, tuple[int, int]] | None = None

    def doc(self, path: tuple[int, ...]) -> str:
        location = self._at(path)
        if location is None:
            return ""
        text = (location.leading_comments or location.trailing_comments).strip()
        if self._file.package == "google.protobuf":
            text = text.partition("\n\n")[0]  # the bundled files explain themselves over pages
        return "\n".join(line.strip() for line in text.splitlines())

    def place(self, path: tuple[int, ...], name: str) -> Place:
        """Lines only for the definition's own text: those of another file are told with its name."""
        if (location := self._at(path)) is None:
            return Place(name)
        line, column = location.span[0] + 1, location.span[1] + 1
        return (
            Place(name, line, column) if self._main else Place(name, imported=Imported(self._file.name, line, column))
        )

    def _at(self, path: tuple[int, ...]) -> SourceCodeInfo.Location | None:
        if self._spans is None:
            self._encoded = self._file.source_code_info.SerializeToString()
            self._spans = _spans(self._encoded)
        span = self._spans.get(b"".join(map(varint, path)))
        return None if span is None else SourceCodeInfo.Location.FromString(self._encoded[span[0] : span[1]])


def _spans(encoded: bytes) -> dict[bytes, tuple[int, int]]:
    """Where the location of each path begins and ends; of several the last."""
    found: dict[bytes, tuple[int, int]] = {}
    at, end = 0, len(encoded)
    while at < end:  # lengths of one byte, nearly all of them, without a call
        size, start = (encoded[at + 1], at + 2) if encoded[at + 1] < _LONG else read_varint(encoded, at + 1)
        at = start + size
        if size and encoded[start] == _PATH_TAG:
            length = encoded[start + 1]
            length, first = (length, start + 2) if length < _LONG else read_varint(encoded, start + 1)
            found[encoded[first : first + length]] = (start, at)
    return found
