"""export, import, and import --from a registry that is spoken to only by the Confluent protocol."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.testing import TestClient

from compat.definition import Format
from registry.http.app import create_app
from registry.model import Content, Subject
from registry.service import RegistrationOptions, Registry
from registry.settings import load

if TYPE_CHECKING:
    from tests.cli.conftest import Work

LINEAL = Path(sys.executable).parent / "lineal"
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


def written(database: str) -> int:
    """How far a process that goes on writing has come; the tables may not be there yet."""
    file = database.removeprefix("sqlite:///")
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db,
    ):
        (found,) = db.execute("SELECT coalesce(max(position), 0) FROM log").fetchone()
        return int(found)
    return 0


def test_a_registry_is_taken_over_through_the_protocol(work: Work, there: There) -> None:
    database = f"sqlite:///{work.root / 'here.db'}"
    first = work.lineal(*importing(there, database))
    assert first.returncode == 0, first.stderr + first.stdout
    assert "52 versions imported" in first.stdout
    assert "never carried over: times and authors" in first.stdout
    assert answers(database) == answers(there.database)
    registry = Registry.open(load({}, database=database))
    entries = registry.catalog.changes(limit=1_000)
    assert all(entry.origin.request_id.startswith("import-") and entry.origin.actor for entry in entries)
    assert registry.upkeep.verify() == []
    registry.close()

    again = work.lineal(*importing(there, database))
    assert again.returncode == 0, again.stderr
    assert "0 versions imported, 52 were here already, 0 deleted" in again.stdout
    assert position(database) == entries[-1].position, "nothing was written"


def test_an_import_that_was_killed_goes_on(work: Work, there: There) -> None:
    database = f"sqlite:///{work.root / 'here.db'}"
    command = [str(LINEAL), *importing(there, database)]
    first = subprocess.Popen(command, cwd=work.root, start_new_session=True)
    while written(database) < 10:
        assert first.poll() is None, "it ended before it could be killed"
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert 10 <= position(database) < position(there.database)
    second = work.lineal(*importing(there, database))
    assert second.returncode == 0, second.stderr
    assert answers(database) == answers(there.database)


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
