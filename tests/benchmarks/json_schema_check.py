"""How long a check of two JSON Schemas takes, beside reading the same texts and beside jsonschema-rs, in one run.

``python tests/benchmarks/json_schema_check.py``; prints ratios, which hold on a busy machine where times do not.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import jsonschema_rs

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.json_schema.engine import JsonSchemaEngine
from tests.compat.json_schema.strategies import random_pair

ENGINE = JsonSchemaEngine()
REPEATS = 7


def order(size: int, kind: str) -> Any:
    """A closed event of ``size`` groups of fields; 60 groups are about 12 kB."""
    group = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z]{2}-[0-9]+$"},
            "count": {"type": kind, "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 40}},
        },
        "required": ["id"],
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {f"g{i}": group for i in range(size)}, "additionalProperties": False}


def pairs() -> dict[str, list[tuple[Any, Any]]]:
    small = [random_pair(seed) for seed in range(400)]
    plain = [(each.writer, each.reader) for each in small if "$ref" not in json.dumps([each.writer, each.reader])]
    return {
        "random pairs": plain,
        "12 kB, compatible": [(order(45, "integer"), order(45, "number"))],
        "12 kB, incompatible": [(order(45, "number"), order(45, "integer"))],
    }


def middle(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def judged(writer: Any, reader: Any) -> float:
    """Milliseconds of jsonschema-rs; 0 for what it cannot take."""
    draft = jsonschema_rs.Draft202012 if "2020-12" in str(writer) else jsonschema_rs.Draft7
    start = time.perf_counter()
    try:
        w = jsonschema_rs.canonicalize(writer, draft=draft, validate_formats=False)
        jsonschema_rs.canonicalize(reader, draft=draft, validate_formats=False).covers(w)
    except Exception:  # noqa: BLE001 - it raises many kinds
        return 0.0
    return (time.perf_counter() - start) * 1e3


def measure(writer: Any, reader: Any) -> tuple[float, float, float]:
    """Milliseconds of a check on parsed schemas not seen before, of reading the texts, of jsonschema-rs."""
    texts = [json.dumps(each) for each in (writer, reader)]
    checks, reads, rust = [], [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        old, new = (ENGINE.parse(Definition(Format.JSON, text)) for text in texts)
        read = time.perf_counter()
        list(ENGINE.incompatibilities(new, old, Budget()))
        checked = time.perf_counter()
        reads.append((read - start) * 1e3)
        checks.append((checked - read) * 1e3)
        rust.append(judged(writer, reader))
    return middle(checks), middle(reads), middle(rust)


def main() -> None:
    print(f"{'pairs':22} {'check p50':>10} {'p95':>9} {'reading':>9} {'rust':>9}  check/reading  check/rust")
    for name, members in pairs().items():
        rows = [measure(*pair) for pair in members]
        checks = sorted(row[0] for row in rows)
        reading, rust = middle([row[1] for row in rows]), middle([row[2] for row in rows])
        half, late = checks[len(checks) // 2], checks[min(int(len(checks) * 0.95), len(checks) - 1)]
        ratio = f"{half / rust:10.1f}" if rust else "         -"
        print(
            f"{name:22} {half:7.2f} ms {late:6.2f} ms {reading:6.2f} ms {rust:6.3f} ms  {half / reading:13.2f}  {ratio}"
        )


if __name__ == "__main__":
    main()
