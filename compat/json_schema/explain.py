"""Why a reader cannot read a writer: every keyword of the reader that refuses something the writer may write.

The walk goes down the reader's schema along what always applies (``properties``, ``items``, ``allOf``, ``$ref`` …). At
each keyword it asks the solver for a value of the *whole* writer schema that breaks this keyword at this place; the
place is part of the question, as the negation of an atom around the negation of the keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema import text
from compat.json_schema.answer import Answer, Status, maybe
from compat.json_schema.conjunction import Case, State, target
from compat.json_schema.events import Around, Events
from compat.json_schema.nodes import TRUE, Node, Op
from compat.json_schema.normal import Normal
from compat.json_schema.rules import ADDED_OR_STRICTER, RULES
from compat.json_schema.schema import Location
from compat.json_schema.solver import Solver
from compat.json_schema.values import small
from compat.json_schema.views import Views, fragment
from compat.verdict import Difference, Fragment, Incompatibility, Reason, Undecided, Witness

MAX_DEPTH: Final = 60
_STEPS_OF_A_KEYWORD: Final = 4
_ONE_BY_ONE: Final = frozenset({"properties", "required"})
"""Keywords that are not asked about as a whole, because each of their members is."""
MAX_VISITS: Final = 4
"""How often a schema that is used in several places is looked at in vain."""
MAX_IN_VAIN: Final = 300
"""How often all schemas together are looked at in vain."""

Wrap = Callable[[Node], Node]
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the walk is: a schema of the reader, what the writer says about the same values, how to get there."""

    reader: Location
    views: Views
    """The writer's schemas for the same place."""
    state: State
    """What the writer's normal form says there (less where it depends on a choice)."""
    wrap: Wrap
    """A node about a value at this place as a node about the whole event."""
    around: Around | None
    """A value at this place as a whole event; None where other parts of the event decide whether it matters."""
    path: tuple[str, ...]
    above: tuple[int, ...]

    def into(self, below: Location) -> _Here:
        """At another schema of the reader for the same value."""
        return replace(self, reader=below, above=(*self.above, id(below.raw)))


