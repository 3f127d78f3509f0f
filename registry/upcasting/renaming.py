"""Renames: which of them the schemas declare themselves, and in what order they find their new names free."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from compat.outline import Field

CERTAIN: Final = 1.0

Rename: TypeAlias = tuple[str, str, float, str]
"""Old name, new name, confidence and reason."""


def in_order(renames: list[Rename], names: Collection[str]) -> Iterator[Rename]:
    """Renames so that each finds its new name free: names that are exchanged go by way of another one."""
    waiting, taken = list(renames), set(names)
    while waiting:
        ready = next((each for each in waiting if each[1] not in taken), None)
        if ready is None:
            name, to, confidence, reason = waiting.pop(0)
            aside = next(other for n in range(len(taken) + 1) if (other := f"{name}_{n}") not in taken)
            yield name, aside, confidence, f"{reason}; {to} is taken until it is renamed too"
            waiting.append((aside, to, confidence, reason))
            taken = (taken - {name}) | {aside}
            continue
        waiting.remove(ready)
        yield ready
        taken = (taken - {ready[0]}) | {ready[1]}


def declared(old: Mapping[str, Field | None], new: Mapping[str, Field | None]) -> Iterator[tuple[float, str, str, str]]:
    """Renames that the schemas themselves declare: by an alias, or by the number of the field."""
    numbers = {own.number: name for name, own in old.items() if own is not None and own.number is not None}
    for to, wanted in new.items():
        if wanted is None:
            continue
        yield from ((CERTAIN, name, to, f"{to} has the alias {name}") for name in wanted.aliases if name in old)
        if wanted.number is not None and wanted.number in numbers:
            yield CERTAIN, numbers[wanted.number], to, f"both are field number {wanted.number}"
