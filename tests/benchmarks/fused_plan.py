"""A five-step chain on a twelve-field event: the fused plan beside hand-written code, closures and the interpreter.

Prints microseconds per event and the ratios that count; times move with the machine, ratios in one run do not.
Run: .venv/bin/python tests/benchmarks/fused_plan.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson

from upcasters.chain import Chain, chain_from_json, chain_to_json
from upcasters.document import Document, read
from upcasters.shape import INT64, STRING, Array, Choice, Member, Record

ITEM = Record({"sku": Member(STRING), "qty": Member(INT64), "price": Member(INT64)})
SHAPE = Record(
    {
        "order_id": Member(STRING), "cust_first": Member(STRING), "cust_last": Member(STRING), "mail": Member(STRING),
        "zip": Member(STRING), "city": Member(STRING), "status": Member(Choice(("N", "P", "S"))),
        "created": Member(INT64), "total": Member(INT64), "weight_kg": Member(INT64), "legacy_flag": Member(STRING),
        "items": Member(Array(ITEM)),
    }
)  # fmt: skip

STEPS: list[list[dict[str, Any]]] = [
    [
        {"rename": {"at": "/cust_first", "to": "first_name"}},
        {"rename": {"at": "/cust_last", "to": "last_name"}},
        {"rename": {"at": "/mail", "to": "email"}},
        {"remove": {"at": "/legacy_flag"}},
    ],
    [
        {"move": {"from": "/zip", "to": "/address/postal_code"}},
        {"move": {"from": "/city", "to": "/address/city"}},
        {"map": {"at": "/status", "table": {"N": "NEW", "P": "PAID", "S": "SHIPPED"}}},
    ],
    [
        {"convert": {"at": "/created", "using": "epoch_s->epoch_ms"}},
        {"rename": {"at": "/created", "to": "created_at"}},
        {"scale": {"at": "/weight_kg", "to": "weight_g", "by": 1000, "rounding": "exact", "result": "int64"}},
        {"add": {"at": "/currency", "value": "EUR"}},
    ],
    [
        {"each": {"at": "/items", "ops": [
            {"rename": {"at": "/qty", "to": "quantity"}},
            {"scale": {"at": "/price", "to": "price_cents", "by": 100, "rounding": "exact", "result": "int64"}},
        ]}},
        {"add": {"at": "/channel", "value": "web"}},
    ],
    [
        {"set": {"at": "/customer/name", "expr": "first_name + ' ' + last_name"}},
        {"move": {"from": "/email", "to": "/customer/email"}},
        {"remove": {"at": "/first_name"}},
        {"remove": {"at": "/last_name"}},
        {"wrap": {"at": "/order_id"}},
        {"rename": {"at": "/order_id", "to": "order_ids"}},
    ],
]  # fmt: skip

EVENT = {
    "order_id": "o-1", "cust_first": "Ann", "cust_last": "Lee", "mail": "ann@example.org", "zip": "1010",
    "city": "Wien", "status": "P", "created": 1_700_000_000, "total": 4200, "weight_kg": 3, "legacy_flag": "x",
    "items": [{"sku": f"s{i}", "qty": i, "price": 10 * i} for i in range(1, 4)],
}  # fmt: skip

STATUS = {"N": "NEW", "P": "PAID", "S": "SHIPPED"}


def by_hand(e: dict[str, Any]) -> dict[str, Any]:
    """Straight from the first version to the last, as a good engineer writes it."""
    return {
        "total": e["total"],
        "address": {"postal_code": e["zip"], "city": e["city"]},
        "status": STATUS[e["status"]],
        "created_at": e["created"] * 1000,
        "weight_g": e["weight_kg"] * 1000,
        "currency": "EUR",
        "items": [
            {"sku": item["sku"], "quantity": item["qty"], "price_cents": item["price"] * 100} for item in e["items"]
        ],
        "channel": "web",
        "customer": {"name": e["cust_first"] + " " + e["cust_last"], "email": e["mail"]},
        "order_ids": [e["order_id"]],
    }


def documents() -> list[Document]:
    """The five steps."""
    return [
        read({"upcast": 1, "subject": "orders.OrderPlaced", "from": version, "to": version + 1, "ops": ops})
        for version, ops in enumerate(STEPS, 1)
    ]


def chain(mechanism: str = "source") -> Chain:
    """The five steps in a row."""
    return Chain.up(documents(), SHAPE, mechanism=mechanism)


def measure(runs: dict[str, Callable[[], Any]], rounds: int = 25, seconds: float = 0.02) -> dict[str, float]:
    """The best processor time of each in microseconds, taken in turns so that a busy machine hurts all alike."""
    loops = {}
    for name, run in runs.items():
        started, count = time.process_time(), 0
        while time.process_time() - started < seconds:
            run()
            count += 1
        loops[name] = max(count, 1)
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.process_time()
            for _ in range(loops[name]):
                run()
            best[name] = min(best[name], (time.process_time() - started) / loops[name] * 1e6)
    return best


def first_use() -> float:
    """Milliseconds to read a chain of 50 steps as the registry serves it, check its hashes, fuse and compile it."""
    ops = [
        [{"rename": {"at": f"/m{step}", "to": f"m{step + 1}"}}, {"add": {"at": f"/a{step}", "value": step}}]
        for step in range(50)
    ]
    steps = [
        read({"upcast": 1, "subject": "s", "from": step + 1, "to": step + 2, "ops": each})
        for step, each in enumerate(ops)
    ]
    shape = Record({"m0": Member(STRING), **{f"k{index}": Member(STRING) for index in range(12)}})
    served = orjson.dumps(chain_to_json("s", 1, steps, {1: shape}))
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        assert chain_from_json(orjson.loads(served)).function is not None
        best = min(best, (time.process_time() - started) * 1e3)
    return best


def main() -> None:
    """Measure and print."""
    fused, closures = chain(), chain("closures")
    plan, nested = fused.function, closures.function
    wanted = by_hand(EVENT)
    assert plan(EVENT) == nested(EVENT) == fused.interpret(EVENT) == wanted
    data = orjson.dumps(EVENT)
    times = measure(
        {
            "by hand": lambda: by_hand(EVENT),
            "fused plan": lambda: plan(EVENT),
            "fused, as called": lambda: fused(EVENT),
            "closures": lambda: nested(EVENT),
            "interpreter": lambda: fused.interpret(EVENT),
            "bytes, by hand": lambda: orjson.dumps(by_hand(orjson.loads(data))),
            "bytes, fused": lambda: orjson.dumps(plan(orjson.loads(data))),
        }
    )
    for name, value in times.items():
        print(f"{name:18} {value:9.2f} us/event")
    print(f"fused / by hand            {times['fused plan'] / times['by hand']:6.2f}   (target: at most 1.2)")
    print(f"called / by hand           {times['fused, as called'] / times['by hand']:6.2f}")
    print(f"closures / fused           {times['closures'] / times['fused plan']:6.2f}")
    print(f"interpreter / fused        {times['interpreter'] / times['fused plan']:6.1f}   (target: at least 15)")
    print(f"bytes: fused / by hand     {times['bytes, fused'] / times['bytes, by hand']:6.2f}   (target: at most 1.1)")
    print(f"first use of 50 steps      {first_use():6.1f} ms (target: at most 50)")


if __name__ == "__main__":
    main()
