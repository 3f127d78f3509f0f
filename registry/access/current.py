"""The caller on whose behalf code runs.

It is set once, where a request comes in, and asked in two places, where the store reads and where it appends to the
log. So no service and no handler can forget to ask (decision 8). Whatever runs outside a request (the command line,
threads that keep caches up to date) is the registry itself and sees everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from registry.access.roles import (
    ANONYMOUS_NAME,
    EVERY_CONTEXT,
    NOTHING,
    WHOLE,
    WHOLE_REGISTRY,
    Grant,
    Role,
    View,
    view,
)
from registry.errors import Forbidden, Unauthenticated
from registry.model import Subject


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks, with what that somebody may do. Made once per principal and set of grants."""

    name: str
    grants: tuple[Grant, ...]
    view: View
    groups: tuple[str, ...] = ()
    key_id: str = ""
    """The key it showed, if it did."""
    expires: float = float("inf")
    """Seconds since 1970 until which what it showed is good."""

    def may(self, role: Role, target: Subject | None) -> bool:
        """Whether it may do what a role allows to a subject or to a context as a whole; None: to anything at all."""
        return any(grant.role.includes(role) and (target is None or grant.covers(target)) for grant in self.grants)

    def require(self, role: Role, target: Subject | None, action: str) -> None:
        """Raises Forbidden unless it may; Unauthenticated where nobody has said who asks."""
        if self.may(role, target):
            return
        if self.name == ANONYMOUS_NAME:
            raise Unauthenticated
        if target is None:
            where = "any subject"
        else:
            where = "the whole registry" if target in WHOLE_REGISTRY else f"subject '{target}'"
        raise Forbidden(action, role, where)


def caller(
    name: str, grants: tuple[Grant, ...], groups: tuple[str, ...] = (), key_id: str = "", expires: float = float("inf")
) -> Caller:
    """A caller with the view that its grants give."""
    return Caller(name, grants, view(grants), groups, key_id, expires)


OPEN: Final = Caller(ANONYMOUS_NAME, (Grant(ANONYMOUS_NAME, Role.ADMIN, EVERY_CONTEXT),), WHOLE)
"""Everybody, where access control is off; and the registry itself."""

NOBODY: Final = Caller(ANONYMOUS_NAME, (), NOTHING)

_current: Final[ContextVar[Caller]] = ContextVar("lineal_caller", default=OPEN)


def current() -> Caller:
    """On whose behalf this code runs."""
    return _current.get()


@contextmanager
def acting(who: Caller) -> Iterator[None]:
    """Run a block on behalf of a caller."""
    token = _current.set(who)
    try:
        yield
    finally:
        _current.reset(token)


def named(subject: Subject) -> str:
    """A subject as the current caller may hear of it."""
    return f"'{subject}'" if current().view.shows(subject) else "a subject that you may not see"
