"""The branches of a reader's union by kind and by name, and the promotions between kinds."""

from __future__ import annotations

from typing import Final

from compat.avro.schema import Enum, Fixed, Named, Node, Primitive, Record, Union, short_name

PROMOTIONS: Final = frozenset(
    {
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("string", "bytes"),
        ("bytes", "string"),
    }
)
"""Writer and reader kinds of the specification's promotions."""

TARGETS: Final = {
    kind: tuple(target for source, target in sorted(PROMOTIONS) if source == kind) for kind, _ in PROMOTIONS
}


class Branches:
    """The branches of a reader union by kind and by name: unions of a thousand types must not cost a million looks."""

    def __init__(self, union: Union) -> None:
        self.kinds: dict[str, list[int]] = {}
        self.full: dict[tuple[str, str], int] = {}
        self.plain = _is_plain(union)
        self._short: dict[str, list[int]] = {}
        self._alias: dict[str, list[int]] = {}
        for index, branch in enumerate(union.branches):
            self.kinds.setdefault(branch.kind, []).append(index)
            if isinstance(branch, Record | Enum | Fixed):
                self.full.setdefault((branch.kind, branch.name), index)
                self._short.setdefault(short_name(branch.name), []).append(index)
                for alias in branch.aliases:
                    self._alias.setdefault(alias, []).append(index)

    def named(self, writer: Named) -> list[int]:
        """Branches of any kind with a writer's unqualified name, or an alias that is its full name, in order."""
        return sorted({*self._short.get(short_name(writer.name), ()), *self._alias.get(writer.name, ())})

    def literal(self, writer: Node) -> list[int]:
        """The branches that may match a writer's type, in order."""
        if isinstance(writer, Record | Enum | Fixed):
            return self.named(writer)
        found = list(self.kinds.get(writer.kind, ()))
        for target in TARGETS.get(writer.kind, ()):
            found += self.kinds.get(target, ())
        return sorted(found)


def _is_plain(union: Union) -> bool:
    """Whether all branches are primitive and none can be taken for a later one by promotion."""
    before: set[str] = set()
    for branch in union.branches:
        if not isinstance(branch, Primitive) or before.intersection(TARGETS.get(branch.kind, ())):
            return False
        before.add(branch.kind)
    return True


class Index:
    """The branches of the unions of one schema, each union looked through once."""

    def __init__(self) -> None:
        self._known: dict[Union, Branches] = {}

    def of(self, union: Union) -> Branches:
        found = self._known.get(union)
        if found is None:
            found = self._known[union] = Branches(union)
        return found
