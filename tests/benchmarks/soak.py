"""Mixed load for a long time: whether memory, descriptors or latency of a node grow.

Run with ``python -m tests.benchmarks.soak [--seconds 1800] [--database postgresql://…]`` (``make soak``). Starts the
whole application, pages too, and asks it everything that clients ask, new registrations among it. Prints a line a
window, and at the end the last third beside the second: what grows shows there, whatever caches the first has filled.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.benchmarks.schema_by_id import serve

CLIENTS: Final = 8
SUBJECTS: Final = 200
WINDOWS: Final = 12
SMALL_CACHES: Final = {"LINEAL_CACHE_ANSWERS": "500", "LINEAL_CACHE_SCHEMAS": "500"}
"""So that they are full, and memory is at its plateau, within the first third."""
AS_SERVED: Final = {"MALLOC_ARENA_MAX": "2"}
"""As ``lineal serve`` starts its workers."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen in a part of the run."""

    requests: int
    median_ms: float
    slow_ms: float
    """95th percentile."""
    memory_mb: float
    descriptors: int
    threads: int
    failures: int
    medians_ms: Mapping[str, float]
    """By what was asked."""


@dataclass
class Load:
    """Clients that ask without pause until they are stopped."""

    url: str
    stop: threading.Event = field(default_factory=threading.Event)
    taken: list[tuple[str, float]] = field(default_factory=list)
    """What was asked, and the seconds until it was answered."""
    failures: list[str] = field(default_factory=list)

    def run(self, number: int) -> None:
        some = random.Random(number)
        with httpx.Client(base_url=self.url, timeout=30) as http:
            while not self.stop.is_set():
                (what,) = some.choices(list(QUESTIONS), weights=[weight for weight, _ in QUESTIONS.values()])
                begin = time.perf_counter()
                answer = QUESTIONS[what][1](http, some)
                self.taken.append((what, time.perf_counter() - begin))
                if answer.status_code >= 500 or answer.status_code not in (200, 404, 409):
                    self.failures.append(f"{answer.request.method} {answer.request.url}: {answer.text[:200]}")


def schema(some: random.Random, width: int) -> str:
    names = some.sample(range(40), width)
    fields = [{"name": f"f{number}", "type": "string", "default": ""} for number in names]
    return json.dumps({"type": "record", "name": f"E{some.randrange(1_000_000)}", "fields": fields})


def subject(some: random.Random) -> str:
    return f"soak.Event{some.randrange(SUBJECTS)}"


Question = Callable[[httpx.Client, random.Random], httpx.Response]

QUESTIONS: Final[Mapping[str, tuple[int, Question]]] = {
    "schema by id": (30, lambda http, some: http.get(f"/schemas/ids/{some.randrange(1, 500)}")),
    "latest version": (20, lambda http, some: http.get(f"/subjects/{subject(some)}/versions/latest")),
    "register": (
        15,
        lambda http, some: http.post(f"/subjects/{subject(some)}/versions", json={"schema": schema(some, 8)}),
    ),
    "look up": (5, lambda http, some: http.post(f"/subjects/{subject(some)}", json={"schema": '"string"'})),
    "check": (
        10,
        lambda http, some: http.post(
            f"/compatibility/subjects/{subject(some)}/versions/latest", json={"schema": schema(some, 6)}
        ),
    ),
    "subjects": (5, lambda http, _: http.get("/subjects", params={"limit": 50})),
    "settings": (5, lambda http, some: http.get(f"/config/{subject(some)}", params={"defaultToGlobal": "true"})),
    "page of a search": (2, lambda http, some: http.get("/catalog", params={"q": f"f{some.randrange(40)}"})),
    "page of a subject": (3, lambda http, some: http.get(f"/catalog/subjects/{subject(some)}")),
    "changes": (5, lambda http, some: http.get("/api/v1/changes", params={"after": some.randrange(200), "limit": 20})),
}
"""How often each is asked, of a hundred, and how."""


def observe(process: psutil.Process, load: Load, seconds: float) -> Window:
    """One window, over the process and its workers."""
    done, failed = len(load.taken), len(load.failures)
    time.sleep(seconds)
    asked = load.taken[done:]
    taken = sorted(seconds for _, seconds in asked) or [0.0]
    medians = {
        what: statistics.median([seconds for each, seconds in asked if each == what] or [0.0]) * 1_000
        for what in QUESTIONS
    }
    family = [process, *process.children(recursive=True)]
    return Window(
        requests=len(taken),
        median_ms=statistics.median(taken) * 1_000,
        slow_ms=taken[int(len(taken) * 0.95)] * 1_000,
        memory_mb=sum(each.memory_info().rss for each in family) / 1e6,
        descriptors=sum(each.num_fds() for each in family),
        threads=sum(each.num_threads() for each in family),
        failures=len(load.failures) - failed,
        medians_ms=medians,
    )


def soak(database: str, folder: Path, seconds: float, show: Callable[[Window], None]) -> tuple[list[Window], list[str]]:
    """The windows, and what went wrong."""
    environment = {**SMALL_CACHES, **AS_SERVED, "LINEAL_DATABASE": database, "LINEAL_COMPATIBILITY": "NONE"}
    server, port = serve("web.app:create_app", folder, "--factory", **environment)
    load, windows = Load(f"http://127.0.0.1:{port}"), []
    clients = [threading.Thread(target=load.run, args=(number,)) for number in range(CLIENTS)]
    try:
        for client in clients:
            client.start()
        for _ in range(WINDOWS):
            windows.append(observe(psutil.Process(server.pid), load, seconds / WINDOWS))
            show(windows[-1])
    finally:
        load.stop.set()
        for client in clients:
            client.join()
        server.terminate()
        server.wait(30)
    return windows, load.failures


def growth(windows: Sequence[Window], of: Callable[[Window], float]) -> float:
    """The last third beside the second."""
    third = len(windows) // 3
    return statistics.median(map(of, windows[-third:])) / statistics.median(map(of, windows[third : 2 * third]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1_800)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()

    def show(window: Window) -> None:
        print(
            f"{window.requests:8,} requests  median {window.median_ms:6.1f} ms  95 % {window.slow_ms:7.1f} ms  "
            f"{window.memory_mb:6.0f} MB  {window.descriptors:4} descriptors  {window.threads:3} threads  "
            f"{window.failures} failures",
            flush=True,
        )

    with tempfile.TemporaryDirectory() as folder:
        database = asked.database or f"sqlite:///{Path(folder) / 'lineal.db'}"
        windows, failures = soak(database, Path(folder), asked.seconds, show)
    for title, of in (
        ("memory", lambda window: window.memory_mb),
        ("descriptors", lambda window: window.descriptors),
        ("median latency", lambda window: window.median_ms),
        ("95 % latency", lambda window: window.slow_ms),
    ):
        print(f"{title:16} last third beside the second: {growth(windows, of):.2f}")
    for what in QUESTIONS:
        begun, ended = windows[0].medians_ms[what], windows[-1].medians_ms[what]
        print(f"{what:18} median {begun:6.1f} ms in the first window, {ended:6.1f} ms in the last")
    print(*failures[:10], sep="\n", file=sys.stderr)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
