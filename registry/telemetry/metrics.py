"""The metrics of a process, for Prometheus. Labels have few values: routes, formats, outcomes, never names."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_NOW: Final = "mostrecent"
"""Of several workers the one that is asked says how it is: the others have said how it was."""

_SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers keep their figures for each other: files that end with the number of the process."""

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS: Final = Counter("lineal_requests", "Answered requests.", ["route", "status"])
SECONDS: Final = Histogram("lineal_request_seconds", "Until a request was answered.", ["route"], buckets=_SHORT)
IN_FLIGHT: Final = Gauge("lineal_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum")
READY: Final = Counter("lineal_ready_answers", "Reads answered from memory (hit), or made (miss).", ["kept"])
TURNED_AWAY: Final = Counter("lineal_turned_away", "Requests that were not let in, by error code.", ["code"])
CHECKS: Final = Counter("lineal_checks", "Compatibility checks.", ["format", "outcome"])
CHECK_SECONDS: Final = Histogram("lineal_check_seconds", "Until a check was decided.", ["format"], buckets=_SHORT)
WITNESS_SECONDS: Final = Counter("lineal_witness_seconds", "Spent executing events in real decoders.", ["format"])
TRANSACTIONS: Final = Histogram("lineal_transaction_seconds", "In a database transaction.", ["kind"], buckets=_SHORT)
POSITION: Final = Gauge("lineal_log_position", "Position of the last entry of the log.", multiprocess_mode=_NOW)
HEARD: Final = Gauge(
    "lineal_log_heard", "Position up to which this node has heard the log.", multiprocess_mode="livemin"
)
LAG: Final = Gauge("lineal_follower_lag", "Entries behind the registry that is followed.", multiprocess_mode=_NOW)
SILENCE: Final = Gauge(
    "lineal_follower_silence_seconds", "Since the registry that is followed last answered.", multiprocess_mode=_NOW
)
CONNECTIONS: Final = Gauge(
    "lineal_database_connections", "Open connections to the database, by state.", ["state"], multiprocess_mode="livesum"
)
BUILD: Final = Gauge("lineal_build", "The version that runs; always 1.", ["version"], multiprocess_mode="max")


class Meter:
    """Counts the requests of one route; made once, so that counting costs little."""

    __slots__ = ("_counts", "_observe", "route")

    def __init__(self, route: str) -> None:
        self.route = route
        self._observe = SECONDS.labels(route).observe
        self._counts: dict[int, Counter] = {}

    def __call__(self, status: int, seconds: float) -> None:
        count = self._counts.get(status)
        if count is None:
            count = self._counts[status] = REQUESTS.labels(self.route, str(status))
        count.inc()
        self._observe(seconds)


@lru_cache(1_000)
def meter(route: str) -> Meter:
    """The meter of a route: a method and a path with its parameters' names."""
    return Meter(route)


def exposition() -> bytes:
    """Everything as text; of all workers, where there are several."""
    BUILD.labels(version("lineal")).set(1)
    folder = os.environ.get(_SHARED)
    if folder is None:
        return generate_latest(REGISTRY)
    _bury(Path(folder))
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _bury(folder: Path) -> None:
    """What workers said of the moment that have died since; what they have counted stays."""
    for number in {file.stem.rpartition("_")[2] for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(int(number), 0)
        except (ProcessLookupError, PermissionError):  # none, or somebody else's by now
            mark_process_dead(int(number))  # type: ignore[no-untyped-call]
