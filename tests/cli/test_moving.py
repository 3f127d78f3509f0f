"""export, import, and import --from a registry that is spoken to only by the Confluent protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.testing import TestClient

from compat.definition import Format
from registry.cli import run
from registry.events import Line
from registry.http.app import create_app
from registry.model import Content, Subject
from registry.service import RegistrationOptions, Registry
from registry.service.transfer import Transfer
from registry.settings import load
from registry.storage import log
from registry.storage.store import Store
from tests.forked import child, ended

if TYPE_CHECKING:
    from tests.cli.conftest import Work

MANY = 40


def record(name: str, *fields: object) -> str:
    written = [{"name": each, "type": "string"} if isinstance(each, str) else each for each in fields]
    return json.dumps({"type": "record", "name": name, "fields": written})


def fill(url: str) -> None:
    """Gaps, soft deletions, references to a deleted version, contexts, rules, settings at every scope."""
    with httpx.Client(base_url=url) as http:

        def register(subject: str, schema: str, **more: Any) -> None:
            http.post(f"/subjects/{subject}/versions", json={"schema": schema, **more}).raise_for_status()

        http.put("/config", json={"compatibility": "NONE"}).raise_for_status()
        register("zz-money", record("Money", "amount"))
        register("zz-money", record("Money", "amount", "currency"))
        uses = {"references": [{"name": "Money", "subject": "zz-money", "version": 1}]}
        register("aa-order", record("Order", {"name": "total", "type": "Money"}), **uses)
        register("rules", record("R", "a"), metadata={"properties": {"owner": "x"}, "tags": {"R.a": ["PII"]}})
        rule = {"name": "r", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "expr": "true"}
        register("rules", record("R", "a", "b"), ruleSet={"domainRules": [rule]})
        for field in "abcd":
            register("gaps", record("G", field))
        http.delete("/subjects/gaps/versions/2").raise_for_status()
        http.delete("/subjects/gaps/versions/2", params={"permanent": "true"}).raise_for_status()
        http.delete("/subjects/gaps/versions/3").raise_for_status()
        register("gone", record("Gone"))
        http.delete("/subjects/gone").raise_for_status()
        register(":.shop:cart", record("Cart", "id"))
        register("json%2Fwith slash", '{"type":"string"}', schemaType="JSON")
        register("p", 'syntax = "proto3"; message P { int32 a = 1; }', schemaType="PROTOBUF")
        for number in range(MANY):
            register(f":.many:s{number}", record(f"R{number}"))
        http.put("/config/gaps", json={"compatibility": "FULL_TRANSITIVE", "normalize": True}).raise_for_status()
        http.put("/config/:.shop:", json={"compatibility": "FORWARD"}).raise_for_status()
        http.put("/mode/p", json={"mode": "READONLY"}).raise_for_status()
        http.put("/mode/:.shop:", json={"mode": "READONLY"}).raise_for_status()


QUESTIONS = (
    "/subjects?subjectPrefix=:*:",
    "/subjects?subjectPrefix=:*:&deleted=true",
    "/schemas?subjectPrefix=:*:&deleted=true",
    "/subjects/gaps/versions",
    "/subjects/gaps/versions?deleted=true",
    "/subjects/zz-money/versions/1/referencedby",
    "/schemas/ids/1/versions",
    "/config",
    "/config/gaps",
    "/config/:.shop:",
    "/config/gaps?defaultToGlobal=true",
    "/mode",
    "/mode/p",
    "/mode/:.shop:",
    "/contexts",
)


def answers(database: str) -> dict[str, Any]:
    """What a registry over a database answers."""
    with TestClient(create_app(load({}, database=database))) as client:
        found = {question: client.get(question).json() for question in QUESTIONS}
    for schema in found["/schemas?subjectPrefix=:*:&deleted=true"]:
        schema.pop("ts", None)
    return found


@dataclass(frozen=True)
class There:
    """A registry that runs: a real server at a real port, in a thread of this process."""

    address: str
    database: str


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    """A registry where a bit of everything has happened."""
    database = f"sqlite:///{tmp_path_factory.mktemp('there') / 'lineal.db'}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = create_app(load({}, database=database))
    server = Server(application, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), daemon=True)
    thread.start()
    found = There(f"http://127.0.0.1:{port}", database)
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{found.address}/subjects")
            break
        time.sleep(0.1)
    fill(found.address)
    yield found
    loop.call_soon_threadsafe(server.stop)
    thread.join()
    loop.close()


def importing(there: There, database: str) -> list[str]:
    return ["import", "--from", there.address, "--database", database]


def position(database: str) -> int:
    registry = Registry.open(load({}, database=database))
    try:
        return registry.catalog.position()
    finally:
        registry.close()


def test_a_registry_is_taken_over_through_the_protocol(
    work: Work, there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr("getpass.getuser", nameless)  # a user id without a name, as in a container
    database = f"sqlite:///{work.root / 'here.db'}"
    first = work.lineal(*importing(there, database))
    assert first.returncode == 0, first.stderr + first.stdout
    assert "52 versions imported" in first.stdout
    assert "never carried over: times and authors" in first.stdout
    assert answers(database) == answers(there.database)
    registry = Registry.open(load({}, database=database))
    entries = registry.catalog.changes(limit=1_000)
    assert all(entry.origin.request_id.startswith("import-") for entry in entries)
    assert {entry.origin.actor for entry in entries} == {f"operator {os.getuid()}"}
    assert registry.upkeep.verify() == []
    registry.close()

    again = work.lineal(*importing(there, database))
    assert again.returncode == 0, again.stderr
    assert "0 versions imported, 52 were here already, 0 deleted" in again.stdout
    assert position(database) == entries[-1].position, "nothing was written"


KILLS = ((1, False), (2, True), (20, True), (53, False), (54, True), (56, False), (59, True))
"""After so many entries of the log, before or after they are committed: amid versions, deletions, settings."""


def killed(arguments: list[str], entries: int, *, committed: bool) -> None:
    """An import that is killed at a point."""

    def fall(position: int) -> None:
        if position >= entries:
            os.kill(os.getpid(), signal.SIGKILL)

    def begin() -> None:
        append, heard = log.append, Store.heard

        def appended(connection: Any, told: Any) -> None:
            append(connection, told)
            fall(told[-1].position)

        def acknowledged(store: Store, told: Any) -> None:
            heard(store, told)
            fall(told[-1].position)

        if committed:
            Store.heard = acknowledged  # type: ignore[method-assign]
        else:
            log.append = appended
        run(arguments)

    assert ended(child(begin)) == -signal.SIGKILL


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_an_import_that_is_killed_again_and_again_goes_on(
    work: Work, there: There, new_postgresql: Callable[[], AbstractContextManager[str]], kind: str
) -> None:
    here = nullcontext(f"sqlite:///{work.root / 'here.db'}") if kind == "sqlite" else new_postgresql()
    with here as database:
        position(database)  # tables are there: no kill is spent on their migration
        for entries, committed in KILLS:
            killed(importing(there, database), entries, committed=committed)
            assert position(database) == entries - (not committed)
        last = work.lineal(*importing(there, database))
        assert last.returncode == 0, last.stderr
        assert answers(database) == answers(there.database)
        assert work.lineal("verify", "--database", database).returncode == 0
        again = work.lineal(*importing(there, database))
        assert "0 versions imported, 52 were here already, 0 deleted" in again.stdout
        assert "0 configurations and 0 modes set" in again.stdout


def test_an_export_while_others_write_is_the_log_up_to_one_position(work: Work, there: There) -> None:
    file = work.root / "copy.db"
    with contextlib.closing(sqlite3.connect(there.database.removeprefix("sqlite:///"))) as source:
        source.execute("VACUUM INTO ?", (str(file),))
    registry = Registry.open(load({}, database=f"sqlite:///{file}"))
    before, written = registry.catalog.position(), itertools.count()
    until = Transfer._until

    def busy(transfer: Transfer, last: int, progress: Any) -> Iterator[Line]:
        """Somebody registers something before each entry that is read."""
        for line in until(transfer, last, progress):
            content = Content(Format.AVRO, record(f"Meanwhile{next(written)}"))
            registry.registration.register(Subject.parse("busy"), content, RegistrationOptions(force=True))
            yield line

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transfer, "_until", busy)
        done = work.lineal("export", "busy.gz", "--database", f"sqlite:///{file}")
    assert registry.catalog.position() == 2 * before, "one for each entry that was read"
    registry.close()
    assert f"exported {before} entries" in done.stdout
    restored = work.lineal("import", "busy.gz", "--database", f"sqlite:///{work.root / 'restored.db'}")
    assert f"imported {before} entries" in restored.stdout
    assert answers(f"sqlite:///{work.root / 'restored.db'}") == answers(there.database)


def test_what_cannot_be_carried_over_is_told(work: Work, there: There) -> None:
    """The database has something else under a number that is to be taken over."""
    database = f"sqlite:///{work.root / 'here.db'}"
    registry = Registry.open(load({}, database=database))
    content = Content(Format.AVRO, record("Other"))
    options = RegistrationOptions(version=1, schema_id=1, copied=True)
    registry.registration.register(Subject.parse("other"), content, options)
    registry.close()
    done = work.lineal(*importing(there, database))
    assert done.returncode == 1
    assert "zz-money version 1: Schema id 1 is already that of another schema" in done.stdout
    assert "aa-order version 1: " in done.stdout, "what refers to it cannot come either"
    assert "50 versions imported" in done.stdout


def test_wrong_usage_is_told(work: Work) -> None:
    assert work.lineal("import").returncode == 2
    work.write({"token": "s3cr3t-token\n", "file": "no export"})
    nowhere = ["import", "--from", "http://ada:s3cr3t@127.0.0.1:9", "--database", "sqlite:///x.db"]
    assert work.lineal(*nowhere, "--user", "a", "--token-file", "token").returncode == 2
    for arguments in ([], ["--token-file", "token"]):
        done = work.lineal(*nowhere, *arguments)
        assert done.returncode == 3
        assert "s3cr3t" not in done.stdout + done.stderr
    damaged = work.lineal("import", "file", "--database", "sqlite:///x.db")
    assert damaged.returncode == 2
    assert "no export" in damaged.stderr


def test_export_and_import_as_files(work: Work, there: There) -> None:
    out = work.lineal("export", "all.gz", "--database", there.database)
    assert out.returncode == 0, out.stderr
    assert work.lineal("export", "all.gz", "--database", there.database).returncode == 2, "nothing is replaced unasked"
    (work.root / "http.gz").write_bytes(httpx.get(f"{there.address}/api/v1/export").content)
    for file, name in (("all.gz", "two"), ("http.gz", "three")):
        database = f"sqlite:///{work.root / name}.db"
        back = work.lineal("import", file, "--database", database)
        assert back.returncode == 0, back.stderr
        assert work.lineal("verify", "--database", database).returncode == 0
        assert answers(database) == answers(there.database)
    full = work.lineal("import", "all.gz", "--database", f"sqlite:///{work.root / 'two.db'}")
    assert full.returncode == 2
    assert "not empty" in full.stderr
