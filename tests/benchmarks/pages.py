"""What the catalog's pages cost as a subject has more versions, or the registry more subjects.

Run with ``python -m tests.benchmarks.pages [--versions 10 100 1000] [--subjects 1000 60000]``. Fills SQLite files in a
temporary folder with the registry's own events, asks for every page in the process that makes it, and prints
milliseconds of processor time (the median of many, after the first has filled the caches), one column a size.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.events import SchemaRegistered
from registry.http.app import create_app
from registry.identity import guid
from registry.model import ANONYMOUS, DEFAULT, Build, ConfigurationChange, Content, Subject
from registry.references import define
from registry.service import Registry
from registry.service.definitions import identify, parse
from registry.settings import load
from tests.benchmarks.growth import fill
from web.app import pages
from web.site import Site

REPEATS: Final = 7
SUBJECT: Final = Subject(name="pages.OrderPlaced")
STAY: Final = 12
"""Fields that every version has."""
PASS: Final = 8
"""Fields that come with one version and go some versions later."""


def content(version: int) -> Content:
    names = [*(f"stays{number}" for number in range(STAY)), *(f"since{version - age}" for age in range(PASS))]
    fields = ",".join(f'{{"name":"{name}","type":"string","default":"","doc":"What it is."}}' for name in names)
    return Content(Format.AVRO, f'{{"type":"record","name":"OrderPlaced","namespace":"pages","fields":[{fields}]}}')


def registered(version: int) -> SchemaRegistered:
    each = content(PASS + version)
    identity = identify(parse(define(each, [], depth=1, lenient=False)), each, ".")
    return SchemaRegistered(
        version=version,
        schema_id=version,
        guid=guid(each.text, (), None, None),
        format="AVRO",
        text=each.text,
        canonical_digest=identity.canonical,
        normalized_digest=identity.normalized,
        level="NONE",
    )


def processor_ms(ask: Callable[[], object]) -> float:
    """The median of many, by the clock of the process."""
    taken = []
    for _ in range(REPEATS):
        begin = time.process_time()
        ask()
        taken.append(time.process_time() - begin)
    return statistics.median(taken) * 1_000


@contextmanager
def opened(folder: str) -> Iterator[Registry]:
    registry = Registry.open(load({"LINEAL_CACHE_ANSWERS": "0"}, database=f"sqlite:///{Path(folder) / 'lineal.db'}"))
    registry.configurations.configure(DEFAULT, ConfigurationChange(compatibility="NONE"))
    try:
        yield registry
    finally:
        registry.close()


def asked(client: TestClient[Litestar], paths: Mapping[str, str]) -> dict[str, float]:
    """By what is asked."""

    def ask(path: str) -> None:
        answer = client.get(path, headers={"accept": "text/html, application/json"})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"

    for path in paths.values():
        ask(path)
    return {title: processor_ms(lambda path=path: ask(path)) for title, path in paths.items()}  # type: ignore[misc]


def by_versions(versions: int) -> dict[str, float]:
    """The pages of one subject, which three readers read, and what the interface says of it."""
    page, name = f"/catalog/subjects/{SUBJECT.name}", SUBJECT.name
    with tempfile.TemporaryDirectory() as folder, opened(folder) as registry:
        with registry.store.write(ANONYMOUS) as writing:
            writing.append(*((SUBJECT, registered(version)) for version in range(1, versions + 1)))
        for number in range(3):
            build = Build(f"app{number}", "1")
            registry.contracts.declare_fields(SUBJECT, build, ["stays1", f"since{versions + 1}"])
            registry.contracts.record_deployment(build, "prod")
        with TestClient(pages(Site.over(registry))) as client:
            found = asked(
                client,
                {
                    "outline": page,
                    "outline, a version in the middle": f"{page}/versions/{versions // 2}",
                    "text": f"{page}/text",
                    "history": f"{page}/history",
                    "difference": f"{page}/diff/{versions - 1}...{versions}",
                    "compatibility": f"{page}/grid",
                    "readers": f"{page}/readers",
                    "one reader, latest version": f"{page}/readers/v/{versions}?app=app1&build=1",
                    "upcasters": f"{page}/upcasters",
                    "application": "/catalog/applications/app1",
                    "lineage": "/catalog/applications",
                },
            )
        with TestClient(create_app(registry=registry)) as client:
            found |= asked(
                client,
                {
                    "GET …/versions": f"/subjects/{name}/versions?deleted=true",
                    "GET …/versions, 10 of them": f"/subjects/{name}/versions?limit=10",
                    "GET /schemas, 10 of them": f"/schemas?subjectPrefix={name}&limit=10",
                    "GET /api/v1/subjects/{s}": f"/api/v1/subjects/{name}",
                    "GET /api/v1/…/matrix": f"/api/v1/subjects/{name}/matrix",
                },
            )
    return found


def by_subjects(subjects: int) -> dict[str, float]:
    """The list of subjects."""
    with tempfile.TemporaryDirectory() as folder, opened(folder) as registry:
        fill(registry, 0, subjects)
        site = Site.over(registry)
        begin = time.process_time()
        while site.index.refresh(60)[1]:
            pass
        indexed = time.process_time() - begin
        with TestClient(pages(site)) as client:
            found = asked(
                client,
                {
                    "front page": "/catalog",
                    "page in the middle": f"/catalog?after=growth.area50.Event{subjects // 2}",
                    "the same, counted": f"/catalog?page={subjects // 60}",
                    "a search": "/catalog?q=event77",
                    "newest changes": "/catalog/changes",
                },
            )
    return {**found, "index made, ms a subject": indexed / subjects * 1_000}


def show(title: str, sizes: Sequence[int], measure: Callable[[int], dict[str, float]]) -> None:
    columns = [measure(size) for size in sizes]
    print(f"{title:36}" + "".join(f"{size:>12,}" for size in sizes))
    for row in columns[0]:
        print(f"{row:36}" + "".join(f"{column[row]:12.2f}" for column in columns), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, nargs="*", default=[10, 100, 1_000])
    parser.add_argument("--subjects", type=int, nargs="*", default=[1_000, 60_000])
    chosen = parser.parse_args()
    if chosen.versions:
        show("versions of a subject", chosen.versions, by_versions)
    if chosen.subjects:
        show("subjects, 5 versions each", chosen.subjects, by_subjects)


if __name__ == "__main__":
    main()
