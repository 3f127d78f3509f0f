"""The newest of 100 versions checked against all others, beside parsing those texts once.

``python -m tests.benchmarks.transitive_check`` prints both and their ratio. What a warm registry does for a
registration under BACKWARD_TRANSITIVE is the check alone: parsed schemas are kept. The best of several rounds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence

from compat.check import check
from compat.definition import Definition, Format
from compat.formats import ENGINES, parse
from compat.level import Level

VERSIONS = 100
FIELDS = 20


def avro(version: int) -> str:
    """Each version has one optional field more than the one before."""
    fields = [{"name": f"field_{index}", "type": "string"} for index in range(FIELDS)]
    fields += [{"name": f"added_{index}", "type": ["null", "long"], "default": None} for index in range(version)]
    return json.dumps({"type": "record", "name": "shop.Order", "fields": fields})


def json_schema(version: int) -> str:
    """Each version of a closed object has one optional property more."""
    properties = {f"field_{index}": {"type": "string"} for index in range(FIELDS)}
    properties |= {f"added_{index}": {"type": "integer"} for index in range(version)}
    required = [f"field_{index}" for index in range(FIELDS)]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return json.dumps(schema)


def protobuf(version: int) -> str:
    """Each version has one field more."""
    fields = [f"  string field_{index} = {index + 1};" for index in range(FIELDS)]
    fields += [f"  int64 added_{index} = {FIELDS + index + 1};" for index in range(version)]
    return "\n".join(['syntax = "proto3";', "package shop;", "message Order {", *fields, "}", ""])


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """Milliseconds of the fastest round."""
    fastest = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest * 1e3


def measure(definitions: Sequence[Definition]) -> tuple[float, float]:
    """Milliseconds of one transitive check of the newest, and of parsing all texts once."""
    *history, newest = definitions
    engine = ENGINES[newest.format]
    for definition in definitions:
        parse(definition)
    verdict = check(Level.BACKWARD_TRANSITIVE, newest, history, everything=True)
    if not verdict.compatible:
        raise SystemExit(f"{newest.format}: the history is not compatible, the figure would mean nothing")
    checking = best(lambda: check(Level.BACKWARD_TRANSITIVE, newest, history, everything=True))
    parsing = best(lambda: [engine.parse(definition) for definition in definitions])
    return checking, parsing


def main() -> None:
    """Print a line per format."""
    sys.stdout.write(f"{VERSIONS} versions, {FIELDS} fields and one more per version\n")
    sys.stdout.write(f"{'format':10} {'check all, ms':>14} {'parse all once, ms':>19} {'ratio':>7}\n")
    for format_, text in ((Format.AVRO, avro), (Format.JSON, json_schema), (Format.PROTOBUF, protobuf)):
        checking, parsing = measure([Definition(format_, text(version)) for version in range(VERSIONS)])
        sys.stdout.write(f"{format_:10} {checking:14.1f} {parsing:19.1f} {checking / parsing:7.2f}\n")


if __name__ == "__main__":
    main()
