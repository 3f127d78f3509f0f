"""An exporter copies contexts to a real other registry: ids, versions, deletions; and says what keeps it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar
from uuid import uuid4

import httpx
import pytest
from litestar.testing import TestClient

from compat.definition import Format
from registry.events import Entry
from registry.exporting import Exporting, OtherRegistry
from registry.http.app import create_app
from registry.model import ConfigurationChange, Content, ExporterDefinition, Metadata, SchemaReference, Subject
from registry.service import Registry
from registry.settings import Settings, load
from tests.node import Node
from tests.patience import eventually

KEY = base64.b64encode(bytes(32)).decode()
LOOPBACK = {"LINEAL_EXPORTER_PRIVATE_ADDRESSES": "true"}
MONEY = '{"type": "record", "name": "Money", "fields": []}'
ORDER = '{"type":"record","name":"Order","fields":[{"name":"total","type":"Money"}]}'


def register(registry: Registry, subject: str, text: str, **more: Any) -> None:
    registry.registration.register(Subject.parse(subject), Content(Format.AVRO, text, **more))


@pytest.fixture
def settings(database: str) -> Settings:
    return load({}, database=database, secret_key=KEY, exporter_private_addresses=True)


@pytest.fixture
def lived_in(registry: Registry) -> Registry:
    """A registry with references, metadata, two contexts, soft and permanent deletions."""
    registry.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
    register(registry, "money", MONEY)
    register(registry, "order", ORDER, references=(SchemaReference("Money", "money", 1),))
    register(registry, "order", '"string"', metadata=Metadata(properties={"owner": "ann"}))
    register(registry, ":.shop:cart", '"int"')
    for text in ('"long"', '"float"', '"double"'):
        register(registry, "more", text)
    registry.deletion.version(Subject.parse("more"), 1)
    registry.deletion.version(Subject.parse("more"), 1, permanent=True)
    registry.deletion.version(Subject.parse("more"), 2)
    register(registry, "order/old", '"boolean"')
    registry.deletion.subject(Subject.parse("order/old"))
    return registry


@pytest.fixture
def define(lived_in: Registry, url: str) -> Callable[..., str]:
    """Define an exporter to the other registry, under a context of its own."""

    def exporter(**more: Any) -> str:
        values = {"context_type": "CUSTOM", "context": f"c{uuid4().hex}", "config": {"schema.registry.url": url}}
        definition = ExporterDefinition("e", **{**values, **more})
        lived_in.exporters.create(definition)
        return definition.context

    return exporter


def kept(url: str, context: str) -> dict[tuple[str, int], tuple[Any, ...]]:
    """What the other registry has in a context, deleted versions too."""
    found = httpx.get(f"{url}/contexts/.{context}/schemas?deleted=true").json()
    return {
        (each["subject"].removeprefix(f":.{context}:"), each["version"]): (
            each["id"],
            each["schema"],
            each["deleted"],
            [(item["subject"], item["version"]) for item in each.get("references", [])],
            each.get("metadata"),
        )
        for each in found
    }


ALL = {
    ("money", 1): (1, MONEY, False, [], None),
    ("order", 1): (2, ORDER, False, [("money", 1)], None),
    ("order", 2): (3, '"string"', False, [], {"properties": {"owner": "ann"}}),
    ("more", 2): (5, '"float"', True, [], None),
    ("more", 3): (6, '"double"', False, [], None),
    ("order/old", 1): (7, '"boolean"', True, [], None),
}


def test_a_context_is_copied_with_ids_and_deletions(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define()
    assert lived_in.exporters.get("e").position is None
    work = Exporting(lived_in)
    work.run_once()
    assert kept(url, context) == ALL
    found = lived_in.exporters.get("e")
    assert (found.position, found.trace, found.paused) == (lived_in.catalog.position(), "", False)

    register(lived_in, "money", '"bytes"')
    lived_in.deletion.subject(Subject.parse("order"))
    work.run_once()
    after = kept(url, context)
    assert after["money", 2][:2] == (8, '"bytes"')
    assert all(after["order", number][2] for number in (1, 2))
    assert lived_in.upkeep.verify() == []


def test_beginning_again_changes_nothing(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define()
    work = Exporting(lived_in)
    work.run_once()
    lived_in.exporters.pause("e")
    lived_in.exporters.reset("e")
    assert lived_in.exporters.get("e").position is None
    work.run_once()
    assert lived_in.exporters.get("e").position is None, "it is paused"
    lived_in.exporters.resume("e")
    work.run_once()
    assert lived_in.exporters.get("e").position == lived_in.catalog.position()
    assert kept(url, context) == ALL


def test_names_are_changed_and_chosen(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define(subjects=["mo*", "order", ":.shop:*"], subject_rename_format="dc_${subject}")
    Exporting(lived_in).run_once()
    found = kept(url, context)
    assert {name for name, _ in found} == {"dc_money", "dc_order", "dc_more"}
    assert found["dc_order", 1][3] == [("dc_money", 1)]
    assert httpx.get(f"{url}/subjects/:.{context}.shop:dc_cart/versions/1").json()["id"] == 1


def test_an_update_copies_what_is_now_included(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define(subjects=["mo*"])
    work, exporters = Exporting(lived_in), lived_in.exporters
    work.run_once()
    assert {name for name, _ in kept(url, context)} == {"money", "more"}
    exporters.pause("e")
    exporters.update("e", {"config": {"schema.registry.url": url, "basic.auth.user.info": "me:mine"}})
    assert exporters.get("e").position == lived_in.catalog.position() - 2, "another password: it goes on where it was"
    exporters.update("e", {"subjects": ["*"]})
    assert exporters.get("e").position is None
    exporters.resume("e")
    work.run_once()
    assert kept(url, context) == ALL
    exporters.pause("e")
    exporters.update("e", {"context": f"{context}-too", "subjects": ["order", "money"]})
    exporters.resume("e")
    work.run_once()
    assert {name for name, _ in kept(url, f"{context}-too")} == {"order", "money"}
    assert kept(url, context) == ALL, "what was copied stays"


def test_one_node_at_a_time(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define()
    assert lived_in.exporters.claim(lived_in.exporters.get("e"), "another node") == 0
    Exporting(lived_in).run_once()
    assert kept(url, context) == {}
    assert not lived_in.exporters.advance(lived_in.exporters.get("e"), "a third node", 5)
    assert lived_in.exporters.advance(lived_in.exporters.get("e"), "another node", 5)


def test_who_was_away_longer_than_the_lease_copies_nothing_more(
    lived_in: Registry, define: Callable[..., str], url: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = define()
    short = load({}, database=database, secret_key=KEY, exporter_private_addresses=True, lease_seconds=0.1)
    opened = Registry.open(short)
    slow, quick = Exporting(opened), Exporting(opened)
    taken: list[int] = []
    right = OtherRegistry.take

    def take(other: OtherRegistry, entry: Entry) -> None:
        taken.append(entry.position)
        right(other, entry)
        if len(taken) == 3:
            time.sleep(0.2)
            quick.run_once()

    monkeypatch.setattr(OtherRegistry, "take", take)
    slow.run_once()
    opened.close()
    assert taken == [1, 2, 3, *range(taken[3], lived_in.catalog.position() + 1)], "the third was its last"
    assert kept(url, context) == ALL


def test_a_node_that_is_killed_while_it_copies_is_followed_by_one_that_goes_on(
    lived_in: Registry, define: Callable[..., str], url: str, start: Callable[..., Node], database: str
) -> None:
    for number in range(60):
        register(lived_in, f"many{number % 20}", f'{{"type":"record","name":"R{number}","fields":[]}}')
    for number in range(0, 20, 3):
        lived_in.deletion.subject(Subject.parse(f"many{number}"))
    for number in range(0, 20, 6):
        lived_in.deletion.subject(Subject.parse(f"many{number}"), permanent=True)
    context = define()
    settings = {**LOOPBACK, "LINEAL_SECRET_KEY": KEY, "LINEAL_LEASE_SECONDS": "1"}
    for enough in (4, 30):
        node = start(database, LINEAL_EXPORTER_SECONDS="0.1", **settings)
        eventually(lambda least=enough: len(kept(url, context)) >= least)  # type: ignore[misc]
        node.kill()
    assert lived_in.exporters.get("e").position != lived_in.catalog.position(), "it was not done before the last kill"
    start(database, **settings)
    eventually(lambda: lived_in.exporters.get("e").position == lived_in.catalog.position())
    there = {key: (number, text, deleted) for key, (number, text, deleted, *_) in kept(url, context).items()}
    here = {
        (str(found.subject), found.number): (found.schema_id, found.content.text, found.deleted)
        for found in lived_in.lookup.schemas(deleted=True)
    }
    assert there == here


def test_what_the_other_refuses_pauses_it(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define()
    httpx.post(f"{url}/subjects/:.{context}:own/versions", json={"schema": '"string"'}).raise_for_status()
    work = Exporting(lived_in)
    work.run_once()
    found = lived_in.exporters.get("e")
    assert found.paused
    assert "cannot be set to mode IMPORT" in found.trace
    httpx.delete(f"{url}/subjects/:.{context}:own").raise_for_status()
    httpx.delete(f"{url}/subjects/:.{context}:own?permanent=true").raise_for_status()
    lived_in.exporters.resume("e")
    work.run_once()
    assert lived_in.exporters.get("e").trace == ""
    assert kept(url, context) == ALL


def test_what_does_not_answer_is_tried_again(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define(config={"schema.registry.url": "http://127.0.0.1:1"})
    work = Exporting(lived_in)
    work.run_once()
    found = lived_in.exporters.get("e")
    assert not found.paused
    assert "127.0.0.1:1" in found.trace
    lived_in.exporters.pause("e")
    lived_in.exporters.update("e", {"config": {"schema.registry.url": url}})
    lived_in.exporters.resume("e")
    work.run_once()
    assert kept(url, context) == ALL


class Guarded(BaseHTTPRequestHandler):
    """A registry that lets nobody in, and remembers who knocked."""

    seen: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers["authorization"])
        self.send_response(401)
        self.end_headers()

    do_PUT = do_GET  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def guarded() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Guarded) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_secrets_come_from_the_environment_and_go_nowhere_else(
    lived_in: Registry, define: Callable[..., str], guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(config={"schema.registry.url": guarded, "basic.auth.user.info": "${env:LINEAL_EXPORTER_AUTH}"})
    work = Exporting(lived_in)
    work.run_once()
    assert "LINEAL_EXPORTER_AUTH" in (lived_in.catalog.latest_changes()[0].event.trace)  # type: ignore[union-attr]
    monkeypatch.setenv("LINEAL_EXPORTER_AUTH", "ann:s3cret")
    lived_in.exporters.resume("e")
    work.run_once()
    assert Guarded.seen[0] == "Basic YW5uOnMzY3JldA=="
    found = lived_in.exporters.get("e")
    assert found.paused
    assert "401" in found.trace
    everything = repr(found) + repr(lived_in.catalog.changes(limit=1_000))
    assert "s3cret" not in everything
    assert "YW5uOnMzY3JldA" not in everything


def test_secrets_in_the_clear_are_sealed(lived_in: Registry, define: Callable[..., str], guarded: str) -> None:
    secret = {"schema.registry.url": guarded, "basic.auth.user.info": "bob:s3cret"}
    Guarded.seen.clear()
    define(config=secret)
    work = Exporting(lived_in)
    work.run_once()
    assert Guarded.seen[0] == "Basic Ym9iOnMzY3JldA=="
    with TestClient(create_app(registry=lived_in)) as client:
        hidden = {**secret, "basic.auth.user.info": "[hidden]"}
        assert client.get("/exporters/e/config").json() == hidden
        assert client.get("/exporters/e").json()["config"] == hidden
        # what was read may be sent back: the secret stays
        client.put("/exporters/e/pause", json={}).raise_for_status()
        client.put("/exporters/e/config", json=hidden).raise_for_status()
        client.put("/exporters/e/resume", json={}).raise_for_status()
        told = client.get("/api/v1/changes").text
    Guarded.seen.clear()
    work.run_once()
    assert Guarded.seen[0] == "Basic Ym9iOnMzY3JldA=="
    everything = repr(lived_in.exporters.all()) + repr(lived_in.catalog.changes(limit=1_000)) + told
    assert "s3cret" not in everything
    assert "Ym9iOnMzY3JldA" not in everything


@pytest.mark.parametrize(
    ("key", "words"), [("", "no LINEAL_SECRET_KEY"), (base64.b64encode(bytes([1] * 32)).decode(), "is not the key")]
)
def test_a_sealed_secret_needs_its_key(
    lived_in: Registry, define: Callable[..., str], guarded: str, key: str, words: str
) -> None:
    define(config={"schema.registry.url": guarded, "bearer.auth.token": "s3cret"})
    other = Registry.open(
        load({}, database=lived_in.settings.database, secret_key=key, exporter_private_addresses=True)
    )
    try:
        Exporting(other).run_once()
        found = other.exporters.get("e")
        assert found.paused
        assert words in found.trace
    finally:
        other.close()


def test_an_exporter_never_copies_into_its_own_registry(
    lived_in: Registry, start: Callable[..., Node], define: Callable[..., str]
) -> None:
    itself = start(lived_in.settings.database, **LOOPBACK, LINEAL_CLUSTER_ID="another name", LINEAL_EXPORTERS="false")
    context = define(config={"schema.registry.url": itself.url})
    Exporting(lived_in).run_once()
    found = lived_in.exporters.get("e")
    assert found.paused
    assert "leads back to this registry" in found.trace
    assert kept(itself.url, context) == {}


def test_a_private_address_needs_a_setting(lived_in: Registry, define: Callable[..., str], url: str) -> None:
    context = define()
    public = Registry.open(load({}, database=lived_in.settings.database))
    try:
        Exporting(public).run_once()
        assert "LINEAL_EXPORTER_PRIVATE_ADDRESSES" in public.exporters.get("e").trace
    finally:
        public.close()
    assert kept(url, context) == {}
