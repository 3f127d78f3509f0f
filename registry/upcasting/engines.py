"""The engines that a proof can ask besides Python's. None of them is needed to run a registry.

Each gets all events at once, a bounded time, and no access to anything but them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from compat.definition import Format
from registry.upcasting.forms import AS_DATA, AS_JSON, AS_PARSED, Form, LeftOut
from upcasters.compile import duckdb as duckdb_target
from upcasters.compile import javascript
from upcasters.compile.capabilities import PROTOBUF_FORM
from upcasters.compile.jsonata import blocked_in_python, compile_step
from upcasters.fuse import fuse
from upcasters.operations import Operation
from upcasters.shape import Array, OneOf, Record, Shape, Table

SECONDS: Final = 5.0
"""For one engine and all events of one direction."""
_SPLITS: Final = 40
"""Queries that look for the events an engine refuses."""


class _Refused:
    """Stands for what an engine makes of an event that it refuses."""


REFUSED: Final = _Refused()


class NotCompared(Exception):
    """An engine cannot be asked; says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A step in one direction."""

    ops: tuple[Operation, ...]
    shape: Shape
    """Of the events before it."""
    format: Format
    direction: str = "up"

    @property
    def wide_integers(self) -> bool:
        """Whether whole numbers may be beyond 2^53, as in Avro and Protobuf."""
        return self.format is not Format.JSON


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine meets events, and how it is asked."""

    form: Form
    run: Callable[[Asked, Sequence[Any]], list[Any]]
    """What a step makes of events, REFUSED where it refuses one. Raises NotCompared, NotPortable, PlanTooHeavy."""
    meets: Callable[[Asked, Any], None] = lambda _asked, _payload: None
    """Raises LeftOut for a payload that it does not treat as the others do."""
    obstacle: Callable[[Asked], str] = lambda _asked: ""
    """Why it cannot run the step at all."""


# DuckDB


def _in_duckdb(asked: Asked, events: Sequence[Any]) -> list[Any]:
    expression = duckdb_target.DuckDB("e").expression(fuse([asked.ops], asked.shape))
    query = f"SELECT ({expression})::VARCHAR FROM (SELECT unnest($1::VARCHAR[]) AS e)"  # noqa: S608 - quoted throughout
    with _duckdb(SECONDS) as connection:
        return _answered(connection, query, [json.dumps(event) for event in events], [_SPLITS])


def _answered(connection: Any, query: str, events: list[str], splits: list[int]) -> list[Any]:
    """The results of one query; where it fails, of two halves, until the events that it refuses stand alone."""
    import duckdb

    try:
        return [json.loads(row[0]) for row in connection.execute(query, [events]).fetchall()]
    except duckdb.InterruptException as error:
        raise NotCompared(f"it took longer than {SECONDS:.0f} seconds") from error
    except duckdb.Error:
        splits[0] -= 1
        if len(events) == 1 or splits[0] < 0:
            return [REFUSED] * len(events)
    middle = len(events) // 2
    return [
        *_answered(connection, query, events[:middle], splits),
        *_answered(connection, query, events[middle:], splits),
    ]


@contextmanager
def _duckdb(seconds: float) -> Iterator[Any]:
    """A connection that is interrupted when its time is up."""
    connection = _database().cursor()
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield connection
    finally:
        timer.cancel()
        connection.close()


@lru_cache(maxsize=1)
def _database() -> Any:
    """A database in memory with the functions that generated SQL calls; it can reach nothing else."""
    try:
        import duckdb
    except ImportError as error:
        raise NotCompared("duckdb is not installed here") from error
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "enable_external_access": "false"})
    connection.execute(duckdb_target.runtime())
    return connection


# JSONata, as stock Python clients run it


def _require_declared(asked: Asked, payload: Any) -> None:
    if not _is_declared(payload, asked.shape):
        raise LeftOut("a member that no schema declares, which rules for stock clients drop")


def _is_declared(value: Any, shape: Shape) -> bool:
    """Whether a value has no member that its shape does not declare: rules for stock clients drop those."""
    match shape, value:
        case Record(members=members), dict():
            return all(name in members and _is_declared(item, members[name].shape) for name, item in value.items())
        case Array(items=items), list():
            return all(_is_declared(item, items) for item in value)
        case Table(values=values), dict():
            return all(_is_declared(item, values) for item in value.values())
        case OneOf(arms=arms), dict() | list():
            return any(_is_declared(value, arm) for arm in arms if isinstance(arm, Record | Array | Table | OneOf))
        case _:
            return True


def _obstacle(asked: Asked) -> str:
    if asked.format is Format.PROTOBUF:
        return PROTOBUF_FORM
    return blocked_in_python(asked.shape) if asked.format is Format.AVRO else ""


def _in_jsonata(asked: Asked, events: Sequence[Any]) -> list[Any]:
    try:
        import jsonata
    except ImportError as error:
        raise NotCompared("jsonata-python is not installed here") from error
    rule = jsonata.Jsonata(compile_step(asked.ops, asked.shape, wide_integers=asked.wide_integers))
    deadline = time.monotonic() + SECONDS
    results: list[Any] = []
    for event in events:
        if time.monotonic() > deadline:
            raise NotCompared(f"it took longer than {SECONDS:.0f} seconds")
        try:
            results.append(rule.evaluate(event))
        except Exception:  # noqa: BLE001 - whatever it is, the event is refused there
            results.append(REFUSED)
    return results


# JavaScript


def _in_javascript(asked: Asked, events: Sequence[Any]) -> list[Any]:
    node = shutil.which("node")
    if node is None:
        raise NotCompared("there is no node on the PATH")
    module = javascript.source(fuse([asked.ops], asked.shape)).replace("export function", "function")
    program = f"{module}\n{_EACH.replace('EVENTS', json.dumps(json.dumps(events)))}"
    try:
        done = subprocess.run(  # noqa: S603 - the program is generated here, of a language without input or output
            [node, "--input-type=module", "--max-old-space-size=256", "-"],
            input=program, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, env={}, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotCompared(f"it took longer than {SECONDS:.0f} seconds") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotCompared(f"node does not run: {error}") from error
    return [result.get("is", REFUSED) for result in json.loads(done.stdout, parse_int=_javascript_number)]


def _javascript_number(digits: str) -> int | float:
    """A number without point or exponent: beyond 2^53 it is the double that JavaScript prints so."""
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


_EACH: Final = """
process.stdout.write(JSON.stringify(JSON.parse(EVENTS).map((event) => {
  try { return { is: upcast(event) }; } catch (error) { return {}; }
})));
"""

ENGINES: Final[Mapping[str, Engine]] = MappingProxyType({
    "DuckDB": Engine(AS_JSON, _in_duckdb),
    "JavaScript": Engine(AS_PARSED, _in_javascript),
    "JSONata": Engine(AS_DATA, _in_jsonata, _require_declared, _obstacle),
})  # fmt: skip
"""By the name that reports give them."""
