"""What the solver says about a state: a value that fulfils it, that there is none, or that it does not know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from compat.verdict import Reason


class Status(IntEnum):
    """How sure an answer is."""

    FOUND = 0
    MAYBE = 1
    EMPTY = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one state. A MAYBE can carry a value that is worth trying."""

    status: Status
    value: Any = None
    has_value: bool = False
    reason: Reason = Reason.NO_WITNESS
    message: str = ""


EMPTY: Final = Answer(Status.EMPTY)


def found(value: Any) -> Answer:
    """A value that fulfils the state."""
    return Answer(Status.FOUND, value, has_value=True)


def maybe(reason: Reason, message: str) -> Answer:
    """Not known, and no value to try."""
    return Answer(Status.MAYBE, None, has_value=False, reason=reason, message=message)


def tentative(value: Any, doubt: Answer) -> Answer:
    """A value worth trying, with the doubt about it."""
    return Answer(Status.MAYBE, value, has_value=True, reason=doubt.reason, message=doubt.message)


def better(left: Answer, right: Answer) -> Answer:
    """The answer that says more about whether there is a value in the union of two states."""
    if right.status is not left.status:
        return left if left.status < right.status else right
    return right if right.has_value and not left.has_value else left
