"""push, pull, check and the rest against a registry that really runs."""

from __future__ import annotations

import json
import re
import signal
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.node import free_port

MONEY = 'syntax = "proto3";\npackage shop;\n// An amount.\nmessage Money {\n  // Hundredths.\n  int64 cents = 1;\n}\n'
ORDER = 'syntax = "proto3";\npackage shop;\nimport "shop/money.proto";\nmessage Order { Money total = 1; }\n'


def avro(name: str, *fields: Any) -> str:
    written = [{"name": field, "type": "string"} if isinstance(field, str) else field for field in fields]
    return json.dumps({"type": "record", "name": name, "fields": written}, indent=1)


def unique(name: str, request: pytest.FixtureRequest) -> str:
    return f"{request.node.name.replace('[', '-').rstrip(']')}-{name}"


def test_push_check_push_again(work, server, request):
    name = unique("order", request)
    at = ("--registry", server.address)
    work.write({f"{name}.avsc": avro("Order", "id")})
    first = work.process("push", *at)
    assert first.returncode == 0, first.stderr
    assert "registered" in first.stdout
    assert f"version 1  id {server.get(f'/subjects/{name}/versions/1')['id']}" in first.stdout
    assert f"{server.address}/subjects/{name}/versions/1" in first.stdout
    assert "unchanged" in work.lineal("push", *at).stdout
    assert server.get(f"/subjects/{name}/versions") == [1]

    work.write({f"{name}.avsc": avro("Order", "id", "note")})
    check = work.lineal("check", *at)
    assert check.returncode == 1
    assert f"against version 1 of {server.address}" in check.stdout
    rehearsed = work.lineal("push", "--dry-run", *at)
    assert rehearsed.returncode == 1
    assert "would register: nothing" in rehearsed.stdout
    refused = work.lineal("push", *at)
    assert refused.returncode == 1
    assert "refused" in refused.stdout
    assert "[READER_FIELD_WITHOUT_DEFAULT]" in refused.stdout
    assert "fastavro" in refused.stdout
    assert server.get(f"/subjects/{name}/versions") == [1]

    work.write({f"{name}.avsc": avro("Order", "id", {"name": "note", "type": "string", "default": ""})})
    assert work.lineal("check", *at).returncode == 0
    assert "version 2" in work.lineal("push", *at).stdout
    assert "unchanged" in work.lineal("check", *at).stdout


def test_the_level_of_the_registry_holds(work, server, request):
    import httpx

    name = unique("order", request)
    work.write({f"{name}.avsc": avro("Order", "id")})
    at = ("--registry", server.address)
    assert work.lineal("push", *at).returncode == 0
    httpx.put(f"{server.address}/config/{name}", json={"compatibility": "FORWARD"}).raise_for_status()
    work.write({f"{name}.avsc": avro("Order", "id", "note")})
    assert work.lineal("check", *at).returncode == 0, "old readers skip the field"
    assert work.lineal("check", *at, "--mode", "BACKWARD").returncode == 1


def test_references_are_pushed_first_and_pulled_back_byte_for_byte(work, server, request, tmp_path_factory):
    folder = unique("x", request)
    at = ("--registry", server.address)
    toml = f'[[schemas]]\nglob = "**/*.proto"\nsubject = "{folder}/{{dir}}/{{stem}}"\n'
    work.write({"lineal.toml": toml, "shop/money.proto": MONEY, "shop/a_order.proto": ORDER})
    pushed = work.lineal("push", *at)
    assert pushed.returncode == 0, pushed.stdout
    order = server.get(f"/subjects/{folder.replace('/', '%2F')}%2Fshop%2Fa_order/versions/1")
    assert order["references"] == [{"name": "shop/money.proto", "subject": f"{folder}/shop/money", "version": 1}]

    other = type(work)(tmp_path_factory.mktemp("other"))
    pulled = other.lineal("pull", f"{folder}/shop/a_order", "--out", "got", *at)
    assert pulled.returncode == 0, pulled.stderr
    files = {path.relative_to(other.root).as_posix() for path in other.root.rglob("*.proto")}
    assert len(files) == 2, "what it refers to came with it"
    assert ORDER in {(other.root / path).read_text() for path in files}
    checked = other.lineal("check", *at)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("unchanged") == 2

    lock = other.read("lineal.lock")
    for path in files:
        (other.root / path).write_text("// lost\n")
    assert other.lineal("pull", "--frozen", *at).returncode == 0
    assert ORDER in {(other.root / path).read_text() for path in files}
    other.write({"lineal.lock": lock.replace('sha256 = "', 'sha256 = "0')})
    frozen = other.lineal("pull", "--frozen", *at)
    assert frozen.returncode == 1
    assert "has another text than lineal.lock says" in frozen.stdout


