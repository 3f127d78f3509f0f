"""The errors of this package, drawn as a tree.

CompatError
├── InvalidSchema            the text is not a schema of its format; says where
│   └── UnresolvedReference  a name is used that neither the text nor its references define
├── LimitExceeded            a bound on size, depth or time was passed; says which
├── InvalidPayload           a value is not an event of the schema; says where
├── UnknownField             a field is named that the schema does not have
└── InvalidCriteria          a profile, a rule or an action that does not exist; lists those that do
"""

from __future__ import annotations

from compat.verdict import Place


class CompatError(Exception):
    """Root of everything this package raises on purpose."""


class InvalidSchema(CompatError):
    """The text is not a schema of its format."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message if place is None else f"{message} (at {place})")
        self.message = message
        self.place = place


class UnresolvedReference(InvalidSchema):
    """A name is used that neither the text nor its references define."""

    def __init__(self, name: str, place: Place | None = None) -> None:
        super().__init__(f"nothing defines {name!r}: declare it in the schema, or refer to the one that does", place)
        self.name = name


class LimitExceeded(CompatError):
    """A bound was passed before the work was done."""

    def __init__(self, limit: str, bound: float, remedy: str) -> None:
        super().__init__(f"{limit} is over its limit of {bound:g}: {remedy}")
        self.limit = limit
        self.bound = bound


class InvalidPayload(CompatError):
    """A value is not an event of the schema."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(f"{message} (at {pointer or 'the root'})")
        self.message = message
        self.pointer = pointer


class UnknownField(CompatError):
    """A field is named that the schema does not have."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class InvalidCriteria(CompatError):
    """A profile, a rule or an action that does not exist; the message lists those that do."""
