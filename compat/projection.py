"""The part of a schema that a reader says it needs: names of fields, and whether each may be missing.

A field is written as names joined by dots (``total.amount``), or as a JSON pointer where a name has a dot in it
(``/total.net/amount``). Lists, maps and unions are stepped through without being named. A name that ends in ``?`` may
be missing: ``customer?.email``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from compat.errors import UnknownField


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed of one value: all of it, or some of its fields."""

    fields: Mapping[str, Need] = field(default_factory=dict)
    """Empty: the value as a whole."""
    optional: bool = False
    """Whether it may be missing; of no meaning at the root."""

    def of(self, name: str) -> Need:
        """What is needed of a field whose owner is needed: all of it where nothing narrower is said."""
        return self.fields.get(name, WHOLE)


WHOLE = Need()


def needs(paths: Iterable[str]) -> Need:
    """The tree of what some fields mean together. One that is named twice may be missing only if both say so.

    Raises UnknownField for what is no field's name.
    """
    return _joined([(_steps(path)) for path in paths])


def _joined(paths: list[list[tuple[str, bool]]]) -> Need:
    inner: dict[str, list[list[tuple[str, bool]]]] = {}
    missing: dict[str, bool] = {}
    for (name, optional), *rest in paths:
        inner.setdefault(name, []).append(rest)
        missing[name] = missing.get(name, True) and optional
    return Need(
        {
            # who needs a value as a whole and a part of it needs it as a whole
            name: Need({} if [] in rests else _joined(rests).fields, missing[name])
            for name, rests in inner.items()
        }
    )


def _steps(path: str) -> list[tuple[str, bool]]:
    if path.startswith("/"):
        names = [name.replace("~1", "/").replace("~0", "~") for name in path[1:].split("/")]
    else:
        names = path.split(".")
    steps = [(name.removesuffix("?"), name.endswith("?")) for name in names]
    if not all(name for name, _ in steps):
        raise UnknownField(path, f"{path!r} is no field: write names joined by dots, such as total.amount or email?")
    return steps


def merged(one: Need, other: Need) -> Need:
    """What two places need of the type they share."""
    if not (one.fields and other.fields):
        return WHOLE
    return Need(
        {
            name: _both(one.fields.get(name), other.fields.get(name))
            for name in dict.fromkeys((*one.fields, *other.fields))
        }
    )


def _both(one: Need | None, other: Need | None) -> Need:
    if one is None or other is None:
        found = one or other
        assert found is not None  # noqa: S101 - the name comes from one of the two
        return found
    return Need(merged(one, other).fields, one.optional and other.optional)
