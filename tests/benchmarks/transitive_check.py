"""The newest of 100 versions checked against all others, beside parsing those texts once.

``python -m tests.benchmarks.transitive_check`` prints both and their ratio. *First check*: the schemas are parsed, none
was ever compared, as after a restart. *In order*: the versions before the newest were checked when they came, as in a
registry that stays up. Every round has event types of its own, so nothing is left of the round before; the best of
several rounds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from compat.check import check
from compat.definition import Definition, Format
from compat.formats import parse
from compat.level import Level

VERSIONS = 100
FIELDS = 20


def avro(version: int, mark: str) -> str:
    """Each version has one optional field more than the one before."""
    fields: list[dict[str, Any]] = [{"name": f"field_{mark}_{index}", "type": "string"} for index in range(FIELDS)]
    fields += [{"name": f"added_{index}", "type": ["null", "long"], "default": None} for index in range(version)]
    return json.dumps({"type": "record", "name": "shop.Order", "fields": fields})


def json_schema(version: int, mark: str) -> str:
    """Each version of a closed object has one optional property more."""
    properties = {f"field_{mark}_{index}": {"type": "string"} for index in range(FIELDS)}
    properties |= {f"added_{index}": {"type": "integer"} for index in range(version)}
    required = [f"field_{mark}_{index}" for index in range(FIELDS)]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return json.dumps(schema)


def protobuf(version: int, mark: str) -> str:
    """Each version has one field more."""
    fields = [f"  string field_{mark}_{index} = {index + 1};" for index in range(FIELDS)]
    fields += [f"  int64 added_{index} = {FIELDS + index + 1};" for index in range(version)]
    return "\n".join(['syntax = "proto3";', "package shop;", "message Order {", *fields, "}", ""])


TEXTS = {Format.AVRO: avro, Format.JSON: json_schema, Format.PROTOBUF: protobuf}
ROUNDS = 3


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def check_newest(definitions: Sequence[Definition]) -> None:
    """The check of a registration; everything asked for, so that no version is skipped."""
    *history, newest = definitions
    if not check(Level.BACKWARD_TRANSITIVE, newest, history, everything=True).compatible:
        raise SystemExit(f"{newest.format}: the history is not compatible, the figure would mean nothing")


def versions(format_: Format, mark: str) -> list[Definition]:
    """All versions of one event type."""
    return [Definition(format_, TEXTS[format_](version, mark)) for version in range(VERSIONS)]


def measure(format_: Format) -> tuple[float, float, float]:
    """Milliseconds: the first check, the check after all others came in order, parsing all texts once."""
    first, ordered, parsing = [], [], []
    for round_ in range(ROUNDS):
        definitions = versions(format_, f"a{round_}")
        parsing.append(milliseconds(lambda: [parse(each) for each in definitions]))  # noqa: B023 - called at once
        first.append(milliseconds(lambda: check_newest(definitions)))  # noqa: B023
        definitions = versions(format_, f"b{round_}")
        for count in range(2, VERSIONS):
            check_newest(definitions[:count])
        parse(definitions[-1])
        ordered.append(milliseconds(lambda: check_newest(definitions)))  # noqa: B023
    return min(first), min(ordered), min(parsing)


def main() -> None:
    """Print a line per format."""
    sys.stdout.write(f"{VERSIONS} versions, {FIELDS} fields and one more per version; milliseconds\n")
    sys.stdout.write(
        f"{'format':10} {'parse all once':>15} {'first check':>12} {'ratio':>6} {'in order':>12} {'ratio':>6}\n"
    )
    for format_ in TEXTS:
        first, ordered, parsing = measure(format_)
        checks = f"{first:12.1f} {first / parsing:6.2f} {ordered:12.1f} {ordered / parsing:6.2f}"
        sys.stdout.write(f"{format_:10} {parsing:15.1f} {checks}\n")


if __name__ == "__main__":
    main()
