"""What requests about one subject cost as its history grows, beside the same of a short one.

Run with ``python -m tests.benchmarks.histories [--versions 10 100 1000 5000] [--database postgresql://…]``: subjects of
these sizes in one database, on SQLite in a temporary folder or in a database that is made (and dropped) on the given
server, filled with the registry's own events. Every question is asked often, after two that fill the caches. Prints
milliseconds of this process' processor time and their ratio to the shortest history.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Final

from compat.level import Level
from registry.errors import SchemaNotFound
from registry.model import ANONYMOUS, DEFAULT, ConfigurationChange, Page, Subject
from registry.service import Registry
from registry.settings import load
from tests.benchmarks.databases import Databases, postgresql, sqlite
from tests.benchmarks.pages import PASS, content, registered

REPEATS: Final = 100
AT_ONCE: Final = 500
UNKNOWN: Final = 1_000_000
"""Beyond all versions: of a schema that no subject has."""


def name(versions: int) -> Subject:
    return Subject(name=f"histories.Of{versions}")


def fill(registry: Registry, sizes: Sequence[int]) -> None:
    """The longest history in full, the others as far as they go: the same schemas under the same ids."""
    registry.configurations.configure(DEFAULT, ConfigurationChange(compatibility="NONE"))
    for start in range(1, max(sizes) + 1, AT_ONCE):
        events = {version: registered(version) for version in range(start, min(start + AT_ONCE, max(sizes) + 1))}
        with registry.store.write(ANONYMOUS) as writing:
            for size in sizes:
                writing.append(*((name(size), event) for version, event in events.items() if version <= size))


def processor_ms(ask: Callable[[], object]) -> float:
    """The mean of many, by the clock of the process: its clock is too coarse for one."""
    for _ in range(2):
        ask()
    begin = time.process_time()
    for _ in range(REPEATS):
        ask()
    return (time.process_time() - begin) / REPEATS * 1_000


def questions(registry: Registry, versions: int, new: Callable[[], int]) -> dict[str, Callable[[], object]]:
    subject, middle, unknown = name(versions), content(PASS + versions // 2), content(UNKNOWN)

    def look_up_in_vain() -> None:
        with suppress(SchemaNotFound):
            registry.lookup.by_text(subject, unknown)

    return {
        "look up by text": lambda: registry.lookup.by_text(subject, middle),
        "look up in vain": look_up_in_vain,
        "check against the latest": lambda: registry.checking.against_version(subject, unknown, "latest"),
        "check against one": lambda: registry.checking.against_version(subject, unknown, versions // 2),
        "check, BACKWARD": lambda: registry.checking.against_history(subject, unknown, level=Level.BACKWARD),
        "register again": lambda: registry.registration.register(subject, middle),
        "register a new version": lambda: registry.registration.register(subject, content(UNKNOWN + new())),
        "latest version": lambda: registry.lookup.version(subject, "latest"),
        "numbers of all versions": lambda: registry.lookup.numbers(subject),
        "schemas, the first 10": lambda: registry.lookup.listed(str(subject), page=Page(limit=10)),
        "schemas, latest only": lambda: registry.lookup.listed(str(subject), latest_only=True, page=Page(limit=10)),
        "referrers": lambda: registry.lookup.referrers(subject, "latest"),
        "catalog, the last 30 versions": lambda: registry.catalog.subject(subject, 30),
    }


def measured(databases: Databases, sizes: Sequence[int]) -> list[dict[str, float]]:
    """By size."""
    registry = Registry.open(load({}, database=databases.url("histories")))
    new = count(1)
    try:
        fill(registry, sizes)
        return [
            {title: processor_ms(ask) for title, ask in questions(registry, size, lambda: next(new)).items()}
            for size in sizes
        ]
    finally:
        registry.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, nargs="+", default=[10, 100, 1_000, 5_000])
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    sizes = sorted(asked.versions)
    with postgresql(asked.database) if asked.database else sqlite() as databases:
        curves = measured(databases, sizes)
    print(f"{'versions of the subject':30}" + "".join(f"{size:>16,}" for size in sizes))
    for question, base in curves[0].items():
        cells = (f"{curve[question]:8.2f} {base and curve[question] / base:6.2f}x" for curve in curves)
        print(f"{question:30}" + "".join(cells))


if __name__ == "__main__":
    main()
