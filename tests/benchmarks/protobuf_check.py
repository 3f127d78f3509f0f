"""How fast Protobuf schemas are checked: ``python -m tests.benchmarks.protobuf_check``.

Prints fields per second, beside parsing the same texts and beside buf on the same tree, in one run. Needs no data: the
tree is made here. The time of the processor counts where the work is all in this process, so that a busy machine does
not blur it. Exits with 1 below the target of 20,000 fields a second.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from compat.budget import Budget, Limits
from compat.definition import Definition, Format
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
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


@dataclass(frozen=True)
class Time:
    """What some work took: on the clock, and of the processor where it ran in this process alone."""

    clock: float
    processor: float


def timed(work: Callable[[], object]) -> Time:
    """Run the work once."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Time(time.perf_counter() - clock, time.process_time() - processor)


def best(times: Iterable[Time]) -> Time:
    """The round that took the processor, or else the clock, least."""
    return min(times, key=lambda t: (t.processor, t.clock))


def _buf(pairs: list[tuple[str, str]]) -> Time:
    """One process of buf over so many files."""
    with tempfile.TemporaryDirectory() as folder:
        return timed(lambda: breaking(Path(folder), pairs, ["WIRE"]))


def main() -> int:
    """Run, print, and answer with the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=float, default=0.02, help="share of the fields that change")
    parser.add_argument("--rounds", type=int, default=4, help="the best of so many rounds counts")
    options = parser.parse_args()
    pairs = tree(random.Random(1), options.changes)
    fields = FILES * MESSAGES * FIELDS
    engine = ProtobufEngine()
    limits = Limits(steps=10_000_000, seconds=600)
    engine.parse(Definition(Format.PROTOBUF, pairs[0][0]))
    parsed: list[tuple[Schema, Schema]] = []
    causes: list[object] = []

    def parse() -> None:
        texts = ((Definition(Format.PROTOBUF, old), Definition(Format.PROTOBUF, new)) for old, new in pairs)
        parsed[:] = [(engine.parse(old), engine.parse(new)) for old, new in texts]

    def check() -> None:
        found = (engine.incompatibilities(new, old, Budget(limits)) for old, new in parsed)
        causes[:] = [cause for each in found for cause in each]

    rounds = [(timed(parse), timed(check), timed(check)) for _ in range(options.rounds)]
    parsing, fresh, again = (best(times) for times in zip(*rounds, strict=True))
    print(f"{fields:,} fields in {FILES} files, {options.changes:.0%} changed, {len(causes):,} findings")
    rows = [("checking, schemas just parsed", fresh), ("checking, schemas used before", again)]
    rows.append(("parsing both sides (and protoc's process)", parsing))
    if BUF.exists():
        every, one = _buf(pairs), _buf(pairs[:1])
        rows.append(("buf breaking WIRE, the whole tree", every))
        share = max(every.clock - one.clock, 1e-9) / (FILES - 1)
        print(
            f"buf: {one.clock:.3f} s for one file, process start and reading included; {share:.3f} s each further file"
        )
        print(f"lineal: {(parsing.clock + fresh.clock) / FILES:.3f} s each file, parsing and checking")
    for name, took in rows:
        print(
            f"{name:42} {took.clock:7.3f} s {fields / took.clock:10,.0f} fields/s {took.clock / fresh.clock:6.2f} x"
            f"   processor here {took.processor:7.3f} s {fields / took.processor:12,.0f} fields/s"
        )
    return 0 if fields / fresh.processor >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
