"""Confluent's own JSON deserialiser by the size of events and the length of chains: JSONata, plans, and no work at all.

One run prints them all, with two ratios: what plans save over JSONata, and what an executor that does nothing would.
Run: .venv/bin/python -m tests.benchmarks.stock_curve [flat order10 order50 nested]
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import httpx
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.benchmarks.fused_plan import measure
from tests.benchmarks.stock_deserializer import Idle, json_schema, registry
from upcasters import Chain, Client, Document, read
from upcasters.integrations.confluent_kafka import PlanExecutor
from upcasters.shape import INT64, STRING, Array, Choice, Member, Record, Shape
from upcasters.shape_change import change

LENGTHS: Final = (1, 3, 5, 20)
"""Steps from the version of an event to the latest."""
_VERSIONS: Final = max(LENGTHS) + 1


def _record(**members: Shape) -> Record:
    return Record({name: Member(shape) for name, shape in members.items()})


_FLAT: Final[dict[str, Shape]] = {**{f"text_{n}": STRING for n in range(8)}, "n1": INT64, "count": INT64}
_LINE: Final = _record(sku1=STRING, quantity=INT64, note=STRING, state=Choice(("a1", "b")))
_EVENT: Final[dict[str, Any]] = {**{f"text_{n}": f"text number {n}" for n in range(8)}, "n1": 7, "count": 12}


def _lines(count: int) -> list[dict[str, Any]]:
    return [{"sku1": f"sku-{n}", "quantity": n, "note": "as ordered", "state": "a1"} for n in range(count)]


def _within(kind: str, version: int) -> list[dict[str, Any]]:
    """The operations on what an event holds besides its own members."""
    inner = [
        {"rename": {"at": f"/sku{version}", "to": f"sku{version + 1}"}},
        {"map": {"at": "/state", "table": {f"a{version}": f"a{version + 1}", "b": "b"}}},
    ]
    match kind:
        case "flat":
            return []
        case "nested":
            return [{"in": {"at": "/one/two/three", "ops": inner}}]
        case _:
            return [{"each": {"at": "/lines", "ops": inner}}]


KINDS: Final[dict[str, tuple[Shape, dict[str, Any]]]] = {
    "flat": (_record(**_FLAT, state=STRING, at=STRING), {**_EVENT, "state": "a", "at": "2026-01-01"}),
    "order10": (_record(**_FLAT, lines=Array(_LINE)), {**_EVENT, "lines": _lines(10)}),
    "order50": (_record(**_FLAT, lines=Array(_LINE)), {**_EVENT, "lines": _lines(50)}),
    "nested": (
        _record(**_FLAT, one=_record(two=_record(three=_LINE))),
        {**_EVENT, "one": {"two": {"three": _lines(1)[0]}}},
    ),
}
"""By topic: the shape of version 1 and an event of it. Flat events have twelve members."""


def documents(kind: str) -> Iterator[Document]:
    """A rename and what is within the event, step by step."""
    for version in range(1, _VERSIONS):
        ops = [{"rename": {"at": f"/n{version}", "to": f"n{version + 1}"}}, *_within(kind, version)]
        tree = {"upcast": 1, "subject": f"{kind}-value", "from": version, "to": version + 1, "ops": ops, "down": "none"}
        yield read(tree)


def _registered(http: httpx.Client, client: Client, kind: str) -> list[bytes]:
    """Every version with its upcaster; a message of each."""
    shape, event = KINDS[kind]
    steps = list(documents(kind))
    shapes, events = [shape], [event]
    for step in steps:
        events.append(Chain.up([step], shapes[-1])(events[-1]))
        shapes.append(change(step.ops, shapes[-1]).shape)
    http.put(f"/config/{kind}-value", json={"compatibility": "NONE"}).raise_for_status()
    messages = []
    for one, of in zip(events, shapes, strict=True):
        body = {"schema": json.dumps(json_schema(of)), "schemaType": "JSON"}
        answer = http.post(f"/subjects/{kind}-value/versions", json=body).raise_for_status()
        messages.append(struct.pack(">bI", 0, answer.json()["id"]) + json.dumps(one).encode())
    for step in steps:
        client.publish(step)
    return messages


def _reader(url: str, executor: Any) -> Callable[..., Any]:
    rules = RuleRegistry()
    rules.register_executor(executor)
    conf = {"use.latest.version": True, "validate": False}
    stock: Callable[..., Any] = JSONDeserializer(
        None, schema_registry_client=SchemaRegistryClient({"url": url}), conf=conf, rule_registry=rules
    )
    return stock


def main() -> None:
    """Measure and print."""
    os.environ["LINEAL_PROOF_ENGINES"] = ""
    head = ("event", "bytes", "steps", "JSONata", "plans", "nothing", "plans save", "at most")
    print("{:8} {:>6} {:>6} {:>9} {:>8} {:>8} {:>11} {:>8}".format(*head))
    with registry() as url, Client(url, timeout=60) as client, httpx.Client(base_url=url, timeout=60) as http:
        for kind in sys.argv[1:] or KINDS:
            messages = _registered(http, client, kind)
            readers = {
                "JSONata": _reader(url, JsonataExecutor()),
                "plans": _reader(url, PlanExecutor(client)),
                "nothing": _reader(url, Idle()),
            }
            context = SerializationContext(kind, MessageField.VALUE)
            for length in LENGTHS:
                message = messages[-1 - length]
                assert readers["JSONata"](message, context) == readers["plans"](message, context)
                runs: dict[str, Callable[[], Any]] = {
                    name: partial(stock, message, context) for name, stock in readers.items()
                }
                times = measure(runs, rounds=4)
                ratios = (times["JSONata"] / times["plans"], times["JSONata"] / times["nothing"])
                print(
                    f"{kind:8} {len(message) - 5:6} {length:6} {times['JSONata']:9.1f} {times['plans']:8.1f} "
                    f"{times['nothing']:8.1f} {ratios[0]:11.1f} {ratios[1]:8.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
