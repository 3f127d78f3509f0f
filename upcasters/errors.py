"""The errors of this package, drawn as a tree.

UpcastersError
├── InvalidDocument      the text is no upcaster; says where in the document and what to do
│   └── InvalidExpression  an expression does not parse or does not type; says at which character
├── NotPortable          something cannot be written in a target language; says what and why
├── NoChain              no upcasters lead from one version to the other; says where the gap is
├── Tampered             what the registry served does not have the hash it is named by
├── UpcastFailed         an event could not be brought over; says subject, versions, operation and pointer
│   └── EventRefused     an operation ``fail`` refused the event; carries the author's reason
├── NotAPayload          a chain that renames, splits or drops events was asked for a payload alone
└── RegistryRefused      the registry answered with an error; carries its code and message
    └── RegistryUnreachable  the registry did not answer
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class UpcastersError(Exception):
    """Root of everything this package raises on purpose. It can be pickled, to come from another process."""

    def __reduce__(self) -> tuple[Callable[..., UpcastersError], tuple[Any, ...]]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[UpcastersError], message: tuple[Any, ...], fields: dict[str, Any]) -> UpcastersError:
    error = kind.__new__(kind, *message)
    error.__dict__.update(fields)
    return error


class InvalidDocument(UpcastersError):
    """The text is no upcaster."""

    def __init__(self, message: str, pointer: str = "", remedy: str = "") -> None:
        super().__init__(f"{message} (at {pointer or 'the root'})" + (f": {remedy}" if remedy else ""))
        self.message = message
        self.pointer = pointer
        """Into the document: ``/ops/2/rename/at``."""
        self.remedy = remedy


class InvalidExpression(InvalidDocument):
    """An expression does not parse or does not type."""

    def __init__(self, message: str, position: int = 0, pointer: str = "", remedy: str = "") -> None:
        super().__init__(f"{message}, character {position + 1} of the expression", pointer, remedy)
        self.reason = message
        self.position = position
        """Characters from the start of the expression, from 0."""

    def located(self, pointer: str) -> InvalidExpression:
        """The same error, at its place in a document."""
        return InvalidExpression(self.reason, self.position, pointer, self.remedy)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps an upcaster from joining two shapes: the operation, the place in the event, and what to do."""

    place: str
    """Pointer into the document: ``/ops/2/rename``; ``/ops`` when the result as a whole does not fit."""
    pointer: str
    """Pointer into the event."""
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message} (at {self.pointer or 'the root'} of the event)"
        return f"{text}: {self.remedy}" if self.remedy else text


class NotPortable(UpcastersError):
    """Something cannot be written in a target language."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"not portable to {target}: {reason}")
        self.target = target
        self.reason = reason


class NoChain(UpcastersError):
    """No upcasters lead from one version to the other."""


class Tampered(UpcastersError):
    """What the registry served does not have the hash it is named by."""


class UpcastFailed(UpcastersError):
    """An event could not be brought from one version to the next."""

    def __init__(self, subject: str, versions: tuple[int, int], place: str, pointer: str, reason: str) -> None:
        source, target = versions
        where = f"{place} at {pointer or 'the root'}" if place else f"at {pointer or 'the root'}"
        super().__init__(f"{subject} v{source}->v{target}, {where}: {reason}")
        self.subject = subject
        self.source = source
        self.target = target
        self.place = place
        """The operation, as a pointer into the document: ``/ops/2/rename``; empty if the event itself is at fault."""
        self.pointer = pointer
        """Into the event as the previous operation left it."""
        self.reason = reason


class EventRefused(UpcastFailed):
    """An operation ``fail`` refused the event."""


class NotAPayload(UpcastersError):
    """A chain that renames, splits or drops events was asked for a payload alone."""


class RegistryRefused(UpcastersError):
    """The registry answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message


class RegistryUnreachable(RegistryRefused):
    """The registry did not answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(0, reason)
