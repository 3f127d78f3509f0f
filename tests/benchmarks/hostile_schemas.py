"""What schemas made to be expensive cost, one by one, beside reading an ordinary definition of 12 kB.

``python -m tests.benchmarks.hostile_schemas`` looks for as many findings as a check tells, and prints processor time,
which holds on a busy machine; the catalogue is ``tests/compat/json_schema/hostile.py`` and, for Avro and Protobuf, the
definitions below.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from compat.budget import DEFAULT_LIMITS, Budget
from compat.definition import Definition, Format
from compat.errors import CompatError
from compat.formats import ENGINES
from compat.judging import first_harmful
from compat.verdict import Incompatibility
from tests.benchmarks.json_schema_check import order
from tests.compat.json_schema.hostile import PAIRS


def milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def record(kind: str, size: int = 1000) -> str:
    fields = [{"name": f"f{index}", "type": kind} for index in range(size)]
    return json.dumps({"type": "record", "name": "R", "fields": fields})


def union(size: int, *more: Any) -> str:
    fields = [{"name": "a", "type": "int"}, *more]
    return json.dumps([{"type": "record", "name": f"R{index}", "fields": fields} for index in range(size)])


def enum(size: int) -> str:
    return json.dumps({"type": "enum", "name": "E", "symbols": [f"s{index}" for index in range(size)]})


def nested(depth: int, leaf: str) -> str:
    return '{"type":"array","items":' * depth + f'"{leaf}"' + "}" * depth


def circles(*more: Any) -> str:
    names = [f"M{index}" for index in range(60)]
    fields = [
        {"name": name, "type": {"type": "record", "name": name, "fields": [
            {"name": "u", "type": ["null", *names[: index + 1]]}, *more]}}
        for index, name in enumerate(names)
    ]  # fmt: skip
    return json.dumps({"type": "record", "name": "Top", "fields": fields})


def message(kind: str, size: int = 2000) -> str:
    fields = "".join(f"  {kind} f{index} = {index + 1};\n" for index in range(size))
    return f'syntax = "proto3"; message M {{\n{fields}}}'


def graph(kind: str, size: int = 200) -> str:
    """Messages that all lead to each other."""
    messages = [
        f"message M{i} {{ {kind} v = 1; " + "".join(f"M{(i * 7 + j) % size} e{j} = {j + 2}; " for j in range(8)) + "}"
        for i in range(size)
    ]
    return "\n".join(['syntax = "proto3";', *messages])


_ADDED = {"name": "z", "type": "int", "default": 0}
_LEVELS = 'syntax = "proto3";' + "message M {" * 500 + "}" * 500
OTHERS = {
    "avro: 190 arrays deep": (Format.AVRO, nested(190, "int"), nested(190, "string")),
    "avro: a union of 1,000 records": (Format.AVRO, union(1000), union(1000, _ADDED)),
    "avro: 1,000 faults": (Format.AVRO, record("int"), record("string")),
    "avro: circles between 60 records": (Format.AVRO, circles(), circles(_ADDED)),
    "avro: an enum of 20,000 symbols": (Format.AVRO, enum(20_000), enum(19_999)),
    "protobuf: 2,000 fields, all changed": (Format.PROTOBUF, message("int32"), message("string")),
    "protobuf: 200 messages in circles": (Format.PROTOBUF, graph("int32"), graph("string")),
    "protobuf: 500 levels": (Format.PROTOBUF, _LEVELS, message("int32", 1)),
}


def pairs() -> dict[str, tuple[Format, str, str]]:
    """Every pair as texts."""
    written = {name: (Format.JSON, _text(writer), _text(reader)) for name, (writer, reader, *_) in PAIRS.items()}
    return {**written, **OTHERS}


def _text(schema: object) -> str:
    return schema if isinstance(schema, str) else json.dumps(schema)


def measure(format_: Format, writer: str, reader: str) -> tuple[float, float, int, str]:
    """Milliseconds of reading both and of the check, its steps, its answer."""
    engine = ENGINES[format_]
    parsed: list[Any] = []
    budget = Budget()
    found: list[object] = []
    try:
        reading = milliseconds(
            lambda: parsed.extend(engine.parse(Definition(format_, each)) for each in (writer, reader))
        )
    except CompatError as error:
        return 0.0, 0.0, 0, f"refused: {type(error).__name__}"
    facts = engine.incompatibilities(parsed[1], parsed[0], budget)
    checking = milliseconds(lambda: found.extend(first_harmful(facts, DEFAULT_LIMITS.findings)))
    proven = any(isinstance(each, Incompatibility) and each.severity.blocks for each in found)
    blocking = [each for each in found if not isinstance(each, Incompatibility) or each.severity.blocks]
    return reading, checking, budget.steps, "incompatible" if proven else "unknown" if blocking else "compatible"


def main() -> None:
    """Print a line per pair, the slowest last."""
    text = json.dumps(order(45, "integer"))
    ordinary = milliseconds(lambda: ENGINES[Format.JSON].parse(Definition(Format.JSON, text)))
    rows = sorted(((name, measure(*pair)) for name, pair in pairs().items()), key=lambda row: row[1][1])
    sys.stdout.write(f"reading an ordinary definition of {len(text) // 1000} kB: {ordinary:.1f} ms\n")
    sys.stdout.write(f"{'pair':52} {'reading':>8} {'check':>9} {'steps':>8}  answer\n")
    for name, (reading, checking, steps, answer) in rows:
        sys.stdout.write(f"{name:52} {reading:8.1f} {checking:9.1f} {steps:8}  {answer}\n")
    sys.stdout.write(f"median {rows[len(rows) // 2][1][1]:.1f} ms, worst {rows[-1][1][1]:.1f} ms\n")


if __name__ == "__main__":
    main()
