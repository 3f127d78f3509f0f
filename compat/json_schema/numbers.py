"""Numbers that fulfil bounds, multiples and exclusions: exact, on fractions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Final, TypeAlias

from compat.json_schema import nodes as n
from compat.json_schema.answer import EMPTY, Answer, found, maybe
from compat.json_schema.nodes import Node, Op
from compat.json_schema.text import number
from compat.verdict import Reason

MAX_TRIES: Final = 2_000

Bound: TypeAlias = int | Fraction


class _Numbers:
    """The demands on a number, read from atoms and their negations."""

    def __init__(self, atoms: list[Node], excluded: set[Fraction]) -> None:
        self.low: Bound | None = None
        self.high: Bound | None = None
        self.low_open = self.high_open = False
        self.multiple: Fraction | None = None
        self.not_multiples: list[Fraction] = []
        self.excluded = excluded
        for atom in atoms:
            self._take(atom)

    def _take(self, atom: Node) -> None:
        negative = atom.op is Op.NOT
        inner = atom.args[0] if negative else atom
        op = inner.op
        if op is Op.MULTIPLE:
            if negative:
                self.not_multiples.append(inner.args[0])
            else:
                divisor = inner.args[0]
                self.multiple = divisor if self.multiple is None else common_multiple(self.multiple, divisor)
            return
        bound, is_open = inner.args[0], inner.args[1] is not negative
        if bound.denominator == 1:
            bound = bound.numerator  # whole numbers are compared many times faster
        if (op is Op.MINIMUM) is not negative:
            self._above(bound, is_open)
        else:
            self._below(bound, is_open)

    def _above(self, bound: Bound, is_open: bool) -> None:  # noqa: FBT001
        if self.low is None or bound > self.low or (bound == self.low and is_open):
            self.low, self.low_open = bound, is_open

    def _below(self, bound: Bound, is_open: bool) -> None:  # noqa: FBT001
        if self.high is None or bound < self.high or (bound == self.high and is_open):
            self.high, self.high_open = bound, is_open

    def within(self, value: Fraction) -> bool:
        if self.low is not None and (value < self.low or (value == self.low and self.low_open)):
            return False
        return self.high is None or value < self.high or (value == self.high and not self.high_open)

    def fits(self, value: Fraction) -> bool:
        return (
            self.within(value)
            and value not in self.excluded
            and (self.multiple is None or value % self.multiple == 0)
            and not any(value % each == 0 for each in self.not_multiples)
        )


def common_multiple(left: Fraction, right: Fraction) -> Fraction:
    """The smallest positive number that is a multiple of both."""
    denominator = lcm(left.denominator, right.denominator)
    a, b = left.numerator * (denominator // left.denominator), right.numerator * (denominator // right.denominator)
    return Fraction(a * b // gcd(a, b), denominator)


def solve(mask: int, atoms: list[Node], excluded: set[Fraction]) -> Answer:
    """A number of the kinds in ``mask`` that fulfils the atoms and is none of the excluded ones."""
    demands = _Numbers(atoms, excluded)
    result = EMPTY
    if mask & (n.INTEGER | n.FLOAT_INTEGER):
        step = common_multiple(demands.multiple or Fraction(1), Fraction(1))
        result = _lattice(demands, step)
        if result.has_value:
            return found(result.value if mask & n.INTEGER else Decimal(f"{result.value}.0"))
    if mask & n.FRACTION:
        if demands.multiple is None:
            fraction = _dense(demands)
        elif demands.multiple.denominator == 1:
            fraction = EMPTY
        else:
            demands.not_multiples.append(Fraction(1))
            fraction = _lattice(demands, demands.multiple)
        if fraction.has_value or result is EMPTY:
            return fraction
    return result


def _lattice(demands: _Numbers, step: Fraction) -> Answer:
    """A multiple of ``step``: near zero, near the ends, then all of them if they are few."""
    if any(step % each == 0 for each in demands.not_multiples):
        return EMPTY
    first = None if demands.low is None else ceil(demands.low / step)
    last = None if demands.high is None else floor(demands.high / step)
    if first is not None and last is not None and first > last:
        return EMPTY
    tries = _indices(first, last, demands, step)
    for _, index in zip(range(MAX_TRIES), tries, strict=False):
        if demands.fits(index * step):
            return found(number(index * step))
    if first is not None and last is not None and last - first < MAX_TRIES // 2:
        return EMPTY
    return maybe(Reason.BUDGET_SPENT, "too many numbers would have to be tried")


def _indices(first: int | None, last: int | None, demands: _Numbers, step: Fraction) -> Iterator[int]:
    """Multiples to try, readable ones first; every one where both ends are given."""
    inside = [i for i in (0, 1, -1, 2) if (first is None or i >= first) and (last is None or i <= last)]
    yield from inside
    period = 1
    for each in demands.not_multiples:
        period = lcm(period, int(common_multiple(step, each) / step))
    if first is not None and last is not None and last - first < MAX_TRIES // 2:
        yield from range(first, last + 1)
        return
    start = first if first is not None else (last if last is not None else 0)
    sign = 1 if first is not None or last is None else -1
    yield from (start + sign * offset for offset in range(4))
    for offset in range(MAX_TRIES // 4):
        yield start + sign * offset
        around = start + sign * (offset + 1) * period
        yield around - around % period + 1
    if last is not None and first is not None:
        for offset in range(MAX_TRIES // 4):
            yield last - offset


def _dense(demands: _Numbers) -> Answer:
    """A number that is no integer, where no multiple is asked for."""
    low, high = (None if each is None else Fraction(each) for each in (demands.low, demands.high))
    if low is not None and high is not None and low >= high:
        point = low == high and not demands.low_open and not demands.high_open
        if point and low.denominator != 1 and demands.fits(low):
            return found(number(low))
        return EMPTY
    for value in _fractions(low, high):
        if value.denominator != 1 and demands.fits(value):
            return found(number(value))
    return maybe(Reason.BUDGET_SPENT, "too many numbers would have to be tried")


def _fractions(low: Fraction | None, high: Fraction | None) -> Iterator[Fraction]:
    yield Fraction(1, 2)
    if low is not None and high is not None:
        width = high - low
        for power in range(1, 40):
            for part in (1, 3):
                yield low + width * Fraction(part, 2**power)
            yield low + width * Fraction(7, 10**power)
        yield low
        yield high
        return
    base = low if low is not None else (high if high is not None else Fraction(0))
    sign = 1 if high is None else -1
    for power in range(1, 40):
        yield base + sign * Fraction(1, 2**power)
        yield base + sign * (power + Fraction(1, 2))
        yield base + sign * Fraction(7, 10**power)
    yield base
