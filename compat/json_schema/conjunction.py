"""States and their cases: what must hold at once, with every choice made.

A *state* is a set of nodes that all must hold for one value. Its *cases* are conjunctions without choices left: a mask
of kinds, atoms by the kinds they speak about, values that are allowed or excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from compat.json_schema import nodes as n
from compat.json_schema.nodes import FALSE, TRUE, Node, Op

State = frozenset[Node]


class Case:
    """One conjunction. Built by one owner, then read only."""

    __slots__ = ("allowed", "atoms", "choices", "excluded", "mask", "opaque", "seen")

    def __init__(self) -> None:
        self.mask = n.EVERY
        self.atoms: list[Node] = []
        """Atoms and negated atoms."""
        self.choices: list[Node] = []
        """OR nodes that are not decided yet."""
        self.allowed: list[Node] = []
        """VALUES nodes: the value is in all of them."""
        self.excluded: list[Node] = []
        """VALUES nodes: the value is in none of them."""
        self.opaque: list[Node] = []
        self.seen: set[Node] = set()

    def copy(self) -> Case:
        twin = Case.__new__(Case)
        twin.mask = self.mask
        twin.atoms, twin.choices = self.atoms.copy(), self.choices.copy()
        twin.allowed, twin.excluded = self.allowed.copy(), self.excluded.copy()
        twin.opaque, twin.seen = self.opaque.copy(), self.seen.copy()
        return twin

    def take(self, todo: list[Node]) -> bool:
        """Take nodes in; False once they contradict each other."""
        seen = self.seen
        while todo:
            node = todo.pop()
            if node is TRUE or node in seen:
                continue
            if node is FALSE or n.negate(node) in seen:
                return False
            seen.add(node)
            self._take(node, todo)
            if not self.mask:
                return False
        return True

    def _take(self, node: Node, todo: list[Node]) -> None:
        op = node.op
        if node.group:
            if op is Op.NOT:
                self.mask &= node.group
            self.atoms.append(node)
        elif op is Op.AND:
            todo.extend(reversed(node.args[0]))
        elif op is Op.OR:
            self.choices.append(node)
        elif op is Op.KINDS:
            self.mask &= node.args[0]
        elif op is Op.REF:
            todo.append(target(node))
        elif op is Op.ONE_OF:
            todo.append(n.spread(node))
        elif op is Op.VALUES:
            self.allowed.append(node)
            self.mask &= node.kinds
        elif op is Op.OPAQUE:
            self.opaque.append(node)
        else:
            self._take_negation(node, node.args[0], todo)

    def _take_negation(self, node: Node, inner: Node, todo: list[Node]) -> None:
        if inner.op is Op.VALUES:
            self.excluded.append(inner)
        elif inner.op is Op.REF:
            todo.append(n.negate(target(inner)))
        elif inner.op is Op.ONE_OF:
            todo.append(n.spread(node))
        else:
            self.opaque.append(node)

    def open_members(self, choice: Node) -> list[Node] | None:
        """The members of a choice that are still possible; None if one of them holds already."""
        left: list[Node] = []
        for member in choice.args[0]:
            if member in self.seen:
                return None
            if member.op is Op.KINDS and not self.mask & ~member.args[0]:
                return None
            if member.group:
                if member.op is not Op.NOT and not member.group & self.mask:
                    return None
                if member.op is Op.NOT and not member.group & self.mask:
                    continue
            elif not member.kinds & self.mask:
                continue
            if n.negate(member) not in self.seen:
                left.append(member)
        return left


def target(node: Node) -> Node:
    """What a reference means."""
    if node.target is None:
        raise TypeError("not a reference")
    return node.target()


def cases(state: State, order: list[Node], spend: Callable[[], Any]) -> Iterator[Case]:
    """The cases of a state. Choices stay open in a case whose values are listed: they are judged value by value."""
    first = Case()
    if not first.take(list(reversed(order)) if order else list(state)):
        return
    stack: list[tuple[Case, list[Node]]] = [(first, [])]
    while stack:
        case, todo = stack.pop()
        spend()
        if not case.take(todo):
            continue
        if case.allowed:
            yield case
            continue
        members = _smallest_choice(case)
        if members is None:
            yield case
            continue
        for index in range(len(members) - 1, -1, -1):
            branch = case if index == 0 else case.copy()
            stack.append((branch, [members[index]]))


def _smallest_choice(case: Case) -> list[Node] | None:
    """The open members of the choice that branches least; choices that are settled are dropped. None if all are."""
    best: list[Node] | None = None
    settled: list[Node] = []
    for choice in case.choices:
        members = case.open_members(choice)
        if members is None:
            settled.append(choice)
        elif best is None or len(members) < len(best):
            best = members
            if len(best) <= 1:
                break
    if settled:
        case.choices = [choice for choice in case.choices if choice not in settled]
    return best
