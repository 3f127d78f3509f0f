"""What requests cost as the registry grows: the same questions at 1,000 subjects and at 100 times as many.

Run with ``python -m tests.benchmarks.growth [--subjects 1000 10000 100000] [--database postgresql://…]``: SQLite in a
temporary folder, or databases that are made (and dropped) on the given server. A database grows from size to size, five
versions a subject, filled with the registry's own events and projections, and a copy of it is kept at each size. Then
the copies are asked in turns, each time by a new process: every question often, of subjects chosen at random. Prints
milliseconds (the least of the medians of the rounds), their ratio to the smallest size, and the time to open and the
memory of the process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Final

from compat.definition import Format
from registry.events import SchemaRegistered
from registry.identity import guid
from registry.model import ANONYMOUS, DEFAULT, ConfigurationChange, Content, Page, Subject
from registry.references import define
from registry.service import Registry
from registry.service.definitions import identify, parse
from registry.settings import load
from tests.benchmarks.databases import Databases, postgresql, sqlite

VERSIONS: Final = 5
REPEATS: Final = 300
ROUNDS: Final = 3
AT_ONCE: Final = 2_000
KNOWN_EVERY: Final = 10
"""Of so many subjects one has real digests, and can be asked for by its text."""
KNOWN: Final = 50
"""So many of them are asked for in turns, however many there are."""
PAGE: Final = Page(limit=100)


def content(subject: int, version: int) -> Content:
    fields = ",".join(f'{{"name":"f{number}","type":"string","default":""}}' for number in range(version + 3))
    return Content(Format.AVRO, f'{{"type":"record","name":"E{subject}","namespace":"growth","fields":[{fields}]}}')


def name(number: int) -> Subject:
    return Subject(name=f"growth.area{number % 97}.Event{number}")


def fill(registry: Registry, begin: int, end: int) -> None:
    """Subjects from one number to another, as events that have already been decided upon."""
    for start in range(begin, end, AT_ONCE):
        with registry.store.write(ANONYMOUS) as writing:
            writing.append(
                *(
                    (name(subject), registered(subject, version))
                    for subject in range(start, min(start + AT_ONCE, end))
                    for version in range(1, VERSIONS + 1)
                )
            )
        print(f"\r   filled {min(start + AT_ONCE, end):>9,} subjects", end="", file=sys.stderr)
    print(file=sys.stderr)


def registered(subject: int, version: int) -> SchemaRegistered:
    each = content(subject, version)
    identity = (
        identify(parse(define(each, [], depth=1, lenient=False)), each, ".") if subject % KNOWN_EVERY == 0 else None
    )
    return SchemaRegistered(
        version=version,
        schema_id=subject * VERSIONS + version,
        guid=guid(each.text, (), None, None),
        format="AVRO",
        text=each.text,
        # asked for by digest are only these; the others have one as random as a digest is
        canonical_digest=identity.canonical if identity else random.randbytes(32).hex(),
        normalized_digest=identity.normalized if identity else random.randbytes(32).hex(),
        level="NONE",
    )


def milliseconds(ask: Callable[[], object]) -> float:
    """The median of many."""
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken) * 1_000


def measure(database: str, subjects: int) -> dict[str, float]:
    """In a process of its own, so that memory and start are those of a node."""
    begin = time.perf_counter()
    registry = Registry.open(load({}, database=database))
    opened = time.perf_counter() - begin
    known = iter(cycle(random.sample(range(0, subjects, KNOWN_EVERY), min(KNOWN, subjects // KNOWN_EVERY))))
    new = iter(range(1_000_000_000))
    with registry.store.read() as reading:
        first_new = reading.position()

    def some() -> Subject:
        return name(random.randrange(subjects))

    questions: dict[str, Callable[[], object]] = {
        "register a new version": lambda: registry.registration.register(some(), content(first_new + next(new), 9)),
        "register again": lambda: registry.registration.register(name(again := next(known)), content(again, 5)),
        "look up by text": lambda: registry.lookup.by_text(name(again := next(known)), content(again, 3)),
        "schema by id": lambda: registry.lookup.by_id(random.randrange(1, subjects * VERSIONS)),
        "latest version": lambda: registry.lookup.version(some(), "latest"),
        "first page of subjects": lambda: registry.lookup.subjects(page=PAGE),
        "first page of a prefix": lambda: registry.lookup.subjects("growth.area4", page=PAGE),
        "first page of schemas": lambda: registry.lookup.listed(page=PAGE),
        "first page of the catalog": lambda: registry.catalog.subjects(page=Page(limit=30)),
        "newest changes": lambda: registry.catalog.latest_changes(limit=50),
    }
    found = {question: milliseconds(ask) for question, ask in questions.items()}
    registry.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**found, "opening, ms": opened * 1_000, "memory, MB": memory}


def grown(databases: Databases, sizes: Sequence[int]) -> None:
    """Databases named by their number of subjects."""
    done = 0
    for size in sizes:
        registry = Registry.open(load({}, database=databases.url("filled")))
        if not done:
            registry.configurations.configure(DEFAULT, ConfigurationChange(compatibility="NONE"))
        fill(registry, done, size)
        registry.close()
        databases.copy("filled", f"{size}")
        done = size


def measured(databases: Databases, sizes: Sequence[int]) -> list[dict[str, float]]:
    """By size, the least of what the rounds have found: other work on the machine only ever adds."""
    curves: list[dict[str, float]] = [{} for _ in sizes]
    for _ in range(ROUNDS):
        for size, curve in zip(sizes, curves, strict=True):
            command = [sys.executable, "-m", "tests.benchmarks.growth", "--database", databases.url(f"{size}")]
            answer = subprocess.run([*command, "--measure", f"{size}"], check=True, capture_output=True, text=True)
            for question, found in json.loads(answer.stdout).items():
                curve[question] = min(found, curve.get(question, found))
    return curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--database", default="")
    parser.add_argument("--measure", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.database, asked.measure)))
        return
    sizes = sorted(asked.subjects)
    with postgresql(asked.database) if asked.database else sqlite() as databases:
        grown(databases, sizes)
        curves = measured(databases, sizes)
    print(f"{'subjects, 5 versions each':28}" + "".join(f"{size:>20,}" for size in sizes))
    for question, base in curves[0].items():
        cells = (f"{curve[question]:12,.2f} {curve[question] / base:6.2f}x" for curve in curves)
        print(f"{question:28}" + "".join(cells))


if __name__ == "__main__":
    main()