class Explanation:
    """The findings for one pair of schemas."""

    def __init__(self, reads: Normal, writes: Normal, solver: Solver, formats: tuple[tuple[bool, bool], ...]) -> None:
        self.reader, self.writer, self.solver = reads.schema, writes.schema, solver
        self.events = Events(self.writer, self.reader, solver, formats)
        self.reads = reads
        self.root: Node = writes.root
        self.cases: dict[State, Case] = {}
        self.visits: dict[tuple[int, State], int] = {}
        """How often a schema was looked at for a state without a finding; -1 once there was one, or while at it."""
        self.in_vain = 0
        """How many schemas were looked at without a finding."""
        self.skipped: _Here | None = None

    def findings(self, answer: Answer) -> Iterator[Incompatibility | Undecided]:
        """What was found; ``answer`` is what the solver says about the whole pair and stands in where nothing is."""
        here = _Here(
            self.reader.root, Views(self.writer, [self.writer.root]), frozenset({self.root}), lambda node: node,
            lambda value: value, (), (),
        )  # fmt: skip
        count = 0
        for finding in self.walk(here):
            yield finding
            count += 1
        if not count:
            witness = self.events.run(answer)
            if witness is None:
                yield self.undecided(answer, here)
                return
            yield self.incompatibility(here, "SCHEMA_NARROWED", "", None, witness)
        if self.solver.spent:
            yield self.undecided(maybe(Reason.BUDGET_SPENT, self.solver.spent), here)
        elif count and self.skipped is not None:
            doubt = maybe(Reason.BUDGET_SPENT, "not looked at from everywhere it is used")
            yield self.undecided(doubt, self.skipped)

    def walk(self, here: _Here) -> Iterator[Incompatibility | Undecided]:
        """The findings at a schema of the reader and below."""
        raw = here.reader.raw
        if not isinstance(raw, dict):
            if raw is False:
                yield from self.leaf(here, "NOTHING_ALLOWED", "", n.FALSE)
            return
        mark = (id(raw), here.state)
        visits = self.visits.get(mark, 0)
        if visits < 0:
            return
        if visits >= MAX_VISITS or self.in_vain >= MAX_IN_VAIN or len(here.above) > MAX_DEPTH:
            self.skipped = here
            return
        self.visits[mark] = -1
        found = False
        for finding in self.keywords(here):
            found = True
            yield finding
        if not found:
            self.visits[mark] = visits + 1
            self.in_vain += 1

    def keywords(self, here: _Here) -> Iterator[Incompatibility | Undecided]:
        """The findings at the keywords of a schema of the reader."""
        for keyword, node in self.reads.keywords(here.reader):
            if self.solver.spent or not self.solver.pay(_STEPS_OF_A_KEYWORD):
                return
            refused = self.case(here.state).denied(node)
            below = _BELOW.get(keyword)
            if refused is n.FALSE or (
                keyword not in _ONE_BY_ONE and self.solver.solve(*here.state, refused).status is Status.EMPTY
            ):
                continue
            if below is not None:
                yield from below(self, here, keyword, node)
            else:
                yield from self.leaf(here, self.rule_for(here, keyword), keyword, node)

    def rule_for(self, here: _Here, keyword: str) -> str:
        added, stricter = ADDED_OR_STRICTER.get(keyword, ("SCHEMA_NARROWED", "SCHEMA_NARROWED"))
        return added if here.views.keyword(keyword) is None else stricter

    def leaf(
        self, here: _Here, rule: str, keyword: str, node: Node, what: str | None = None, steps: Steps = ()
    ) -> Iterator[Incompatibility | Undecided]:
        """A finding if the writer may write something that breaks the node here."""
        witness = (
            None if here.around is None else self.events.beside(here.state, self.case(here.state), node, here.around)
        )
        if witness is None:
            answer = self.solver.solve(self.root, here.wrap(n.negate(node)))
            if answer.status is Status.EMPTY or (self.solver.spent and not answer.has_value):
                return
            witness = self.events.run(answer)
            if witness is None:
                yield self.undecided(answer, here, keyword)
                return
        if rule == "ONE_OF_NARROWED" and self.overlaps(here, node):
            rule = "ONE_OF_OVERLAP"
        yield self.incompatibility(here, rule, keyword, what, witness, steps)

    def overlaps(self, here: _Here, node: Node) -> bool:
        """Whether a oneOf refuses because values fit several branches, never because they fit none."""
        if node.op is not Op.ONE_OF:
            return False
        none = n.both(n.negate(each) for each in node.args[0])
        asked = [self.root, here.wrap(none)] if here.around is None else [*here.state, none]
        return self.solver.solve(*asked).status is Status.EMPTY

    def undecided(self, answer: Answer, here: _Here, keyword: str = "") -> Undecided:
        place = here.reader.document.place(here.reader.step(keyword) if keyword else here.reader.pointer)
        if answer.has_value and not small(answer.value):
            return Undecided(Reason.BUDGET_SPENT, "the smallest event that could prove it is too large", place)
        if answer.status is Status.FOUND:
            return Undecided(
                Reason.EXECUTORS_DISAGREE,
                f"an event was built that should break {keyword or 'the schema'}, but the validators do not both "
                f"confirm it: {_short(answer.value)}",
                place,
            )
        return Undecided(answer.reason, answer.message or "no event was found that proves it", place)

    def incompatibility(
        self, here: _Here, rule: str, keyword: str, what: str | None, witness: Witness, steps: Steps = ()
    ) -> Incompatibility:
        after = fragment(here.reader, keyword, *steps)
        before = here.views.fragment(keyword, *steps)
        where = "".join(here.path) or "the event"
        facts = RULES[rule]
        message = f"{where}: {what or _message(rule, before, after)}"
        return Incompatibility(Difference(rule, message, before, after), facts.severity, witness)

    # keywords that contain schemas

    def _reference(self, here: _Here, keyword: str, _: Node) -> Iterator[Incompatibility | Undecided]:
        target = self.reader.follow(here.reader, here.reader.raw[keyword])
        yield from self.walk(here.into(target))

    def _all_of(self, here: _Here, keyword: str, _: Node) -> Iterator[Incompatibility | Undecided]:
        for index, raw in enumerate(here.reader.raw[keyword]):
            below = self.reads.below(here.reader, raw, keyword, index)
            yield from self.walk(here.into(below))

    def _any_of(self, here: _Here, keyword: str, node: Node) -> Iterator[Incompatibility | Undecided]:
        """If one branch alone is meant for the kind of the refused value, the finding is inside that branch."""
        refused = self.solver.solve(*here.state, n.negate(node))
        if refused.has_value:
            kind = n.kind_of(refused.value)
            kind = n.NUMBER if kind & n.NUMBER else kind
            fitting = [
                (index, raw) for index, raw in enumerate(here.reader.raw[keyword])
                if self.reads.child(here.reader, raw, keyword, index).kinds & kind
                and self.solver.solve(n.kinds(kind), self.reads.child(here.reader, raw, keyword, index)).status
                is not Status.EMPTY
            ]  # fmt: skip
            if len(fitting) == 1:
                index, raw = fitting[0]
                below = self.reads.below(here.reader, raw, keyword, index)
                inside = list(self.walk(self._branch(here, below, node, kind)))
                if any(isinstance(each, Incompatibility) for each in inside):
                    yield from inside
                    rest = n.either((node, n.kinds(kind)))
                    yield from self.leaf(here, self.rule_for(here, keyword), keyword, rest)
                    return
        yield from self.leaf(here, self.rule_for(here, keyword), keyword, node)

    def _branch(self, here: _Here, below: Location, node: Node, kind: int) -> _Here:
        refusing = n.negate(node)
        return _Here(
            below, here.views, here.state | {n.kinds(kind)},
            lambda inner: here.wrap(n.both((refusing, n.kinds(kind), inner))), None, here.path,
            (*here.above, id(below.raw)),
        )  # fmt: skip

    def _properties(self, here: _Here, keyword: str, _: Node) -> Iterator[Incompatibility | Undecided]:
        for name, raw in here.reader.raw[keyword].items():
            inner = self.reads.part(here.reader, raw, keyword, name)
            if inner is TRUE or inner in self.case(here.state).members.get(name, ()):
                continue
            below = self.reads.below(here.reader, raw, keyword, name)
            atom = n.atom(Op.MEMBER, name, inner)
            asked = self.case(here.state).asked_of(name, self.solver.judge.concerns)
            if self.solver.solve(*asked, n.negate(inner)).status is Status.EMPTY:
                continue
            state = _resolved(asked)
            views = here.views.member(name, self.solver.strings.matches)
            if raw is False:
                yield from self.leaf(here, "PROPERTY_FORBIDDEN", keyword, atom, f"{name!r} is forbidden", (name,))
            elif not views.locations:
                what = f"the property {name!r} is described by the reader, the writer may have put anything there"
                yield from self.leaf(here, "PROPERTY_ADDED_TO_OPEN_MODEL", keyword, atom, what, (name,))
            else:
                yield from self.walk(_Here(
                    below, views, state, _inside(here.wrap, Op.MEMBER, name),
                    here.around and self.events.with_member(here.state, name, here.around),
                    (*here.path, _dotted(here.path, name)), (*here.above, id(raw)),
                ))  # fmt: skip

    def _required(self, here: _Here, keyword: str, _: Node) -> Iterator[Incompatibility | Undecided]:
        required = self.case(here.state).required
        for name in here.reader.raw[keyword]:
            if name in required:
                continue
            what = f"the reader requires {name!r}, the writer may leave it out"
            yield from self.leaf(here, "REQUIRED_ADDED", keyword, n.atom(Op.REQUIRED, name), what)

    def _pattern_properties(self, here: _Here, keyword: str, _: Node) -> Iterator[Incompatibility | Undecided]:
        for pattern, raw in here.reader.raw[keyword].items():
            atom = n.atom(Op.MATCHING, pattern, self.reads.part(here.reader, raw, keyword, pattern))
            what = f"properties that match {pattern!r} are narrowed by the reader"
            yield from self.leaf(here, "PATTERN_PROPERTIES_NARROWED", keyword, atom, what, (pattern,))

    def _additional_properties(self, here: _Here, keyword: str, node: Node) -> Iterator[Incompatibility | Undecided]:
        names, patterns, inner = node.args
        declared = [name for name in here.views.names() if name not in names]
        for name in declared:
            if any(self.solver.strings.matches(pattern, name) is not False for pattern in patterns):
                continue
            atom = n.atom(Op.MEMBER, name, inner)
            what = f"the writer's property {name!r} is not among the reader's, which allows no such others"
            yield from self.leaf(here, "PROPERTY_REMOVED_FROM_CLOSED_MODEL", keyword, atom, what)
        others = n.atom(Op.OTHERS, names | frozenset(declared), patterns, inner)
        rule = "ADDITIONAL_PROPERTIES_CLOSED" if inner is n.FALSE else "ADDITIONAL_PROPERTIES_NARROWED"
        yield from self.leaf(here, rule, keyword, others)

    def _items(self, here: _Here, keyword: str, node: Node) -> Iterator[Incompatibility | Undecided]:
        atoms = node.args[0] if node.op is Op.AND else (node,)
        raws = here.reader.raw[keyword]
        for atom in atoms:
            index, inner = atom.args
            steps: tuple[str | int, ...] = (index,) if isinstance(raws, list) else ()
            raw = raws[index] if isinstance(raws, list) else raws
            below = self.reads.below(here.reader, raw, keyword, *steps)
            for op, at in self._positions(here, atom):
                views = here.views.item(at)
                asked = self.case(here.state).asked_of(at, self.solver.judge.concerns)
                if self.solver.solve(*asked, n.negate(inner)).status is Status.EMPTY:
                    continue
                state = _resolved(asked)
                path = (*here.path, f"[{at}]" if op is Op.ITEM else "[]")
                if raw is False:
                    yield from self.leaf(here, "ITEMS_CLOSED", keyword, n.atom(op, at, inner), None, steps)
                elif not views.locations:
                    yield from self.leaf(here, "ITEMS_NARROWED", keyword, n.atom(op, at, inner), None, steps)
                else:
                    yield from self.walk(
                        _Here(below, views, state, _inside(here.wrap, op, at), None, path, (*here.above, id(raw)))
                    )

    def _positions(self, here: _Here, atom: Node) -> list[tuple[Op, int]]:
        """An item has one position; the rest is taken apart at the items that the writer tells apart."""
        if atom.op is Op.ITEM:
            return [(Op.ITEM, atom.args[0])]
        case = self.case(here.state)
        told = {each.args[0] for each in case.atoms if each.op is Op.ITEM and each.args[0] >= atom.args[0]}
        starts = [each.args[0] for each in case.atoms if each.op is Op.REST]
        tail = max([atom.args[0], *(index + 1 for index in told), *starts])
        return [*((Op.ITEM, index) for index in range(atom.args[0], min(tail, atom.args[0] + 50))), (Op.REST, tail)]

    def case(self, state: State) -> Case:
        """What a state says without making choices."""
        known = self.cases.get(state)
        if known is None:
            known = self.solver.base(next(iter(state))) if len(state) == 1 else None
            if known is None:
                known = Case()
                known.take(list(state))
            self.cases[state] = known
        return known