def test_a_whole_history_comes_and_goes(work, server, request, tmp_path_factory):
    name = f":.ctx:{unique('ünï code/x', request)}"
    at = ("--registry", server.address)
    versions = {f"order/v{n}.avsc": avro("Order", *[{"name": f"f{i}", "type": "int", "default": 0} for i in range(n)])
                for n in (1, 2, 3)}  # fmt: skip
    work.write({"lineal.toml": f'[[schemas]]\nglob = "**"\nsubject = "{name}"\nformat = "AVRO"\n'})
    toml = work.read("lineal.toml").replace('"**"', '"order/*"')
    work.write({"lineal.toml": toml, **versions})
    assert work.lineal("push", *at).returncode == 0
    other = type(work)(tmp_path_factory.mktemp("other"))
    assert other.lineal("pull", name, "--all-versions", *at).returncode == 0
    assert {path.read_text() for path in other.root.rglob("*.avsc")} == set(versions.values())
    assert other.lineal("check", *at).returncode == 0
    tampered = next(other.root.rglob("v2.avsc"))
    tampered.write_text(avro("Order", "other"))
    done = other.lineal("check", *at)
    assert done.returncode == 1
    assert "[VERSION_CHANGED]" in done.stdout


def test_diff_of_registered_versions(work, server, request):
    name = unique("order", request)
    at = ("--registry", server.address)
    work.write({f"{name}.avsc": avro("Order", "id")})
    work.lineal("push", *at)
    work.write({f"{name}.avsc": avro("Order", "id", {"name": "note", "type": "string", "default": ""})})
    work.lineal("push", *at)
    done = work.lineal("diff", f"{name}@1", f"{name}@latest", *at)
    assert done.returncode == 0, done.stderr
    assert "the field 'note' was added" in done.stdout
    assert work.lineal("diff", f"{name}@1", f"{name}@9", *at).returncode == 3


def test_what_waits_for_a_refused_reference_is_not_registered(work, server, request):
    name = unique("m", request)
    at = ("--registry", server.address)
    money = avro("Money", "currency")
    work.write({f"{name}.avsc": money})
    assert work.lineal("push", *at).returncode == 0
    work.write({f"{name}.avsc": avro("Money", "currency", "cents"), f"{name}-order.avsc": avro("Order",
        {"name": "total", "type": "Money"})})  # fmt: skip
    done = work.lineal("push", *at)
    assert done.returncode == 1
    assert f"{name}-order  waits" in done.stdout
    assert f"{name}-order" not in server.get("/subjects")


def test_an_address_that_is_no_registry(work, server):
    work.write({"a.avsc": avro("A")})
    assert work.lineal("check", "--registry", f"{server.address}/catalog").returncode == 3
    assert work.lineal("check", "--registry", "nonsense").returncode == 2


def test_serve_stops_gracefully_and_what_it_stored_is_verified_and_rebuilt(work, tmp_path, request):
    server = type(request.getfixturevalue("server"))(tmp_path)
    server.wait()
    printed = (tmp_path / "stdout").read_text()
    for text in (f"lineal serves {server.address}", f"{server.address}/catalog", f"curl {server.address}/subjects"):
        assert text in printed
    offered = re.findall(rf"^  ({re.escape(server.address)}/\S+)", printed, re.MULTILINE)
    assert [httpx.get(url).status_code for url in offered] == [200] * 2, offered
    work.write({"order.avsc": avro("Order", "id")})
    assert work.lineal("push", "order.avsc", "--registry", server.address).returncode == 0
    assert server.stop(signal.SIGTERM) == 0
    verified = work.process("verify", "--database", server.database)
    assert verified.returncode == 0
    assert "pass: every row is what the 1 entries of the log say" in verified.stdout
    assert "rebuilt from 1 entries" in work.lineal("rebuild", "--database", server.database).stdout
    assert work.lineal("verify", "--database", server.database).returncode == 0


def test_verify_finds_a_row_that_somebody_changed(work, tmp_path):
    import sqlite3

    from registry import settings
    from registry.demo import tell
    from registry.service import Registry

    database = f"sqlite:///{tmp_path}/demo.db"
    registry = Registry.open(settings.load({}, database=database))
    tell(registry)
    registry.close()
    with sqlite3.connect(tmp_path / "demo.db") as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = next(name for name in tables if name.startswith("version"))
        connection.execute(f"UPDATE {table} SET actor = 'mallory' WHERE rowid = 1")  # noqa: S608 - a name read above
    done = work.lineal("verify", "--database", database)
    assert done.returncode == 1
    assert "mallory" in done.stdout
    assert work.lineal("rebuild", "--database", database).returncode == 0
    assert work.lineal("verify", "--database", database).returncode == 0


