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

_ONE = frozenset({Op.MEMBER, Op.ITEM})
_WIDER = frozenset({Op.MATCHING, Op.OTHERS, Op.REST})


class Case:
    """One conjunction. Built by one owner, then read only."""

    __slots__ = ("allowed", "atoms", "choices", "excluded", "mask", "members", "opaque", "required", "seen", "wider")

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
        self.members: dict[str | int, tuple[Node, ...]] = {}
        """What MEMBER atoms say, by name, and ITEM atoms, by index."""
        self.required: set[str | int] = set()
        """Names and indices that must be there."""
        self.wider: list[Node] = []
        """MATCHING, OTHERS and REST atoms."""

    def copy(self) -> Case:
        twin = Case.__new__(Case)
        twin.mask = self.mask
        twin.atoms, twin.choices = self.atoms.copy(), self.choices.copy()
        twin.allowed, twin.excluded = self.allowed.copy(), self.excluded.copy()
        twin.opaque, twin.seen = self.opaque.copy(), self.seen.copy()
        twin.members, twin.required, twin.wider = self.members.copy(), self.required.copy(), self.wider.copy()
        return twin

    def take(self, todo: list[Node]) -> bool:
        """Take nodes in; False once they contradict each other."""
        seen = self.seen
        while todo:
            node = todo.pop()
            if node is TRUE or node in seen:
                continue
            if node is FALSE or node.opposite in seen:
                return False
            seen.add(node)
            self._take(node, todo)
            if not self.mask:
                return False
        return True

    def _take(self, node: Node, todo: list[Node]) -> None:
        op = node.op
        if op is Op.MEMBER:  # most are
            self.atoms.append(node)
            name, said = node.args
            self.members[name] = (*self.members.get(name, ()), said)
        elif node.group:
            if op is Op.NOT:
                self.mask &= node.group
            self.atoms.append(node)
            self._index(node)
        elif op is Op.AND:
            todo.extend(reversed(node.args[0]))
        elif op is Op.OR:
            self.choices.append(node)
        elif op is Op.KINDS:
            self.mask &= node.args[0]
        elif op is Op.REF:
            todo.append(target(node))
        elif op is Op.ONE_OF:
            todo.append(n.spread(node, self.mask))
        elif op is Op.VALUES:
            self.allowed.append(node)
            self.mask &= node.kinds
        elif op is Op.OPAQUE:
            self.opaque.append(node)
        else:
            self._take_negation(node, node.args[0], todo)

    def _index(self, node: Node) -> None:
        inner = node.args[0] if node.op is Op.NOT else node
        if inner.op is Op.MEMBER or inner.op is Op.ITEM:
            name, said = inner.args
            if node.op is Op.NOT:
                self.required.add(name)
                said = n.negate(said)
            self.members[name] = (*self.members.get(name, ()), said)
        elif node.op is Op.REQUIRED:
            self.required.add(node.args[0])
        elif node.op in _WIDER:
            self.wider.append(node)

    def asked_of(self, name: str | int, concerns: Callable[[Node, str | int], bool | None]) -> list[Node]:
        """What is surely asked of the member of a name, or of the item at an index, if there is one."""
        asked = list(self.members.get(name, ()))
        asked += [atom.args[-1] for atom in self.wider if concerns(atom, name)]
        return asked

    def _take_negation(self, node: Node, inner: Node, todo: list[Node]) -> None:
        if inner.op is Op.VALUES:
            self.excluded.append(inner)
        elif inner.op is Op.REF:
            todo.append(self.denied(target(inner)))
        elif inner.op is Op.ONE_OF:
            todo.append(n.spread(node, self.mask))
        else:
            self.opaque.append(node)

    def grants(self, node: Node) -> bool:
        """Whether what is said plainly makes a node true."""
        if node is TRUE or node in self.seen:
            return True
        if node.op is Op.AND:
            return all(map(self.grants, node.args[0]))
        if node.op is Op.KINDS:
            return not self.mask & ~node.args[0]
        if node.op in _ONE:
            name, said = node.args
            return any(implies(each, said) for each in self.members.get(name, ()))
        return node.op is Op.OTHERS and self._covered(node)

    def denied(self, node: Node) -> Node:
        """What holds where the node does not, for values that fulfil what is said: FALSE if it holds for all."""
        if node.op is not Op.AND:
            return FALSE if self.grants(node) else n.negate(node)
        open_ = [part for part in node.args[0] if not self.grants(part)]
        return n.negate(node) if len(open_) == len(node.args[0]) else n.either(map(n.negate, open_))

    def impossible(self, member: Node) -> bool:
        """Whether a member plainly contradicts what is said about a property that must be there."""
        parts = member.args[0] if member.op is Op.AND else (member,)
        # A demand on a property binds objects only: other kinds of values fulfil it without having any.
        is_object = not self.mask & member.kinds & ~n.OBJECT
        needed = {part.args[0] for part in parts if part.op is Op.REQUIRED} | self.required if is_object else set()
        for part in parts:
            if part.op is Op.MEMBER and part.args[0] in needed:
                said = part.args[1]
                if said is FALSE or any(disjoint(each, said) for each in self.members.get(part.args[0], ())):
                    return True
            elif part.op is Op.REQUIRED:
                if is_object and FALSE in self.members.get(part.args[0], ()):
                    return True
            elif part.op is Op.NOT and part.args[0].op in _ONE:
                name, inner = part.args[0].args
                if any(implies(each, inner) for each in self.members.get(name, ())):
                    return True
            elif part.op is Op.NOT and part.args[0].op is Op.OTHERS and self._covered(part.args[0]):
                return True
        return False

    def _covered(self, others: Node) -> bool:
        """Whether what is said about other members plainly makes an OTHERS true."""
        names, patterns, said = others.args
        return any(
            each.op is Op.OTHERS and each.args[0] <= names and each.args[1] <= patterns and implies(each.args[2], said)
            for each in self.wider
        )

    def settles(self, member: Node) -> bool:
        """Whether what is said about a property that must be there plainly makes a member true."""
        if member.op is not Op.NOT or member.args[0].op not in _ONE:
            return False
        name, inner = member.args[0].args
        return name in self.required and any(disjoint(each, inner) for each in self.members.get(name, ()))

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
            if member.opposite in self.seen or self.impossible(member):
                continue
            if self.mask in (n.OBJECT, n.ARRAY) and self.settles(member):
                return None
            left.append(member)
        return left


