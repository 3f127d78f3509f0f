"""What both SQL targets are held against: generated chains, the conformance cases, and the edges of engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import codec_values
import generate
from test_agreement import REFUSED, agrees, outcome, steps

from registry.upcasting.engines.columns import without_nulls
from upcasters.chain import Chain
from upcasters.codecs import CODECS
from upcasters.conformance import cases as conformance_cases
from upcasters.conformance import missing
from upcasters.document import read, write
from upcasters.shape import ANYTHING, INT64, NUMBER, STRING, Array, Member, Record, Shape, from_json, without_null

__all__ = [
    "EDGES", "REFUSED", "Case", "agrees", "codecs", "columned", "conformance", "edge", "generated", "without_nulls",
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A chain, and events with their outcomes."""

    name: str
    chain: Chain
    events: list[tuple[Any, Any]]


def generated(seeds: range, *, shaped: bool) -> Iterator[Case]:
    """One case per seed."""
    for seed in seeds:
        random = Random(seed)
        shape = generate.record(random)
        documents = [read(write(document)) for document in steps(random, shape)]
        chain = Chain.up(documents, shape) if shaped else Chain.up(documents)
        payloads = [generate.payload(random, shape) for _ in range(6)]
        yield Case(str(seed), chain, [(payload, outcome(chain.interpret, payload)) for payload in payloads])


def in_columns(value: Any, shape: Shape) -> Any:
    """What columns can hold of an event: no member that is not declared, and absence where it might be null as well."""
    match without_null(shape):
        case Record(members=members) if value is not None:
            kept = {name: in_columns(value[name], member.shape) for name, member in members.items() if name in value}
            return {name: item for name, item in kept.items() if item is not None or members[name].required}
        case Array(items=items) if value is not None:
            return [in_columns(item, items) for item in value]
        case _:
            return value


def columned(seeds: range) -> Iterator[Case]:
    """Generated chains over events that columns can hold."""
    for case in generated(seeds, shaped=True):
        payloads = [in_columns(payload, case.chain.shape) for payload, _ in case.events]
        yield Case(case.name, case.chain, [(payload, outcome(case.chain.interpret, payload)) for payload in payloads])


def conformance() -> Iterator[Case]:
    """The cases that every compiler runs."""
    for case in (*conformance_cases(), *missing()):
        asked = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": case["ops"]})
        shape = from_json(case["shape"]) if "shape" in case else ANYTHING
        yield Case(case["name"], Chain.up([asked], shape), [(case["in"], case.get("out", REFUSED))])


_MOST_REFUSALS = 8
"""Of one codec: every one is a query of its own."""


def codecs() -> Iterator[Case]:
    """Every codec on generated values of its kind, as JSON has them, and on some that it refuses."""
    for using in CODECS:
        events = [(event, result) for event, result in codec_values.events(using) if codec_values.storable(event)]
        refused = [(event, result) for event, result in events if result is REFUSED]
        chosen = Random(using).sample(refused, min(len(refused), _MOST_REFUSALS))
        kept = [(event, result) for event, result in events if result is not REFUSED]
        yield Case(using, codec_values.chain(using), [*kept, *chosen])


def _scale(rounding: str, by: str | int = 1, result: str = "int64", places: int = 0) -> dict[str, Any]:
    return {"scale": {"at": "/v", "by": by, "rounding": rounding, "result": result, "places": places}}


def _set(expr: str) -> dict[str, Any]:
    return {"set": {"at": "/w", "expr": expr}}


_WIDE = 2**53 + 1
_HALVES = [2.5, -2.5, 3.5, -3.5, 0.5, -0.5, 2.4999, 7]
_TEXTS = ["", "a", "Z", "é", "ß", "𝄞", "\uffff", "😀b", " a ", "İ"]

