"""Whether a value fulfils a node: exact, three-valued where something is not understood.

A string that is not of a format leaves ``format`` open: as an annotation it holds, as an assertion it does not. A
*reading* says which of the two is meant, format by format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.formats import KNOWN_FORMATS, conforms
from compat.json_schema.nodes import Node, Op
from compat.json_schema.values import key

MAX_DEPTH: Final = 160
_MAX_OPEN_FORMATS: Final = 4

Reading = Mapping[str, bool]
"""Whether ``format`` holds for a string that is not of the format, by the name of the format."""
ASSERTED: Final[Reading] = dict.fromkeys(KNOWN_FORMATS, False)

Matcher = Callable[[str, str], bool | None]
"""(pattern, text): whether the pattern is found in the text; None if nobody knows."""


class Evaluator:
    """Judges values. ``matches`` is asked about patterns, ``spend`` is called per node."""

    def __init__(self, matches: Matcher, spend: Callable[[], None], *, asserted: bool = False) -> None:
        """``asserted``: a string that is not of a format does not fulfil it; otherwise that stays open."""
        self.matches = matches
        self._spend = spend
        self._reading: Reading = ASSERTED if asserted else {}
        self._open: set[str] = set()
        """Formats that were left open since somebody looked."""

    def fulfils(self, nodes: Sequence[Node], value: Any) -> bool | None:
        """Whether all nodes hold for the value under one reading of the formats that they leave open."""
        self._open.clear()
        held = self._all(nodes, value, 0)
        names = sorted(self._open)
        if held is not None or not names or len(names) > _MAX_OPEN_FORMATS:
            return held
        results = [self._under(dict(zip(names, choice, strict=True)), nodes, value)
                   for choice in product((True, False), repeat=len(names))]  # fmt: skip
        return True if True in results else (None if None in results else False)

    def _under(self, reading: Reading, nodes: Sequence[Node], value: Any) -> bool | None:
        usual, self._reading = self._reading, reading
        try:
            return self._all(nodes, value, 0)
        finally:
            self._reading = usual

    def holds(self, node: Node, value: Any, depth: int = 0) -> bool | None:
        """Whether the node holds for the value; None if that is not known."""
        self._spend()
        if depth > MAX_DEPTH:
            return None
        op = node.op
        if op is Op.TRUE or op is Op.FALSE:
            return op is Op.TRUE
        if op is Op.KINDS:
            return bool(node.args[0] & n.kind_of(value))
        if op is Op.NOT:
            return _negative(self.holds(node.args[0], value, depth + 1))
        if op is Op.AND:
            return self._all(node.args[0], value, depth)
        if op is Op.OR:
            return _negative(self._none(node.args[0], value, depth))
        if op is Op.ONE_OF:
            return self._one(node.args[0], value, depth)
        if op is Op.REF:
            return self.holds(node.target(), value, depth + 1) if node.target else None
        if op is Op.VALUES:
            return key(value) in node.args[0]
        if op is Op.OPAQUE:
            return None
        if not node.group & n.kind_of(value):
            return True
        return _ATOMS[op](self, node.args, value, depth)

    def _all(self, nodes: Sequence[Node], value: Any, depth: int) -> bool | None:
        result: bool | None = True
        for each in nodes:
            held = self.holds(each, value, depth + 1)
            if held is False:
                return False
            result = result if held else None
        return result

    def _none(self, nodes: tuple[Node, ...], value: Any, depth: int) -> bool | None:
        result: bool | None = True
        for each in nodes:
            held = self.holds(each, value, depth + 1)
            if held is True:
                return False
            result = result if held is False else None
        return result

    def _one(self, nodes: tuple[Node, ...], value: Any, depth: int) -> bool | None:
        held = [self.holds(each, value, depth + 1) for each in nodes]
        if held.count(True) > 1:
            return False
        return None if None in held else held.count(True) == 1

    def _member(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        name, node = args
        return self.holds(node, value[name], depth + 1) if name in value else True

    def _matching(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        pattern, node = args
        return self._every(((self.matches(pattern, name), inner) for name, inner in value.items()), node, depth)

    def _others(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        names, patterns, node = args
        return self._every(
            ((self.is_other(name, names, patterns), inner) for name, inner in value.items()), node, depth
        )

    def concerns(self, atom: Node, name: str | int) -> bool | None:
        """Whether MATCHING or OTHERS speaks about a member, REST about an item; None if that is not known."""
        if isinstance(name, int):
            return bool(atom.op is Op.REST and atom.args[0] <= name)
        if atom.op is Op.REST:
            return False
        if atom.op is Op.MATCHING:
            return self.matches(atom.args[0], name)
        return self.is_other(name, atom.args[0], atom.args[1])

    def is_other(self, name: str, names: frozenset[str], patterns: frozenset[str]) -> bool | None:
        """Whether a member is left to ``additionalProperties``."""
        if name in names:
            return False
        found = [self.matches(pattern, name) for pattern in patterns]
        if True in found:
            return False
        return None if None in found else True

    def _every(self, members: Any, node: Node, depth: int) -> bool | None:
        result: bool | None = True
        for concerned, inner in members:
            if concerned is False:
                continue
            held = self.holds(node, inner, depth + 1)
            if held is False and concerned:
                return False
            if not held:
                result = None
        return result

    def _names(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        return self._every(((True, name) for name in value), args[0], depth)

    def _item(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        index, node = args
        return self.holds(node, value[index], depth + 1) if index < len(value) else True

    def _rest(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        index, node = args
        return self._every(((True, item) for item in value[index:]), node, depth)

    def _contains(self, args: tuple[Any, ...], value: Any, depth: int) -> bool | None:
        node, low, high = args
        held = [self.holds(node, item, depth + 1) for item in value]
        least, most = held.count(True), len(held) - held.count(False)
        if most < low or (high is not None and least > high):
            return False
        return True if least >= low and (high is None or most <= high) else None

    def pattern(self, args: tuple[Any, ...], value: Any, _: int) -> bool | None:
        return self.matches(args[0], value)

    def format(self, args: tuple[Any, ...], value: Any, _: int) -> bool | None:
        name = args[0]
        held = conforms(name, value)
        if held is not False or name in self._reading:
            return held if held is not False else self._reading[name]
        self._open.add(name)
        return None


def _negative(held: bool | None) -> bool | None:  # noqa: FBT001
    return None if held is None else not held


def _minimum(_: Evaluator, args: tuple[Any, ...], value: Any, __: int) -> bool:
    return Fraction(value) > args[0] or (Fraction(value) == args[0] and not args[1])


def _maximum(_: Evaluator, args: tuple[Any, ...], value: Any, __: int) -> bool:
    return Fraction(value) < args[0] or (Fraction(value) == args[0] and not args[1])


_ATOMS: Final[dict[Op, Callable[[Evaluator, tuple[Any, ...], Any, int], bool | None]]] = {
    Op.MINIMUM: _minimum,
    Op.MAXIMUM: _maximum,
    Op.MULTIPLE: lambda _, args, value, __: Fraction(value) % args[0] == 0,
    Op.MIN_LENGTH: lambda _, args, value, __: len(value) >= args[0],
    Op.MAX_LENGTH: lambda _, args, value, __: len(value) <= args[0],
    Op.PATTERN: Evaluator.pattern,
    Op.FORMAT: Evaluator.format,
    Op.ITEM: Evaluator._item,  # noqa: SLF001
    Op.REST: Evaluator._rest,  # noqa: SLF001
    Op.CONTAINS: Evaluator._contains,  # noqa: SLF001
    Op.MIN_ITEMS: lambda _, args, value, __: len(value) >= args[0],
    Op.MAX_ITEMS: lambda _, args, value, __: len(value) <= args[0],
    Op.UNIQUE: lambda _, __, value, ___: len({key(item) for item in value}) == len(value),
    Op.MEMBER: Evaluator._member,  # noqa: SLF001
    Op.MATCHING: Evaluator._matching,  # noqa: SLF001
    Op.OTHERS: Evaluator._others,  # noqa: SLF001
    Op.REQUIRED: lambda _, args, value, __: args[0] in value,
    Op.NAMES: Evaluator._names,  # noqa: SLF001
    Op.MIN_MEMBERS: lambda _, args, value, __: len(value) >= args[0],
    Op.MAX_MEMBERS: lambda _, args, value, __: len(value) <= args[0],
}
