"""Values for what old events know nothing of: valid where they stand, for a person to confirm or to replace.

They are taken from the new version's own events, the smallest first, and written as constants of documents.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any, Final, TypeAlias
from uuid import UUID

from compat.definition import Format
from compat.errors import CompatError
from compat.formats import Parsed
from compat.outline import Field, Kind
from registry.upcasting.json_form import plain
from upcasters.operations import Json, Literally
from upcasters.operations import Kind as Literal
from upcasters.path import ROOT, Pointer
from upcasters.shape import ITEMS

Place: TypeAlias = tuple[str, ...]
"""Names of members, ``*`` for the items of a list or the values of a map."""

_EVENTS: Final = 30
"""Generated events that are looked through for one that has a place."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A constant as documents write it: the fields ``value`` and ``as`` of an operation."""

    value: Json
    literal: Literally | None = None


class StandIns:
    """The values that one version takes at its places."""

    def __init__(self, version: Parsed) -> None:
        self._version = version
        self._known: list[Any] = []
        self._shown: list[Any] = []
        """The same events as JSON, as far as they were asked for."""
        self._more = self._generated()

    def smallest(self, place: Place) -> StandIn | None:
        """What the smallest event has at a place, or else a short value; None if no event has any but null there."""
        for events in islice(self._events(), 1), self._events():
            found = (self._written(value) for event in events for value in _reached(event, place) if value is not None)
            shortest = min(filter(None, found), key=lambda each: len(json.dumps(each.value)), default=None)
            if shortest is not None:
                return shortest
        return None

    def default(self, place: Place, field: Field) -> StandIn | None:
        """What the schema itself puts at a place by a field's default; None where it would not take it there."""
        match self._version.definition.format:
            case Format.AVRO:
                return self._filled(place)
            case Format.PROTOBUF:
                value = field.default
                if isinstance(value, str) and field.type.kind is Kind.BYTES:
                    value = value.encode("latin-1")
                return self._written(value)
            case Format.JSON:
                return StandIn(field.default) if self.takes(place, field.default) else None

    def takes(self, place: Place, value: Json) -> bool:
        """Whether an event that has a place stays valid with another value there."""
        event = next((event for event in self._events() if any(True for _ in _reached(event, place))), None)
        return event is not None and self._valid(_replaced(event, place, value))

    def _filled(self, place: Place) -> StandIn | None:
        """What reading fills in where a member is left out."""
        engine, schema = self._version.engine, self._version.schema
        for event in self._shown_events():
            with suppress(CompatError, LookupError):
                shown = _without(event, place)
                return self._written(next(_reached(engine.from_json(schema, shown), place)))
        return None

    def _shown_events(self) -> Iterator[Any]:
        """The events as JSON; each is written once, which for large ones takes longer than everything else here."""
        engine, schema = self._version.engine, self._version.schema
        for index, event in enumerate(self._events()):
            if index == len(self._shown):
                shown = None
                with suppress(CompatError):
                    shown = engine.to_json(schema, event)
                self._shown.append(shown)
            yield self._shown[index]

    def _events(self) -> Iterator[Any]:
        for index in range(_EVENTS + 1):
            if index == len(self._known):
                self._known.extend(islice(self._more, 1))
            if index == len(self._known):
                return
            yield self._known[index]

    def _generated(self) -> Iterator[Any]:
        engine, schema = self._version.engine, self._version.schema
        with suppress(CompatError):
            yield engine.minimal(schema)
        yield from islice(engine.samples(schema, 0), _EVENTS)

    def _valid(self, event: Any) -> bool:
        return next(iter(self._version.engine.violations(self._version.schema, event)), None) is None

    def _written(self, value: Any) -> StandIn | None:
        if self._version.definition.format is Format.JSON:
            value = _as_numbers(value)
        kinds = dict(_kinds(value, ROOT))
        if None in kinds.values():
            return None
        literal: Any = kinds.get("") or kinds or None
        return StandIn(_texts(value), literal)


def _reached(value: Any, place: Place) -> Iterator[Any]:
    """The values at a place of an event."""
    match value, place:
        case _, ():
            yield value
        case list(), (_, *rest):
            for item in value:
                yield from _reached(item, tuple(rest))
        case dict(), (name, *rest) if name in value:
            yield from _reached(value[name], tuple(rest))
        case dict(), (name, *rest) if name == ITEMS:
            for item in value.values():
                yield from _reached(item, tuple(rest))


def _replaced(event: Any, place: Place, new: Any) -> Any:
    """The event with another value wherever a place is."""
    match event, place:
        case _, ():
            return new
        case list(), (_, *rest):
            return [_replaced(item, tuple(rest), new) for item in event]
        case dict(), (name, *rest) if name in event:
            return event | {name: _replaced(event[name], tuple(rest), new)}
        case dict(), (name, *rest) if name == ITEMS:
            return {key: _replaced(item, tuple(rest), new) for key, item in event.items()}
        case _:
            return event


def _without(event: Any, place: Place) -> Any:
    """The event without the members at a place. Raises LookupError where there is none."""
    match event, place:
        case dict(), (name,) if name in event:
            return {own: value for own, value in event.items() if own != name}
        case dict(), (name, *rest) if name in event:
            return event | {name: _without(event[name], tuple(rest))}
        case dict(), (name, *rest) if name == ITEMS:
            return dict(zip(event, _all_without(event.values(), tuple(rest)), strict=True))
        case list(), (_, *rest):
            return _all_without(event, tuple(rest))
        case _:
            raise LookupError(place)


def _all_without(items: Iterable[Any], place: Place) -> list[Any]:
    """The same for items, of which one at least has to have the place."""
    found, made = False, []
    for item in items:
        try:
            made.append(_without(item, place))
            found = True
        except LookupError:
            made.append(item)
    if not found:
        raise LookupError(place)
    return made


def _as_numbers(value: Any) -> Any:
    """A payload of a JSON Schema with binary numbers for exact ones; what has none stays, and cannot be written."""
    match value:
        case Decimal() if value.is_finite() and Decimal(repr(float(value))) == value:
            return int(value) if value == int(value) else float(value)
        case list():
            return [_as_numbers(item) for item in value]
        case dict():
            return {name: _as_numbers(item) for name, item in value.items()}
        case _:
            return value


def _kinds(value: Any, at: Pointer) -> Iterable[tuple[str, Literal | None]]:
    """What the texts of a constant stand for, by their pointers; None for what no constant can be."""
    match value:
        case dict():
            for name, item in value.items():
                yield from _kinds(item, at / name) if isinstance(name, str) else [(str(at), None)]
        case list():
            for index, item in enumerate(value):
                yield from _kinds(item, at / str(index))
        case None | bool() | int() | str():
            return
        case float():
            if not math.isfinite(value):
                yield str(at), None
        case _:
            yield str(at), _kind(value)


def _kind(value: Any) -> Literal | None:
    match value:
        case datetime():
            return "timestamp" if value.tzinfo else "local_timestamp"
        case date():
            return "date"
        case time():
            return "time"
        case Decimal():
            return "decimal"
        case bytes():
            return "bytes"
        case UUID():
            return "uuid"
        case _:
            return None


def _texts(value: Any) -> Json:
    match value:
        case dict():
            return {name: _texts(item) for name, item in value.items()}
        case list():
            return [_texts(item) for item in value]
        case datetime() | date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case Decimal():
            return format(value, "f")
        case _:
            return plain(value)
