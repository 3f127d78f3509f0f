"""A look at the past: the first one, a step from there, and a second look, beside the same question to the present.

Run with ``python -m tests.benchmarks.past``: 5,000 versions of 1,000 subjects on SQLite in a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable

from registry.events import SchemaRegistered
from registry.model import ANONYMOUS, Subject
from registry.service import Registry
from registry.settings import load

ENTRIES = 5_000
SUBJECTS = 1_000
AT_ONCE = 500


def event(number: int) -> tuple[Subject, SchemaRegistered]:
    text = f'{{"type":"record","name":"R{number}","fields":[{{"name":"id","type":"string"}}]}}'
    return Subject(name=f"s{number % SUBJECTS}"), SchemaRegistered(
        version=number // SUBJECTS + 1,
        schema_id=number + 1,
        guid=str(number),
        format="AVRO",
        text=text,
        canonical_digest=str(number),
        normalized_digest=str(number),
    )


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry.open(load({}, database=f"sqlite:///{folder}/lineal.db"))
        try:
            measure(registry)
        finally:
            registry.close()


def measure(registry: Registry) -> None:
    def write() -> None:
        for start in range(0, ENTRIES, AT_ONCE):
            with registry.store.write(ANONYMOUS) as writing:
                writing.append(*map(event, range(start, start + AT_ONCE)))

    def look(at: int) -> Callable[[], object]:
        return registry.at(at).catalog.subjects

    written = seconds(write)
    present = min(seconds(registry.catalog.subjects) for _ in range(20))
    first = seconds(look(ENTRIES - 20))
    step = seconds(look(ENTRIES - 10))
    again = min(seconds(look(ENTRIES - 10)) for _ in range(20))
    lines = [
        f"writing the entries in batches       {ENTRIES / written:10,.0f}/s",
        (
            f"first look, replays {ENTRIES - 20:,}           {first:8.3f} s   {ENTRIES / first:,.0f}/s, "
            f"{first / written:.2f} of writing them"
        ),
        f"ten entries further                  {step * 1000:8.1f} ms",
        f"the same moment again                {again * 1000:8.2f} ms  {again / present:.2f} of the present's list",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
