"""How fast Protobuf schemas are checked: ``python -m tests.benchmarks.protobuf_check``.

Prints fields per second, beside parsing the same texts and beside buf on the same tree, in one run. Needs no data: the
tree is made here. Exits with 1 below the target of 20,000 fields a second.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from compat.budget import Budget, Limits
from compat.definition import Definition, Format
from compat.protobuf.engine import ProtobufEngine
from compat.verdict import Incompatibility
from tests.compat.protobuf.buf import BUF, breaking

TARGET = 20_000
TYPES = ("int32", "int64", "string", "bytes", "bool", "double", "repeated string", "repeated int32", "map<int32, bool>")
FILES, MESSAGES, FIELDS = 20, 25, 20


def tree(chance: random.Random, changes: float) -> list[tuple[str, str]]:
    """Files of messages that hold one another, and the same with a share of their fields changed."""
    return [_file(chance, changes) for _ in range(FILES)]


def _file(chance: random.Random, changes: float) -> tuple[str, str]:
    sides: tuple[list[str], list[str]] = ([], [])
    for number in range(MESSAGES):
        lines = [[f"message M{number} {{"], [f"message M{number} {{"]]
        for field in range(1, FIELDS + 1):
            type_ = f"M{chance.randrange(MESSAGES)}" if chance.random() < 0.2 else chance.choice(TYPES)
            other = chance.choice(TYPES) if chance.random() < changes else type_
            lines[0].append(f"  {type_} field_{field} = {field};  // what it means")
            lines[1].append(f"  {other} field_{field} = {field};  // what it means")
        for side, text in zip(sides, lines, strict=True):
            side += [*text, "}"]
    head = 'syntax = "proto3";\npackage shop;\n'
    return head + "\n".join(sides[0]), head + "\n".join(sides[1])


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    """Run, print, and answer with the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=float, default=0.02, help="share of the fields that change")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many rounds counts")
    options = parser.parse_args()
    pairs = tree(random.Random(1), options.changes)  # noqa: S311 - repeatable
    fields = FILES * MESSAGES * FIELDS
    engine = ProtobufEngine()
    budget = Limits(steps=10_000_000, seconds=600)
    engine.parse(Definition(Format.PROTOBUF, pairs[0][0]))

    def parse() -> list[tuple[object, object]]:
        return [tuple(engine.parse(Definition(Format.PROTOBUF, text)) for text in pair) for pair in pairs]  # type: ignore[misc]

    parsing = min(timed(parse) for _ in range(options.rounds))
    first, again, findings = [], [], 0
    for _ in range(options.rounds):
        parsed = parse()
        start = time.perf_counter()
        causes = [list(engine.incompatibilities(new, old, Budget(budget))) for old, new in parsed]  # type: ignore[arg-type]
        first.append(time.perf_counter() - start)
        start = time.perf_counter()
        causes = [list(engine.incompatibilities(new, old, Budget(budget))) for old, new in parsed]  # type: ignore[arg-type]
        again.append(time.perf_counter() - start)
        findings = sum(isinstance(cause, Incompatibility) for found in causes for cause in found)
    with tempfile.TemporaryDirectory() as folder:
        beside = timed(lambda: breaking(Path(folder), pairs, ["WIRE"])) if BUF.exists() else float("nan")
    print(f"{fields:,} fields in {FILES} files, {options.changes:.0%} changed, {findings:,} findings")
    rows = [
        ("checking, schemas just parsed", min(first)),
        ("checking, schemas used before", min(again)),
        ("parsing both sides", parsing),
        ("buf breaking, category WIRE", beside),
    ]
    for name, seconds in rows:
        ratio = seconds / min(first)
        print(f"{name:34} {seconds:8.3f} s {fields / seconds:12,.0f} fields/s  {ratio:6.2f} x the first row")
    return 0 if fields / min(first) >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
