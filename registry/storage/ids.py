"""Which id a schema has in its context, or gets: the next one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

from registry.model import Metadata, RuleSet

SchemaKey: TypeAlias = tuple[str, str]
"""A context, and the canonical digest of a schema."""

Given: TypeAlias = tuple[Metadata | None, RuleSet | None, int]
"""An id, and with what metadata and rules the schema has it."""


class Ids:
    """The ids that some schemas have, as far as that was asked."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._given: dict[SchemaKey, list[Given]] = {}

    def unknown(self, keys: Iterable[SchemaKey]) -> set[SchemaKey]:
        """Of which it was not asked yet."""
        return {key for key in keys if key not in self._given}

    def learn(
        self, keys: Collection[SchemaKey], last: Iterable[tuple[str, int]], given: Iterable[tuple[SchemaKey, Given]]
    ) -> None:
        """What some schemas have: the highest id of each context that has any, and theirs, the first one first."""
        self._last.update(last)
        self._given.update((key, []) for key in keys)
        for key, each in given:
            if key in self._given:  # the same digest in another context was not asked for
                self._given[key].append(each)

    def give(self, key: SchemaKey, given: Given) -> None:
        """A schema has an id from now on."""
        self._last[key[0]] = max(self._last.get(key[0], 0), given[2])
        if key in self._given:
            self._given[key].append(given)

    def of(self, key: SchemaKey, metadata: Metadata | None, rule_set: RuleSet | None) -> int:
        """The id of this very schema: the one that it has, the first of several, or the next."""
        found = (schema_id for *same, schema_id in self._given[key] if same == [metadata, rule_set])
        return next(found, self._last.get(key[0], 0) + 1)
