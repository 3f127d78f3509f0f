"""Unmodified Confluent clients against a real server: old events come up, new ones go down, with and without plans."""

# ruff: noqa: E501 - tables read best with one case per line
from __future__ import annotations

import asyncio
import io
import json
import struct
import time
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import fastavro
import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.node import running
from upcasters import SKIPPED, AsyncClient, Client, NoChain, RegistryRefused, RegistryUnreachable, UpcastFailed, read
from upcasters.exchange import bundle, unbundle
from upcasters.integrations.confluent_kafka import PlanExecutor, UpcastingDeserializer

# the stock clients leave their connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ROOT = Path(__file__).resolve().parents[2]
SUBJECT = "orders-value"
CONTEXT = SerializationContext("orders", MessageField.VALUE)

JSON_VERSIONS = [
    {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "amount": {"type": "integer"}},
     "required": ["id", "name", "amount"], "additionalProperties": False},
    {"type": "object", "properties": {"id": {"type": "string"}, "customer": {"type": "object", "properties": {
        "name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}, "amount": {"type": "integer"}},
     "required": ["id", "customer", "amount"], "additionalProperties": False},
    {"type": "object", "properties": {"id": {"type": "string"}, "customer": {"type": "object", "properties": {
        "name": {"type": "string"}}, "required": ["name"], "additionalProperties": False},
        "amount_cents": {"type": "integer"}, "currency": {"type": "string"}},
     "required": ["id", "customer", "amount_cents", "currency"], "additionalProperties": False},
]  # fmt: skip

STEPS = [
    {"upcast": 1, "subject": SUBJECT, "from": 1, "to": 2, "ops": [{"move": {"from": "/name", "to": "/customer/name"}}]},
    {"upcast": 1, "subject": SUBJECT, "from": 2, "to": 3, "ops": [
        {"scale": {"at": "/amount", "to": "amount_cents", "by": 100, "rounding": "half_even", "result": "integer"}},
        {"add": {"at": "/currency", "value": "EUR"}}]},
]  # fmt: skip

OLD = {"id": "o-1", "name": "Ann", "amount": 12}
NEW = {"id": "o-1", "customer": {"name": "Ann"}, "amount_cents": 1200, "currency": "EUR"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server process with an empty database."""
    folder = tmp_path_factory.mktemp("server")
    with running(f"sqlite:///{folder / 'lineal.db'}", folder) as url:
        yield url


def register(url: str, subject: str, schemas: list[Any], kind: str, documents: list[Any]) -> list[int]:
    """Versions and their upcasters; the ids of the schemas. The property ``major`` of a version is its number."""
    ids = []
    with httpx.Client(base_url=url, timeout=30) as http:
        http.put(f"/config/{subject}", json={"compatibility": "NONE"}).raise_for_status()
        for number, schema in enumerate(schemas, 1):
            metadata = {"properties": {"major": str(number)}}
            body = {"schema": json.dumps(schema), "schemaType": kind, "metadata": metadata}
            ids.append(http.post(f"/subjects/{subject}/versions", json=body).raise_for_status().json()["id"])
    with Client(url) as client:
        for document in documents:
            client.publish(read(document))
    return ids


@pytest.fixture(scope="module")
def json_ids(url: str) -> list[int]:
    return register(url, SUBJECT, JSON_VERSIONS, "JSON", STEPS)


_opened: list[SchemaRegistryClient] = []


def stock_client(url: str) -> SchemaRegistryClient:
    """A client that is closed when the test ends."""
    client = SchemaRegistryClient({"url": url})
    _opened.append(client)
    return client


@pytest.fixture(autouse=True)
def close_clients() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def framed(schema_id: int, event: Any) -> bytes:
    return struct.pack(">bI", 0, schema_id) + json.dumps(event).encode()


def deserializer(url: str, executor: Any, **configuration: Any) -> JSONDeserializer:
    rules = RuleRegistry()
    rules.register_executor(executor)
    client = stock_client(url)
    return JSONDeserializer(None, schema_registry_client=client, conf=configuration, rule_registry=rules)


def test_an_old_event_comes_up_through_jsonata(url: str, json_ids: list[int]) -> None:
    stock = deserializer(url, JsonataExecutor(), **{"use.latest.version": True})
    assert stock(framed(json_ids[0], OLD), CONTEXT) == NEW
    assert stock(framed(json_ids[2], NEW), CONTEXT) == NEW


TICKETS: dict[str, tuple[list[Any], list[Any], Any, Any]] = {
    "JSON": (
        [
            {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
            for properties, required in (
                ({"id": {"type": "string"}, "who": {"type": "string"}, "kind": {"enum": ["A", "B"]}}, ["id", "who", "kind"]),
                ({"id": {"type": "string"}, "holder": {"type": "string"}, "kind": {"enum": ["A", "B"]}}, ["id", "holder", "kind"]),
                ({"id": {"type": "string"}, "holder": {"type": "string", "title": "Holder"}, "kind": {"enum": ["A", "B"]},
                  "note": {"type": "string"}}, ["id", "holder", "kind"]),
                ({"id": {"type": "string"}, "holder": {"type": "string"}, "kind": {"enum": ["ADULT", "BABY"]},
                  "note": {"type": "string"}}, ["id", "holder", "kind"]),
            )
        ],
        [(1, [{"rename": {"at": "/who", "to": "holder"}}]), (3, [{"map": {"at": "/kind", "table": {"A": "ADULT", "B": "BABY"}}}])],
        {"id": "t", "who": "Ann", "kind": "B"},
        {"id": "t", "holder": "Ann", "kind": "BABY"},
    ),
    "AVRO": (
        [
            {"type": "record", "name": "Ticket", "fields": [{"name": "id", "type": "string"}, *fields]}
            for fields in (
                [{"name": "who", "type": "string"}, {"name": "price", "type": "int"}],
                [{"name": "holder", "type": "string"}, {"name": "price", "type": "int"}],
                [{"name": "holder", "type": "string"}, {"name": "price", "type": "int"}, {"name": "channel", "type": "string", "default": "web"}],
                [{"name": "holder", "type": {"type": "record", "name": "Holder", "fields": [{"name": "name", "type": "string"}]}},
                 {"name": "price", "type": "int"}, {"name": "channel", "type": "string", "default": "web"}],
            )
        ],
        [(1, [{"rename": {"at": "/who", "to": "holder"}}]),
         (3, [{"rename": {"at": "/holder", "to": "name"}}, {"move": {"from": "/name", "to": "/holder/name"}}])],
        {"id": "t", "who": "Ann", "price": 7},
        {"id": "t", "holder": {"name": "Ann"}, "price": 7, "channel": "web"},
    ),
}  # fmt: skip
"""Four versions each; the step from 2 to 3 needs no upcaster, and carries a rule all the same."""


@pytest.mark.parametrize("kind", ["JSON", "AVRO"])
def test_stock_clients_go_up_and_down_through_three_steps(url: str, kind: str) -> None:
    schemas, edges, old, new = TICKETS[kind]
    subject = f"tickets-{kind.lower()}-value"
    documents = [
        {"upcast": 1, "subject": subject, "from": source, "to": source + 1, "ops": ops} for source, ops in edges
    ]
    ids = register(url, subject, schemas, kind, documents)
    with httpx.Client(base_url=url) as http:
        rules = http.get(f"/subjects/{subject}/versions/3").raise_for_status().json()["ruleSet"]["migrationRules"]
        assert [rule["mode"] for rule in rules] == ["UPGRADE", "DOWNGRADE"]
    context = SerializationContext(subject.removesuffix("-value"), MessageField.VALUE)

    def read_as(schema: int, event: Any, major: str) -> Any:
        registry = RuleRegistry()
        registry.register_executor(JsonataExecutor())
        client = stock_client(url)
        conf = {"use.latest.version": False, "use.latest.with.metadata": {"major": major}}
        if kind == "JSON":
            stock = JSONDeserializer(None, schema_registry_client=client, conf=conf, rule_registry=registry)
            return stock(framed(ids[schema], event), context)
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, schemas[schema], event)
        data = struct.pack(">bI", 0, ids[schema]) + buffer.getvalue()
        return AvroDeserializer(client, conf=conf, rule_registry=registry)(data, context)

    assert read_as(0, old, "4") == new
    assert read_as(3, new, "1") == old


def test_an_old_event_comes_up_through_plans(url: str, json_ids: list[int]) -> None:
    with Client(url) as client:
        executor = PlanExecutor(client)
        fast = deserializer(url, executor, **{"use.latest.version": True})
        assert fast(framed(json_ids[0], OLD), CONTEXT) == NEW
        assert executor._fallback is None
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the client wraps every error in one of its own
            fast(framed(json_ids[0], {"id": "o-1", "amount": 12}), CONTEXT)
    cause: BaseException | None = caught.value
    while cause is not None and not isinstance(cause, UpcastFailed):
        cause = cause.__cause__
    assert cause is not None
    assert (cause.source, cause.target, cause.pointer) == (1, 2, "/name")


class Overloaded(BaseHTTPRequestHandler):
    """Says so to everybody."""

    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def overloaded() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Overloaded) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("is_away", [True, False], ids=["away", "overloaded"])
def test_plans_are_asked_for_again_after_a_registry_gave_none(
    url: str,
    overloaded: str,
    json_ids: list[int],
    is_away: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """JSONata runs the rule meanwhile, and not for ever: it refuses what JSON does not have."""
    with Client("http://127.0.0.1:1" if is_away else overloaded) as away, Client(url) as client:
        executor = PlanExecutor(away)
        fast = deserializer(url, executor, **{"use.latest.version": True})
        assert fast(framed(json_ids[0], OLD), CONTEXT) == NEW
        executor._client = client
        assert fast(framed(json_ids[0], OLD), CONTEXT) == NEW
        assert executor._by_rule == {}, "not asked for each event"
        later = time.monotonic() + 3600
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert fast(framed(json_ids[0], OLD), CONTEXT) == NEW
        monkeypatch.undo()
        assert len(executor._by_rule) == 2


def test_a_wrapped_deserializer(url: str, json_ids: list[int]) -> None:
    with Client(url) as client:
        up = client.upcaster(SUBJECT)
        wrapped = UpcastingDeserializer(deserializer(url, JsonataExecutor()), up, client)
        assert wrapped(framed(json_ids[0], OLD), CONTEXT) == NEW
        assert (
            wrapped(framed(json_ids[1], {"id": "1", "customer": {"name": "B"}, "amount": 1}), CONTEXT)["amount_cents"]
            == 100
        )
        assert wrapped(None, CONTEXT) is None


def test_a_wrapped_deserializer_under_a_policy(url: str, json_ids: list[int]) -> None:
    letters: list[Any] = []
    with Client(url) as client:
        stock = deserializer(url, JsonataExecutor(), validate=False)
        wrapped = UpcastingDeserializer(
            stock, client.upcaster(SUBJECT), client, on_failure=lambda event, error: letters.append((event, error))
        )
        bad = {"id": "o-2", "amount": 1}
        assert [wrapped(framed(json_ids[0], event), CONTEXT) for event in (OLD, bad)] == [NEW, SKIPPED]
        assert wrapped(b"{}", CONTEXT) is SKIPPED
        assert (wrapped.report().events, wrapped.report().dead_lettered) == (3, 2)
    (event, error), (unframed, reason) = letters
    assert (unframed, "not framed with a schema id" in str(reason)) == (b"{}", True)
    assert event == bad
    assert (error.subject, error.source, error.target, error.pointer) == (SUBJECT, 1, 2, "/name")


def test_clients_ask_once(url: str, json_ids: list[int]) -> None:
    asked: list[str] = []

    class Counting(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return super().handle_request(request)

    with Client(url, transport=Counting()) as client:
        up = client.upcaster(SUBJECT)
        for _ in range(50):
            assert up(OLD, version=1) == NEW
        assert len(asked) == 1
        executor = PlanExecutor(client)
        accelerated = deserializer(url, executor, **{"use.latest.version": True})
        for _ in range(50):
            assert accelerated(framed(json_ids[0], OLD), CONTEXT) == NEW
        assert len(asked) == 1 + 2, "a chain for each of the two rules"
        down = client.upcaster(SUBJECT, to=2)
        assert down(NEW | {"amount_cents": 1200}, version=3) == {"id": "o-1", "customer": {"name": "Ann"}, "amount": 12}
        with pytest.raises(NoChain):
            up(OLD, version=9)
        with pytest.raises(RegistryRefused, match="no-such"):
            client.publish(read(STEPS[0] | {"subject": "no-such"}))


def test_a_proof_has_its_time(url: str, json_ids: list[int]) -> None:
    """However little a client gives to chains."""
    document = read(STEPS[0])
    with Client(url, timeout=1e-6) as client:
        with pytest.raises(RegistryUnreachable):
            client.chain(SUBJECT, 1)
        assert client.verify(document)["accepted"]
        assert client.publish(document)["revision"] == 1


def test_an_asynchronous_client(url: str, json_ids: list[int]) -> None:
    async def travel() -> Any:
        async with AsyncClient(url) as client:
            up = client.upcaster(SUBJECT)
            return [await up(OLD, version=version) for version in (1, 1)]

    assert asyncio.run(travel()) == [NEW, NEW]


def test_a_bundle_needs_no_registry(url: str, json_ids: list[int]) -> None:
    served = httpx.get(f"{url}/api/v1/subjects/{SUBJECT}/chain", params={"from": 1}).raise_for_status().json()
    chains = unbundle(bundle([served]))
    assert chains[SUBJECT, 1](OLD) == NEW


AVRO = [
    {"type": "record", "name": "Paid", "fields": [
        {"name": "id", "type": "string"}, {"name": "who", "type": "string"}, {"name": "rank", "type": "int"}]},
    {"type": "record", "name": "Paid", "fields": [
        {"name": "id", "type": "string"}, {"name": "payer", "type": "string"}, {"name": "rank", "type": "int"},
        {"name": "channel", "type": "string", "default": "web"}]},
    {"type": "record", "name": "Paid", "fields": [
        {"name": "id", "type": "string"}, {"name": "payer", "type": "string"}, {"name": "rank", "type": "int"},
        {"name": "channel", "type": "string", "default": "web"},
        {"name": "fee", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}}]},
]  # fmt: skip
AVRO_STEPS = [
    {"upcast": 1, "subject": "paid-value", "from": 1, "to": 2, "ops": [
        {"rename": {"at": "/who", "to": "payer"}}, {"add": {"at": "/channel", "value": "web"}}]},
    {"upcast": 1, "subject": "paid-value", "from": 2, "to": 3, "ops": [
        {"add": {"at": "/fee", "value": "0.00", "as": "decimal"}}]},
]  # fmt: skip


def test_avro_with_native_values(url: str) -> None:
    ids = register(url, "paid-value", AVRO, "AVRO", AVRO_STEPS)
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, AVRO[0], {"id": "1", "who": "Ann", "rank": 1})
    data = struct.pack(">bI", 0, ids[0]) + buffer.getvalue()
    context = SerializationContext("paid", MessageField.VALUE)
    with Client(url) as client:
        plain = AvroDeserializer(stock_client(url))
        wrapped = UpcastingDeserializer(plain, client.upcaster("paid-value"), client)
        assert wrapped(data, context) == {
            "id": "1",
            "payer": "Ann",
            "rank": 1,
            "channel": "web",
            "fee": Decimal("0.00"),
        }
