"""One scope of a document: shapes are looked into and changed at places, and what stands against it is noted."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TypeAlias

from upcasters.errors import Problem
from upcasters.expression_check import member_at
from upcasters.fit import join, label
from upcasters.path import ROOT, Pointer
from upcasters.shape import ANYTHING, NULL, Anything, Member, OneOf, Record, Shape, Table, nullable, union, without_null

_Change: TypeAlias = Callable[[Member | None], Member | None]


class Scope:
    """Where operations stand in a document, and where in the event.

    Records that are made on the way are new; a ``cautious`` scope reckons with an undeclared member of that name in
    an open record.
    """

    def __init__(self, problems: list[Problem], place: str, at: Pointer = ROOT, *, cautious: bool = False) -> None:
        self._problems = problems
        self._place = place
        self._at = at
        self.cautious = cautious

    def inner(self, below: str, at: Pointer = ROOT) -> Scope:
        """The scope further down: in the document, and in the event."""
        return Scope(self._problems, self._place + below, self._at / at, cautious=self.cautious)

    def refuse(self, at: Pointer, message: str, remedy: str = "") -> None:
        """Note a problem at a place."""
        self._problems.append(Problem(self._place, str(self._at / at), message, remedy))

    def find(self, shape: Shape, at: Pointer) -> Member:
        """What stands at a place; a problem where nothing does."""
        member = member_at(shape, at.parts)
        if member is None:
            self.refuse(at, f"the old version has no member {at.name!r} here", suggestion(shape, at))
            return Member(ANYTHING, required=False)
        return member

    def edit(self, shape: Shape, at: Pointer, edit: _Change, depth: int = 0) -> Shape:
        """The shape with the member at a place changed, added or, where ``edit`` gives None, taken away."""
        name = at.parts[depth]
        last = depth == len(at.parts) - 1
        match shape:
            case Anything():
                return shape
            case OneOf(arms=arms):
                return union(*(arm if arm == NULL else self.edit(arm, at, edit, depth) for arm in arms))
            case Table(values=values):
                changed = edit(Member(values, required=False)) if last else None
                return Table(join(values, changed.shape)) if changed else shape
            case Record(members=members):
                member = members.get(name)
                undeclared = shape.open and self.cautious
                changed = edit(member) if last else self._below(member, at, edit, depth, undeclared=undeclared)
                rest = {key: value for key, value in members.items() if key != name}
                if changed is None:
                    return _with(shape, rest)
                if member is not None:
                    rest = {key: changed if key == name else value for key, value in members.items()}
                else:
                    rest[name] = changed
                return _with(shape, rest)
            case _:
                self.refuse(
                    Pointer(at.parts[:depth]), f"{label(shape)} stands where a record is needed", "name a record"
                )
                return shape

    def _below(
        self, member: Member | None, at: Pointer, edit: _Change, depth: int, *, undeclared: bool
    ) -> Member | None:
        if member is not None:
            return Member(self.edit(member.shape, at, edit, depth + 1), member.required)
        leaf = edit(None)
        if leaf is None:
            return None
        if undeclared:
            return Member(ANYTHING, leaf.required)
        made: Shape = leaf.shape
        for name in reversed(at.parts[depth + 1 :]):
            made = Record({name: Member(made)})
        return Member(made, leaf.required)

    def put(self, shape: Shape, to: Pointer, member: Member) -> Shape:
        """The shape with a new member; what stands there already may not be overwritten."""
        if not to.parts:
            return member.shape
        if isinstance(shape, Anything):
            return shape
        declared = member_at(shape, to.parts)
        if declared is not None and declared.shape != ANYTHING:
            self.refuse(to, "is there already", "remove or rename it first, or use set or default")
        self.certain_parents(shape, to)
        return self.edit(shape, to, lambda _: member)

    def certain_parents(self, shape: Shape, to: Pointer) -> None:
        """A problem where a record around a place may be absent or null."""
        for depth in range(1, len(to.parts)):
            parent = member_at(shape, to.parts[:depth])
            if parent is None or isinstance(parent.shape, Anything):
                return
            at = Pointer(to.parts[:depth])
            if not parent.required or nullable(parent.shape):
                self.refuse(
                    to,
                    f"{at} may be absent or null",
                    f"write in: {{at: {at}, ops: [...]}}, or default: {{at: {at}, value: {{}}}} first",
                )
                return

    def move(self, shape: Shape, source: Pointer, to: Pointer) -> Shape:
        """The shape with a member at another place."""
        member = self.find(shape, source)
        if not source.parts:
            return _made(to, member.shape)
        taken = self.edit(shape, source, lambda _: None) if member_at(shape, source.parts) else shape
        if source.parent == to.parent and to.parts:
            if (declared := member_at(taken, to.parts)) is not None and declared.shape != ANYTHING:
                self.refuse(to, "is there already", "remove or rename it first")
            holder = member_at(taken, to.parent.parts)
            required = member.required or (holder is not None and self._declares(shape, source))
            return self.edit(taken, to, lambda _: Member(member.shape, required))
        return self.put(taken, to, member)

    def _declares(self, shape: Shape, source: Pointer) -> bool:
        """Whether the member itself is always there once its record is."""
        holder = member_at(shape, source.parent.parts)
        if holder is None:
            return False
        inner = member_at(without_null(holder.shape), (source.name,))
        return inner is not None and inner.required

    def change_value(self, shape: Shape, at: Pointer, change: Callable[[Shape], Shape]) -> Shape:
        """The shape with the values at a place changed; null stays null and absent absent."""
        member = self.find(shape, at)
        changed = change(without_null(member.shape))
        changed = union(changed, NULL) if nullable(member.shape) else changed
        if not at.parts:
            return changed
        return self.edit(shape, at, lambda found: found and Member(changed, found.required))


def suggestion(shape: Shape, at: Pointer) -> str:
    """What to write in place of a name that is not there."""
    holder = member_at(shape, at.parent.parts)
    bare = without_null(holder.shape) if holder else None
    if not isinstance(bare, Record):
        return "name a member of the old version; items of lists are reached by each"
    close = get_close_matches(at.name, bare.members, 1)
    if close:
        return f"did you mean {at.parent / close[0]}?"
    return f"it has {', '.join(list(bare.members)[:8]) or 'none'}"


def _with(record: Record, members: dict[str, Member]) -> Record:
    return Record(members, open=record.open, name=record.name)


def _made(to: Pointer, shape: Shape) -> Shape:
    for name in reversed(to.parts):
        shape = Record({name: Member(shape)})
    return shape