def test_a_port_that_is_taken(work, server):
    done = work.lineal("serve", "--port", str(server.port), "--database", f"sqlite:///{work.root}/x.db")
    assert done.returncode == 2
    assert "choose another --port" in done.stderr


@pytest.mark.parametrize("command", ["verify", "rebuild"])
def test_a_database_that_cannot_be_used_is_3(work, command):
    (work.root / "x.db").write_text("this is no database, whatever its name says" * 100)
    done = work.lineal(command, "--database", f"sqlite:///{work.root}/x.db")
    assert done.returncode == 3, done.stderr


@pytest.mark.parametrize(
    "command", [("key", "list"), ("key", "revoke", "x"), ("grant", "list"), ("grant", "withdraw", "a", "admin")]
)
def test_what_only_looks_at_a_database_makes_none(work, command):
    done = work.lineal(*command, "--database", f"sqlite:///{work.root / 'mistyped.db'}")
    assert done.returncode == 2
    assert "there is no database at" in done.stderr
    assert not (work.root / "mistyped.db").exists()


def test_a_setting_that_is_wrong_is_told_before_anything_listens(work):
    done = work.process("serve", "--database", f"sqlite:///{work.root}/x.db", LINEAL_COMPATIBILITY="SIDEWAYS")
    assert done.returncode == 2
    assert "SIDEWAYS" in done.stderr


def test_a_server_that_ends_by_itself_is_70(work):
    work.write({"sitecustomize.py": "import sys\nsys.modules['web.app'] = None\n"})
    database = f"sqlite:///{work.root}/x.db"
    done = work.process("serve", "--port", str(free_port()), "--database", database, PYTHONPATH=str(work.root))
    assert done.returncode == 70
    assert "the server has ended unexpectedly" in done.stderr
    assert done.stdout == ""


def test_webhooks_are_looked_after(work, server):
    at = ("--registry", server.address)
    made = work.lineal(
        "webhook", "add", "https://hooks.invalid/x", "--context", "shop", "--type", "SchemaRegistered", *at
    )
    assert made.stdout.startswith("whsec_")
    (name,) = re.findall(r"webhook (\S+) tells", made.stderr)
    done = work.lineal("webhook", "change", name, "--prefix", "or", "--context", "", "--any-type", *at)
    assert done.returncode == 0, done.stderr
    kept = server.get(f"/api/v1/webhooks/{name}")
    assert (kept["prefix"], kept["context"], kept["types"]) == ("or", None, [])
    assert work.lineal("webhook", "change", name, *at).returncode == 2
    tried = work.lineal("webhook", "test", name, *at)
    assert (tried.returncode, tried.stdout[:16]) == (1, "it was not taken")
    assert "signs as well until" in work.lineal("webhook", "rotate", name, *at).stderr
    assert name in work.lineal("webhook", "list", *at).stdout
    assert "no dead letters" in work.lineal("webhook", "letters", name, *at).stderr
    assert work.lineal("webhook", "redeliver", name, *at).returncode == 1
    assert work.lineal("webhook", "remove", name, *at).returncode == 0
    assert "there are no webhooks" in work.lineal("webhook", "list", *at).stderr


def test_a_configuration_is_shown_set_cleared_and_removed_at_every_scope(work, server, request):
    at = ("--registry", server.address)
    subject = unique("configured", request)
    context = f":.{subject.replace('/', '-')}:"
    for scope in (subject, context, f"{context}{subject}"):
        done = work.lineal(
            *("config", "set", scope, "--compatibility", "full", "--json-formats", "annotation"),
            *("--profile", "confluent", "--rule", "lossy=block", *at),
        )
        assert done.returncode == 0, done.stderr
        path = f"/config/{quote(scope, safe='')}"
        assert server.get(path) == {
            "compatibilityLevel": "FULL",
            "profile": "confluent",
            "jsonFormats": "annotation",
            "ruleOverrides": {"lossy": "block"},
        }
        work.lineal("config", "set", scope, "--rule", "data_dependent=warn", "--clear", "profile", *at)
        shown = work.lineal("config", "show", scope, *at).stdout
        assert "jsonFormats\tannotation\tset here\n" in shown
        assert "ruleOverrides\tdata_dependent=warn, lossy=block\tset here\n" in shown
        assert "profile" not in shown
        assert work.lineal("config", "remove", scope, *at).returncode == 0
        assert "set here" not in work.lineal("config", "show", scope, *at).stdout
    for wrong in ((), ("--rule", "lossy"), ("--profile", "buf-file", "--clear", "profile"), ("--json-formats", "some")):
        assert work.lineal("config", "set", subject, *wrong, *at).returncode == 2, wrong
    refused = work.lineal("config", "set", subject, "--rule", "NO_SUCH=block", *at)
    assert refused.returncode == 1
    assert "is not a rule" in refused.stderr
