"""Confluent's own JSON deserialiser with five migration rules: JSONata beside the executor that runs plans instead.

A real registry in a process of its own serves both; after the first event nothing is asked of it.
Run: .venv/bin/python -m tests.benchmarks.stock_deserializer
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.schema_registry.serde import RuleExecutor
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.benchmarks.fused_plan import EVENT, SHAPE, STEPS, by_hand, documents, measure
from upcasters import Client, read
from upcasters.integrations.confluent_kafka import PlanExecutor, UpcastingDeserializer
from upcasters.shape import Array, Choice, Integer, Record, Shape
from upcasters.shape_change import change

SUBJECT = "orders-value"


def schemas() -> Iterator[dict[str, Any]]:
    """The six versions: what each step makes of the shape before it, as JSON Schema."""
    shape: Shape = SHAPE
    yield json_schema(shape)
    for document in documents():
        shape = change(document.ops, shape).shape
        yield json_schema(shape)


def json_schema(shape: Shape) -> dict[str, Any]:
    """The shape as a schema that says no less."""
    match shape:
        case Record(members=members):
            properties = {name: json_schema(member.shape) for name, member in members.items()}
            return {
                "type": "object",
                "properties": properties,
                "required": list(members),
                "additionalProperties": False,
            }
        case Array(items=items):
            return {"type": "array", "items": json_schema(items)}
        case Choice(symbols=symbols):
            return {"enum": list(symbols)}
        case Integer():
            return {"type": "integer"}
        case _:
            return {"type": "string"}


class Idle(RuleExecutor):
    """Does nothing with a message: what is left is the client's own work, which no executor can save."""

    def type(self) -> str:
        return "JSONATA"

    def transform(self, ctx: Any, message: Any) -> Any:  # noqa: ARG002 - what the client calls
        return message


@contextmanager
def registry() -> Iterator[str]:
    """The address of a server with an empty database."""
    with tempfile.TemporaryDirectory(prefix="lineal-bench-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--factory",
            "--no-ws",
            "--host",
            "127.0.0.1",
        ]
        process = subprocess.Popen(
            [*command, "--port", str(port), "registry.http.app:create_app"],
            env={**os.environ, "LINEAL_DATABASE": f"sqlite:///{Path(folder) / 'lineal.db'}"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{url}/subjects", timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(15)


def main() -> None:
    """Measure and print."""
    with registry() as url, Client(url, timeout=60) as client:
        with httpx.Client(base_url=url, timeout=60) as http:
            http.put(f"/config/{SUBJECT}", json={"compatibility": "NONE"}).raise_for_status()
            ids = [
                http.post(
                    f"/subjects/{SUBJECT}/versions", json={"schema": json.dumps(schema), "schemaType": "JSON"}
                ).raise_for_status().json()["id"]
                for schema in schemas()
            ]  # fmt: skip
        for version, ops in enumerate(STEPS, 1):
            lost = {"loses": ["/legacy_flag"]} if version == 1 else {}
            tree = {"upcast": 1, "subject": SUBJECT, "from": version, "to": version + 1, "ops": ops, "down": "none"}
            client.publish(read(tree | lost))
        message = struct.pack(">bI", 0, ids[0]) + json.dumps(EVENT).encode()
        context = SerializationContext("orders", MessageField.VALUE)

        def reader(executor: Any, *, latest: bool = True, validate: bool = False) -> Callable[[], Any]:
            rules = RuleRegistry()
            rules.register_executor(executor)
            conf = {"use.latest.version": latest, "validate": validate}
            stock = JSONDeserializer(
                None, schema_registry_client=SchemaRegistryClient({"url": url}), conf=conf, rule_registry=rules
            )
            return lambda: stock(message, context)

        plain = JSONDeserializer(
            None, schema_registry_client=SchemaRegistryClient({"url": url}), conf={"validate": False}
        )
        wrapped = UpcastingDeserializer(plain, client.upcaster(SUBJECT), client)
        runs = {
            "idle executor": reader(Idle()),
            "no migration": reader(JsonataExecutor(), latest=False),
            "wrapped": lambda: wrapped(message, context),
            "JSONata": reader(JsonataExecutor()),
            "plans": reader(PlanExecutor(client)),
            "JSONata, validated": reader(JsonataExecutor(), validate=True),
            "plans, validated": reader(PlanExecutor(client), validate=True),
        }
        assert runs["JSONata"]() == runs["plans"]() == runs["wrapped"]() == by_hand(EVENT)
        times = measure(runs, rounds=40)
    for name, value in times.items():
        print(f"{name:18} {value:9.1f} us/event")
    print(f"JSONata / plans    {times['JSONata'] / times['plans']:9.1f}   (target: at least 30)")
    print(f"JSONata / wrapped  {times['JSONata'] / times['wrapped']:9.1f}   (one plan, around the deserialiser)")
    print(f"JSONata / idle     {times['JSONata'] / times['idle executor']:9.1f}   (what any executor can reach)")
    print(f"plans / idle       {times['plans'] / times['idle executor']:9.2f}")
    validated = times["JSONata, validated"] / times["plans, validated"]
    print(f"the same, validated {validated:8.1f}   (the client's own validation is most of it)")


if __name__ == "__main__":
    main()
