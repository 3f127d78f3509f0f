"""How many sample events a second each format makes, beside judging events that are there.

``python -m tests.benchmarks.samples`` takes the first 300 samples of realistic schemas; processor time. The baseline is
reading the same events with the format's decoder.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from typing import Any

from compat.definition import Definition, Format
from compat.formats import ENGINES
from tests.benchmarks.json_schema_check import order
from tests.benchmarks.json_schema_pairs import Event

SAMPLES = 300


def avro(fields: int) -> str:
    kinds: tuple[Any, ...] = (
        "string", "long", "double", "boolean", ["null", "string"], {"type": "array", "items": "int"},
        {"type": "map", "values": "long"}, {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    )  # fmt: skip
    members = [{"name": f"f{index}", "type": kinds[index % len(kinds)]} for index in range(fields)]
    return json.dumps({"type": "record", "name": "R", "fields": members})


def protobuf(fields: int) -> str:
    kinds = ("string", "int64", "double", "bool", "repeated int32", "map<string, int64>", "optional bytes", "sint32")
    members = "\n".join(f"  {kinds[index % len(kinds)]} f{index} = {index + 1};" for index in range(fields))
    return f'syntax = "proto3";\nmessage R {{\n{members}\n}}\n'


SCHEMAS = {
    "Avro, 20 fields": (Format.AVRO, avro(20)),
    "Avro, 100 fields": (Format.AVRO, avro(100)),
    "Protobuf, 20 fields": (Format.PROTOBUF, protobuf(20)),
    "Protobuf, 100 fields": (Format.PROTOBUF, protobuf(100)),
    "JSON Schema, 1 kB": (Format.JSON, json.dumps(order(4, "integer"))),
    "JSON Schema, 12 kB, regular": (Format.JSON, json.dumps(order(45, "integer"))),
    "JSON Schema, 12 kB, of many kinds": (Format.JSON, json.dumps(Event(1).schema())),
}


def main() -> None:
    """Print a line per schema."""
    sys.stdout.write(
        f"{'schema':36} {'samples':>8} {'a second':>9} {'first, ms':>10} {'reading them, a second':>23} {'ratio':>6}\n"
    )
    for name, (format_, text) in SCHEMAS.items():
        engine = ENGINES[format_]
        schema = engine.parse(Definition(format_, text))
        start = time.process_time()
        events = engine.samples(schema, 1)
        made = [next(events)]
        first = time.process_time() - start
        made += islice(events, SAMPLES - 1)
        making = time.process_time() - start
        written = [engine.encode(schema, each) for each in made]
        start = time.process_time()
        for each in written:
            engine.decode(schema, each)
        reading = time.process_time() - start
        rate, read = len(made) / making, len(made) / reading
        sys.stdout.write(f"{name:36} {len(made):8} {rate:9.0f} {first * 1e3:10.1f} {read:23.0f} {read / rate:6.1f}\n")


if __name__ == "__main__":
    main()
