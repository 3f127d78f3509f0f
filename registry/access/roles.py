"""Roles over areas of subjects: what a principal may see, and what it may change.

A grant gives a role over the subjects of a context (or of every context) whose names begin with a prefix. A role
includes the weaker ones. There are no denials: what no grant allows is not allowed, and what may not be seen is absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from registry.errors import InvalidRequest
from registry.model import ACCESS, DEFAULT, GLOBAL_CONTEXT, Subject, context_name

EVERY_CONTEXT: Final = "*"
ANONYMOUS_NAME: Final = "anonymous"
GROUP: Final = "group:"
"""What the name of a group begins with, so that no single principal can be called like one."""

_LONGEST_NAME: Final = 200


class Role(StrEnum):
    """What a principal may do in an area. The role reader is no reader: that is a build that declares what it reads."""

    READER = "reader"
    """See subjects, check candidates, upcast events."""
    DEVELOPER = "developer"
    """And register versions, publish and withdraw upcasters."""
    ADMIN = "admin"
    """And configure, set modes, force, import and delete. Over everything: also keys and grants."""

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def includes(self, other: Role) -> bool:
        """Whether whoever has this role may do what the other allows."""
        return self.rank >= other.rank


_RANKS: Final = {Role.READER: 0, Role.DEVELOPER: 1, Role.ADMIN: 2}


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role of a principal (or of a group: ``group:name``) over an area."""

    principal: str
    role: Role
    context: str = EVERY_CONTEXT
    prefix: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether it covers the whole registry, with the settings of everything."""
        return self.context == EVERY_CONTEXT and not self.prefix

    def covers(self, target: Subject) -> bool:
        """Whether a subject, or a context as a whole, is in the area."""
        if target in WHOLE_REGISTRY:
            return self.everywhere
        if self.context not in (EVERY_CONTEXT, target.context):
            return False
        return not self.prefix if target.is_context else target.name.startswith(self.prefix)

    def __str__(self) -> str:
        subjects = f"subjects that begin with {self.prefix!r}" if self.prefix else "every subject"
        where = "every context" if self.context == EVERY_CONTEXT else f"the context {self.context}"
        return f"{self.principal} has the role {self.role} over {subjects} in {where}"


WHOLE_REGISTRY: Final = frozenset({DEFAULT, Subject(GLOBAL_CONTEXT), ACCESS})
"""What stands for all contexts together: settings of everything, keys and grants."""


def grant(principal: str, role: str, context: str = EVERY_CONTEXT, prefix: str = "") -> Grant:
    """A grant from what a person has written. Raises InvalidRequest, InvalidContext."""
    if role not in Role.__members__.values():
        raise InvalidRequest(f"'{role}' is no role: choose {', '.join(Role)}")
    if "\0" in prefix or "*" in prefix:
        raise InvalidRequest(f"'{prefix}' is no beginning of a subject's name: write it without stars")
    where = context if context == EVERY_CONTEXT else context_name(context)
    return Grant(principal_name(principal, groups=True), Role(role), where, prefix)


def principal_name(text: str, *, groups: bool = False) -> str:
    """A name that may stand in the log. Raises InvalidRequest.

    ``groups``: whether it may be that of a group, or of callers who have not said who they are.
    """
    if not 0 < len(text) <= _LONGEST_NAME or not text.isprintable() or text != text.strip() or ":" in text[:1]:
        raise InvalidRequest(f"{text[:40]!r} is no principal's name: write up to {_LONGEST_NAME} printable characters")
    if not groups and (text.startswith(GROUP) or text == ANONYMOUS_NAME):
        raise InvalidRequest(f"'{text}' cannot be a principal: it stands for many")
    return text


Area: TypeAlias = tuple[str, str]
"""Context (or every) and prefix."""


@dataclass(frozen=True, slots=True)
class View:
    """What a caller may see of the registry."""

    areas: frozenset[Area]
    access: bool = False
    """Whether keys, grants and their history are in it."""
    tag: bytes = field(init=False, compare=False)
    """Names this view among all others: answers that are kept ready are kept per view."""

    def __post_init__(self) -> None:
        spelt = [f"{context}\0{prefix}" for context, prefix in sorted(self.areas)]
        object.__setattr__(self, "tag", "\1".join([*spelt, str(self.access)]).encode("utf-8", "surrogatepass"))

    @property
    def whole(self) -> bool:
        """Whether every subject is in it."""
        return (EVERY_CONTEXT, "") in self.areas

    def shows(self, subject: Subject) -> bool:
        """Whether a subject, or the settings of a context as a whole, may be seen."""
        if subject == ACCESS:
            return self.access
        if subject.is_context:
            return subject in WHOLE_REGISTRY or self.enters(subject.context)
        return self.whole or any(
            context in (EVERY_CONTEXT, subject.context) and subject.name.startswith(prefix)
            for context, prefix in self.areas
        )

    def enters(self, context: str) -> bool:
        """Whether a context may be known by its name, whatever is in it."""
        return self.whole or any(where == context for where, _ in self.areas)


WHOLE: Final = View(frozenset({(EVERY_CONTEXT, "")}), access=True)
NOTHING: Final = View(frozenset())


def view(grants: Iterable[Grant]) -> View:
    """What all these grants together let somebody see; areas within others are left out."""
    grants = tuple(grants)
    areas = {(grant.context, grant.prefix) for grant in grants}
    widest = frozenset(area for area in areas if not any(_within(area, other) for other in areas - {area}))
    return View(widest, access=any(grant.everywhere and grant.role is Role.ADMIN for grant in grants))


def _within(area: Area, other: Area) -> bool:
    same = other[0] == area[0] or (other[0] == EVERY_CONTEXT and not other[1])
    return same and area[1].startswith(other[1])
