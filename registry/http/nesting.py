"""How deep a request body may nest: looked at before it is decoded, so that no decoder has to survive it."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import Any, Final

from litestar import Request

from registry.errors import BodyTooDeep

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
"""A string that is never closed goes on to the end: were it no token, each quote in it would be tried as its beginning,
and the time would grow with the square of the body."""
_OPENING: Final = frozenset({b"[", b"{"})
_CLOSING: Final = frozenset({b"]", b"}"})


def bounded(limit: int) -> type[Request[Any, Any, Any]]:
    """The class of requests whose body nests at most ``limit`` levels; a schema's text is a string and does not."""

    class Bounded(Request[Any, Any, Any]):
        async def body(self) -> bytes:
            """Without the mark that some editors and shells put before UTF-8. Raises BodyTooDeep."""
            found = (await super().body()).removeprefix(BOM_UTF8)
            require_shallow(found, limit)
            return found

    return Bounded


def require_shallow(body: bytes, limit: int) -> None:
    """Raises BodyTooDeep where arrays and objects of a JSON text nest deeper than ``limit``."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return
    depth = 0
    for found in _TOKENS.finditer(body):
        token = found[0]
        if token in _OPENING:
            depth += 1
            if depth > limit:
                raise BodyTooDeep(limit)
        elif token in _CLOSING:
            depth -= 1
