"""The engines that a proof can ask besides Python's. None of them is needed to run a registry.

Each gets all events at once, a share of one bounded time, and no access to anything but them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from registry.upcasting.engines import duckdb, javascript, jsonata, postgresql, spark
from registry.upcasting.engines.clock import Budget, Clock, NotCompared
from registry.upcasting.engines.engine import REFUSED, Asked, Engine
from registry.upcasting.engines.forms import LeftOut

__all__ = ["REFUSED", "Asked", "Budget", "Clock", "Engine", "LeftOut", "NotCompared", "engines", "unasked"]

_ENGINES: Final[Mapping[str, Callable[[str], tuple[Engine, ...]]]] = MappingProxyType({
    "DuckDB": lambda _: duckdb.ENGINES,
    "JavaScript": lambda _: javascript.ENGINES,
    "JSONata": lambda _: jsonata.ENGINES,
    "PostgreSQL": postgresql.at,
    "Spark": lambda _: spark.ENGINES,
})  # fmt: skip


def engines(names: Iterable[str], postgresql: str = "") -> tuple[Engine, ...]:
    """Engines by the names that settings give them, some of which run steps in several forms.

    ``postgresql`` is the URL of the server that is asked.
    """
    return tuple(engine for name in names for engine in _ENGINES[name](postgresql))


def unasked(names: Iterable[str], reason: str) -> tuple[Engine, ...]:
    """Engines that are not asked, for reports to say why."""
    return tuple(Engine(name, lambda _asked, _events, _clock: [], obstacle=lambda _asked: reason) for name in names)
