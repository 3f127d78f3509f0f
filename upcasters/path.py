"""Addresses in an event: JSON pointers (RFC 6901) over the names of members, without array indexes or wildcards.

Items of arrays are reached by the operation ``each``, arms of unions by ``branch``; so a pointer names one place.
"""

from __future__ import annotations

from typing import Final

from upcasters.errors import InvalidDocument

MAXIMUM_DEPTH: Final = 32
"""Longest pointer, in segments."""


class Pointer:
    """A place in an event: the names of members from the scope's root. Empty for the root itself.

    Written out rather than a dataclass, so that msgspec leaves its reading to us.
    """

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __init__(self, parts: tuple[str, ...] = ()) -> None:
        object.__setattr__(self, "parts", parts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a pointer does not change: cannot set {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pointer) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"Pointer.parse({str(self)!r})"

    @classmethod
    def parse(cls, text: str) -> Pointer:
        """Read the string form. Raises InvalidDocument."""
        if text == "":
            return ROOT
        if not text.startswith("/"):
            raise InvalidDocument(f"{text!r} is no JSON pointer", remedy=f"write {'/' + text.replace('.', '/')!r}")
        parts = tuple(_unescape(part, text) for part in text[1:].split("/"))
        if len(parts) > MAXIMUM_DEPTH:
            raise InvalidDocument(f"{text[:80]!r} is deeper than {MAXIMUM_DEPTH} segments", remedy="flatten the event")
        return cls(parts)

    def __str__(self) -> str:
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in self.parts)

    def __truediv__(self, other: str | Pointer) -> Pointer:
        more = other.parts if isinstance(other, Pointer) else (other,)
        return Pointer(self.parts + more)

    @property
    def parent(self) -> Pointer:
        """The place this one is a member of; the root is its own parent."""
        return Pointer(self.parts[:-1])

    @property
    def name(self) -> str:
        """The last segment; empty for the root."""
        return self.parts[-1] if self.parts else ""

    def within(self, other: Pointer) -> bool:
        """Whether this place is ``other`` or lies below it."""
        return self.parts[: len(other.parts)] == other.parts


ROOT: Final = Pointer()


def _unescape(part: str, text: str) -> str:
    rest = part.replace("~0", "").replace("~1", "")
    if "~" in rest:
        raise InvalidDocument(f"{text!r} has a '~' that is neither '~0' nor '~1'", remedy="write '~0' for '~'")
    return part.replace("~1", "/").replace("~0", "~")
