"""Content negotiation as the protocol has it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

PROTOCOL: Final = "application/vnd.schemaregistry.v1+json"
JSON: Final = "application/json"

_PRODUCED: Final = ((PROTOCOL, 1.0), ("application/vnd.schemaregistry+json", 0.9), (JSON, 0.5))
"""With the server's quality."""

_CONSUMED: Final = frozenset({*(media for media, _ in _PRODUCED), "application/octet-stream"})


@lru_cache(1_024)
def produced(accept: bytes) -> str | None:
    """The media type of the answer; None when the client accepts none of them (406)."""
    if not accept.strip():
        return PROTOCOL
    wanted = [_quality(part) for part in accept.decode("latin-1").split(",") if part.strip()]
    best, score = None, 0.0
    for media, quality in _PRODUCED:
        liked = max((q for pattern, q in wanted if _matches(pattern, media)), default=0.0)
        if liked * quality > score:
            best, score = media, liked * quality
    return best


def consumed(content_type: bytes) -> bool:
    """Whether a body of this type is read as JSON; a body without a type is."""
    media = content_type.decode("latin-1").split(";")[0].strip().lower()
    return not media or media in _CONSUMED


def _quality(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return media.lower(), float(value)
            except ValueError:
                return media.lower(), 0.0
    return media.lower(), 1.0


def _matches(pattern: str, media: str) -> bool:
    return pattern in {"*/*", "*", media} or (pattern.endswith("/*") and media.startswith(pattern[:-1]))