EDGES: dict[str, tuple[dict[str, Any], Shape, list[Any]]] = {row[0]: row[1:] for row in [
    *((f"round {way}", _scale(way), NUMBER, _HALVES) for way in
      ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor", "exact")),
    ("cents of doubles", _scale("half_even", 100), NUMBER, [0.07, 1.005, 2.675, 1.1, -1.115, 12345678.905]),
    ("thirds as text", _scale("half_up", "1/3", "string", 4), INT64, [1, 2, -1, 0, _WIDE]),
    ("to a double", _scale("half_even", "0.01", "double", 2), INT64, [1, 5, -7, 123456789]),
    ("digits of doubles", _scale("half_down", "0.01", "double", 2), NUMBER, [9.007199254740993e17, 2e-3, 1.5e18]),
    ("overflow of scale", _scale("exact", 1000), INT64, [2**63 - 1, 9 * 10**15, 10**16, -(2**63)]),
    ("int32", _scale("exact", 1, "int32"), INT64, [2**31 - 1, 2**31, -(2**31), -(2**31) - 1]),
    ("wide sums", _set("v + 1"), INT64, [_WIDE, 2**63 - 2, 2**63 - 1, -(2**63)]),
    ("wide products", _set("v * v"), INT64, [2**31, 3037000499, 3037000500, -(2**32)]),
    ("the sign of the least", _set("-v"), INT64, [-(2**63), 2**63 - 1, 0]),
    ("remainders", _set("v % 3"), INT64, [7, -7, _WIDE, 0]),
    ("no remainder by zero", _set("v % 0"), INT64, [7]),
    ("quotients", _set("v / 4"), INT64, [1, 2, -3, _WIDE]),
    ("no quotient by zero", _set("v / 0"), INT64, [1]),
    ("doubles", _set("v * 3.0"), NUMBER, [0.1, 0.2, 1e300, 5, -0.5]),
    ("sums of doubles", _set("v + 0.2"), NUMBER, [0.1, 1, -0.2]),
    ("wide comparison", _set(f"v == {_WIDE}"), INT64, [2**53, _WIDE, 2**53 + 2]),
    ("order of doubles", _set("v < 0.3"), NUMBER, [0.1, 0.3, 0.30000000000000004, 1]),
    ("order by code point", _set("v < '\uff5e'"), STRING, _TEXTS),
    ("order is not a collation", _set("v < 'b'"), STRING, ["B", "a", "á", "b", "Ä"]),
    ("characters", _set("v.size()"), STRING, [*_TEXTS, "é", "👩‍👩‍👧"]),
    ("parts of astral texts", _set("v.substring(1, 3)"), STRING, ["😀bc𝄞", "a", "", "ab"]),
    ("parts beyond the end", _set("v.substring(2)"), STRING, ["abc", "ab", "a"]),
    ("capitals", _set("v.upper()"), STRING, [*_TEXTS, "ı", "aßz"]),  # noqa: RUF001 - meant
    ("small letters", _set("v.lower()"), STRING, [*_TEXTS, "ΑΣ"]),
    ("ends", _set("v.trim()"), STRING, [" a ", "\t\n\r\f\va", "\u00a0a\u00a0", ""]),
    ("before", _set("v.before('/')"), STRING, ["a/b/c", "abc", "/", ""]),
    ("after", _set("v.after('//')"), STRING, ["a//b//c", "abc", "//", ""]),
    ("ends with", _set("v.endsWith('%_')"), STRING, ["a%_", "abc", "%_", ""]),
    ("whole numbers of doubles", _set("int(v)"), NUMBER, [2.5, -2.5, 0.9, 1e18, 1e19, 7]),
    ("whole numbers of texts", _set("int(v)"), STRING, ["7", "-7", "", "1.0", "9223372036854775808", "+1", " 1"]),
    ("texts of doubles", _set("string(v) + '!'"), NUMBER, [0.1, 1.5, -0.0, 7.0, 1e21, 1e-7, 12]),
    ("texts of numbers", _set("string(v)"), INT64, [_WIDE, -1, 0, 2**63 - 1]),
    ("quotes", _set("v + '\\'\\\\\"'"), STRING, ["'", '"', "\\", "%", "\n", "{}"]),
    ("seconds", {"convert": {"at": "/v", "using": "epoch_s->epoch_ms"}}, INT64, [0, 1, 2**53, 2**63 - 1, -1]),
    ("milliseconds", {"convert": {"at": "/v", "using": "epoch_ms->epoch_s"}}, INT64, [0, 1000, 1001, -2000]),
    ("digits", {"convert": {"at": "/v", "using": "string->int"}}, STRING, ["0", "-0", "007", "1", "", "9" * 30]),
    ("tables of scalars", {"map": {"at": "/v", "table": [[1, "one"], [2.5, None], [0, False]], "else": "keep"}}, NUMBER,
     [1, 2.5, 0, 3]),
    ("pieces", {"split": {"from": "/v", "to": ["/w", "/x"], "separator": ", "}}, STRING, ["a, b, c", "a,b", ", ", ""]),
]}  # fmt: skip
"""By name: operation, the shape of ``v`` and its values: where engines round, overflow and compare differently."""


def edge(operation: dict[str, Any], shape: Shape, values: list[Any]) -> Case:
    """An edge as a chain with events."""
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [operation]})
    chain = Chain.up([document], Record({"v": Member(shape)}))
    events = [{"v": value} for value in values]
    return Case("edge", chain, [(event, outcome(chain.interpret, event)) for event in events])
