"""Chains that make one event of several, in Spark: by key, and never more of a group in memory than it may have.

Every event has its place in the one order of the stream, so each key is worked at alone, wherever, and what comes out
is what a single process would make of the stream, in the same order. It takes classic Spark: Connect has no RDDs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias
from zlib import crc32

from upcasters.chain import Chain, chain_from_json
from upcasters.collecting import (
    Counts,
    Gatherer,
    Key,
    Outcome,
    Replay,
    before,
    collects,
    key_of,
    require_payloads,
)
from upcasters.errors import UpcastFailed
from upcasters.integrations.event_files import ENCODER, json_reader
from upcasters.stream import Event

DataFrame: TypeAlias = Any
Rdd: TypeAlias = Any
"""Of PySpark, which this module does without until a job runs."""

_Order: TypeAlias = tuple[int, ...]
"""What outcomes are sorted by, to stand as a single process would give them."""


def replay_texts(frame: DataFrame, served: Any, order: Sequence[str], column: str = "event") -> DataFrame:
    """The JSON texts in a column as one stream, in the order of other columns, along a chain as the registry served it.

    ``order`` has to tell every two events apart. The result has the columns ``event``; ``error``, which says why events
    failed, ``event`` being null then; and ``places``, the numbers in the stream, from 1, of the events that it came of.
    Raises NotAPayload for a chain that splits or renames events.
    """
    text = json.dumps(served)
    chain = _chain(text)
    require_payloads(chain.steps)
    ordered = frame.orderBy(*order).select(column).rdd.zipWithIndex()
    outcomes = ordered.map(lambda row: ((row[1],), _read(text, row[0][0], row[1] + 1)))
    aside = []
    start = 0
    for index, step in enumerate(chain.steps):
        if not collects(step.ops):
            continue
        arrived = outcomes.flatMap(lambda row, ends=(start, index): _along(text, ends, row)).cache()
        aside.append(arrived.filter(lambda row: isinstance(row[1].result, UpcastFailed)))
        placed = arrived.filter(lambda row: isinstance(row[1].result, Event)).values().zipWithIndex()
        total = placed.count()
        keyed = placed.flatMap(lambda row, index=index: _keyed(text, index, row[0], row[1] + 1)).cache()
        aside.append(keyed.filter(lambda row: row[0] is None).map(lambda row: ((), row[1])))
        outcomes = (
            keyed.filter(lambda row: row[0] is not None)
            .repartitionAndSortWithinPartitions(keyed.getNumPartitions(), _partition, keyfunc=_within_partition)
            .mapPartitions(lambda rows, index=index, total=total: _gathered(text, index, rows, total))
            .sortByKey()
        )
        start = index + 1
    last = (start, len(chain.steps))
    done = outcomes.flatMap(lambda row: _along(text, last, row))
    rows = done.context.union([done, *aside]).map(lambda row: _shown(row[1]))
    return frame.sparkSession.createDataFrame(rows, "event STRING, error STRING, places ARRAY<BIGINT>")


@lru_cache(maxsize=64)
def _chain(text: str) -> Chain:
    """The chain of a worker, made once in its process."""
    return chain_from_json(json.loads(text))


@lru_cache(maxsize=64)
def _part(text: str, ends: tuple[int, int]) -> Replay:
    """Some steps of the chain, none of which gathers."""
    chain = _chain(text)
    steps = chain.steps[slice(*ends)]
    return Chain(chain.subject, steps[0].source if steps else chain.target, steps).replay()


@lru_cache(maxsize=64)
def _preparing(text: str, index: int) -> Replay:
    """What a step that gathers does to each event before."""
    chain = _chain(text)
    step = before(chain.steps[index])
    return Chain(chain.subject, step.source, (step,)).replay()


def _read(text: str, stored: str | None, place: int) -> Outcome:
    chain = _chain(text)
    try:
        payload = json_reader(chain.subject, (chain.source, chain.target))((stored or "null").encode())
    except UpcastFailed as error:
        return Outcome(error, ((place,),))
    return Outcome(Event("", payload, str(place), position=(place,)), ((place,),))


def _along(text: str, ends: tuple[int, int], row: tuple[_Order, Outcome]) -> Iterator[tuple[_Order, Outcome]]:
    """An event along steps that do not gather; what failed stays as it is, what is dropped is gone."""
    order, outcome = row
    if not isinstance(outcome.result, Event):
        yield row
        return
    for found in _part(text, ends).take(outcome.result):
        if found.result is not None:
            yield order, Outcome(found.result, outcome.origins)


def _keyed(text: str, index: int, outcome: Outcome, place: int) -> Iterator[tuple[tuple[Key, int] | None, Outcome]]:
    """An event with its key and place, or a failure without."""
    assert isinstance(outcome.result, Event)  # noqa: S101 - failures were put aside
    step = _chain(text).steps[index]
    for found in _preparing(text, index).take(outcome.result):
        try:
            if isinstance(found.result, UpcastFailed):
                raise found.result
            if found.result is not None:
                yield (key_of(step, found.result), place), Outcome(found.result, outcome.origins)
        except UpcastFailed as error:
            yield None, Outcome(error, outcome.origins)


def _partition(keyed: tuple[Key, int]) -> int:
    return crc32(repr(keyed[0]).encode())


def _within_partition(keyed: tuple[Key, int]) -> tuple[str, Key, int]:
    return type(keyed[0]).__name__, *keyed


def _gathered(
    text: str, index: int, rows: Iterable[tuple[tuple[Key, int], Outcome]], total: int
) -> Iterator[tuple[_Order, Outcome]]:
    """What comes of events that are sorted by key and place."""
    step = _chain(text).steps[index]
    collect = collects(step.ops)
    assert collect is not None  # noqa: S101 - asked of steps that gather alone
    gatherer, current, first = Gatherer(step, Counts()), None, 0
    for (key, place), outcome in rows:
        if key != current or type(key) is not type(current):
            yield from _closed(gatherer, first, collect.within, total)
            gatherer, current = Gatherer(step, Counts()), key
        for due in gatherer.next(place):
            yield (first + collect.within, 0, first), due
        if not gatherer.held:
            first = place
        assert isinstance(outcome.result, Event)  # noqa: S101 - failures have no key
        for made in gatherer.add(outcome.result, outcome.origins):
            yield (place, 1, first), made
    yield from _closed(gatherer, first, collect.within, total)


def _closed(gatherer: Gatherer, first: int, within: int, total: int) -> Iterator[tuple[_Order, Outcome]]:
    """What is left of a key when the stream ends, or was due before."""
    for due in gatherer.next(total):
        yield (first + within, 0, first), due
    for left in gatherer.rest():
        yield (total + 1, 0, first), left


def _shown(outcome: Outcome) -> tuple[str | None, str | None, list[int]]:
    places = [place for place, *_ in outcome.origins]
    if isinstance(outcome.result, Event):
        return ENCODER.encode(outcome.result.payload).decode(), None, places
    return None, str(outcome.result), places