_BELOW: Final[dict[str, Callable[[Explanation, _Here, str, Node], Iterator[Incompatibility | Undecided]]]] = {
    "$ref": Explanation._reference,  # noqa: SLF001
    "allOf": Explanation._all_of,  # noqa: SLF001
    "anyOf": Explanation._any_of,  # noqa: SLF001
    "oneOf": Explanation._any_of,  # noqa: SLF001
    "properties": Explanation._properties,  # noqa: SLF001
    "required": Explanation._required,  # noqa: SLF001
    "patternProperties": Explanation._pattern_properties,  # noqa: SLF001
    "additionalProperties": Explanation._additional_properties,  # noqa: SLF001
    "items": Explanation._items,  # noqa: SLF001
    "prefixItems": Explanation._items,  # noqa: SLF001
    "additionalItems": Explanation._items,  # noqa: SLF001
}


def _resolved(nodes: Iterable[Node]) -> State:
    """A state without references at its top: the same schema is recognised however it was reached."""
    return frozenset(target(node) if node.op is Op.REF else node for node in nodes)


def _inside(wrap: Wrap, op: Op, where: Any) -> Wrap:
    return lambda inner: wrap(n.negate(n.atom(op, where, n.negate(inner))))


def _dotted(path: tuple[str, ...], name: str) -> str:
    return f".{name}" if path else name


def _message(rule: str, before: Fragment | None, after: Fragment | None) -> str:
    summary = RULES[rule].summary
    if before is not None and after is not None and before.text != after.text:
        return f"{summary} Writer: {before.text}, reader: {after.text}."
    return f"{summary} Reader: {after.text}." if after is not None and after.text else summary


def _short(value: Any) -> str:
    return text.shortened(value, 200, "...")