def target(node: Node) -> Node:
    """What a reference means."""
    if node.target is None:
        raise TypeError("not a reference")
    return node.target()


class Branches:
    """The cases that are still to be looked at, depth first; a case is copied only when it is needed again."""

    def __init__(self, first: Case) -> None:
        self._stack: list[tuple[Case, list[Node], int]] = [(first, [], 0)]

    def add(self, case: Case, members: list[Node]) -> None:
        """Look at a case with each of the members, in their order."""
        if members:
            self._stack.append((case, members, 0))

    def next(self) -> tuple[Case, list[Node], bool] | None:
        """A case, what must be taken in first, and whether the case is needed again; None when there are no more.

        A case that is needed again must be copied before something is taken in.
        """
        if not self._stack:
            return None
        case, members, index = self._stack.pop()
        needed_again = index + 1 < len(members)
        if needed_again:
            self._stack.append((case, members, index + 1))
        return case, members[index : index + 1], needed_again


def cases(state: State, spend: Callable[[int], Any]) -> Iterator[Case]:
    """The cases of a state. Choices stay open in a case whose values are listed: they are judged value by value."""
    first = Case()
    if not first.take(list(state)):
        return
    branches = Branches(first)
    while (following := branches.next()) is not None:
        case, todo, needed_again = following
        spend(1 + len(case.atoms) // 8)
        case = case.copy() if needed_again else case
        if not case.take(todo):
            continue
        members = None if case.allowed else smallest_choice(case)
        if members is None:
            yield case
        else:
            branches.add(case, members)


def smallest_choice(case: Case) -> list[Node] | None:
    """The open members of the choice that branches least; choices that are settled are dropped. None if all are."""
    best: list[Node] | None = None
    rank = (True, 0)
    settled: set[Node] = set()
    for choice in case.choices:
        members = case.open_members(choice)
        if members is None:
            settled.add(choice)
            continue
        # Alternatives of the writer tell much and settle many refusals of the reader: they are taken first.
        own = (len(members) > 1 and members[-1].op is Op.NOT, len(members))
        if best is None or own < rank:
            best, rank = members, own
            if len(best) <= 1:
                break
    if settled:
        case.choices = [choice for choice in case.choices if choice not in settled]
    return best


def disjoint(left: Node, right: Node) -> bool:
    """Whether two nodes plainly exclude each other: by kind or by listed values."""
    if not left.kinds & right.kinds or left.opposite is right:
        return True
    return left.op is right.op is Op.VALUES and not left.args[0] & right.args[0]


def implies(left: Node, right: Node) -> bool:
    """Whether one node plainly implies another."""
    if left is right or right is TRUE:
        return True
    if right.op is Op.KINDS:
        return not left.kinds & ~right.args[0]
    return left.op is right.op is Op.VALUES and left.args[0] <= right.args[0]
