"""upcast and upcaster, against a running registry with the demo."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import LATEST, OLD
from upcasters.exchange import unbundle


@pytest.fixture(autouse=True)
def events(work):
    work.write({"event.json": json.dumps(OLD), "latest.json": json.dumps(LATEST)})


def test_an_old_event_comes_out_in_the_newest_shape_on_stdout_alone(demo):
    done = demo.process("upcast", "orders.OrderPlaced", "--from", "1", "event.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == LATEST
    assert done.stderr == ""


def test_a_new_event_comes_back_down(demo):
    done = demo.lineal("upcast", "orders.OrderPlaced", "--from", "5", "--to", "1", "latest.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == OLD


def test_the_trace_shows_every_step_and_change(demo):
    done = demo.lineal("upcast", "orders.OrderPlaced", "--from", "1", "--to", "3", "event.json", "--trace")
    assert done.returncode == 0
    for text in ("version 1 → 2", "version 2 → 3", '+ /channel  "web"', '~ /amount_cents  1250 → "12.50"',
                 "valid under version 3"):  # fmt: skip
        assert text in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["orders.OrderPlaced", "--from", "2", "latest.json"], 1, "The event is none of version 2"),
        (["orders.OrderPlaced", "--from", "9", "event.json"], 1, "Version 9 not found"),
        (["orders.Nothing", "--from", "1", "event.json"], 1, "'orders.Nothing' not found"),
        (["orders.OrderPlaced", "--from", "1", "nowhere.json"], 2, "cannot be read"),
        (["orders.OrderPlaced", "--from", "1", "broken.json"], 2, "broken.json:1:2: not JSON"),
        (["orders.OrderPlaced", "event.json"], 2, "--from"),
    ],
)
def test_what_cannot_travel_is_told_with_the_reason(demo, arguments, code, message):
    demo.write({"broken.json": "{"})
    done = demo.lineal("upcast", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""


def test_a_draft_is_a_document_with_its_questions_as_comments(demo):
    done = demo.lineal("upcaster", "draft", "orders.OrderPlaced", "--from", "2", "--to", "3")
    assert done.returncode == 0
    assert "subject: orders.OrderPlaced" in done.stdout
    lines = done.stdout.splitlines()
    asked = next(number for number, line in enumerate(lines) if "confirm the loss" in line)
    assert lines[asked].startswith("# decide (")
    assert lines[asked + 1].startswith("- remove: {at: ")
    assert "left to decide: look for '# decide'" in done.stderr
    demo.write({"draft.yaml": done.stdout})
    assert demo.lineal("upcaster", "verify", "draft.yaml").returncode == 1


def test_from_nothing_to_a_bridged_change(demo):
    first = {"type": "record", "name": "Paid", "fields": [{"name": "cents", "type": "int"}]}
    second = {"type": "record", "name": "Paid", "fields": [{"name": "amount", "type": "long"}]}
    upcaster = "upcast: 1\nsubject: bridged\nfrom: 1\nto: 2\nops:\n  - rename: {at: /cents, to: amount}\n"
    demo.write({"bridged.avsc": json.dumps(first)})
    assert demo.lineal("push", "bridged.avsc").returncode == 0
    demo.write({"bridged.avsc": json.dumps(second)})
    assert demo.lineal("push", "bridged.avsc").returncode == 1
    import os

    import httpx

    address = os.environ["LINEAL_REGISTRY"]
    httpx.put(f"{address}/config/bridged", json={"compatibility": "NONE"}).raise_for_status()
    assert demo.lineal("push", "bridged.avsc").returncode == 0
    demo.write({"1-2.yaml": upcaster, "wrong.yaml": upcaster.replace("amount", "sum"), "e.json": '{"cents": 7}'})
    wrong = demo.lineal("upcaster", "publish", "wrong.yaml")
    assert wrong.returncode == 1
    assert "does not hold" in wrong.stdout
    verified = demo.lineal("upcaster", "verify", "1-2.yaml")
    assert verified.returncode == 0
    assert "proven" in verified.stdout
    here = demo.lineal("upcaster", "verify", "1-2.yaml", "--engine", "duckdb")
    assert here.returncode == 0, here.stderr
    assert "DuckDB columns on the way down: the same for" in here.stdout
    assert "JavaScript" not in here.stdout
    assert demo.lineal("upcaster", "verify", "wrong.yaml", "--engine", "DuckDB").returncode == 1
    assert "in force  bridged 1 → 2, revision 1" in demo.lineal("upcaster", "publish", "1-2.yaml").stdout
    assert json.loads(demo.lineal("upcast", "bridged", "--from", "1", "e.json").stdout) == {"amount": 7}


def test_mistakes_in_a_document_are_told_with_their_place(demo):
    demo.write({"bad.yaml": "upcast: 1\nsubject: x\nfrom: 1\nto: 2\nops:\n  - rename: {at: /a}\n"})
    done = demo.lineal("upcaster", "publish", "bad.yaml")
    assert done.returncode == 2
    assert "/ops/0/rename" in done.stderr


def test_the_demo_shows_its_refusals_and_differences(demo):
    done = demo.lineal("diff", "orders.OrderPlaced@4", "orders.OrderPlaced@5")
    assert done.returncode == 0
    assert "ENUM_SYMBOL_MISSING" in done.stdout
    pulled = demo.lineal("pull", "--all-versions")
    assert pulled.returncode == 0, pulled.stderr
    checked = demo.lineal("check", "--against", "registry")
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("unchanged") >= 12


def test_a_chain_becomes_an_npm_package(demo):
    asked = ("upcaster", "compile", "orders.OrderPlaced", "--from", "1", "--for", "javascript", "--output", "js")
    done = demo.lineal(*asked, "--to", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["js/package.json", "js/index.js", "js/index.d.ts"]
    package = json.loads((demo.root / "js" / "package.json").read_text())
    assert package["name"] == "upcast-orders-order-placed-v1-v2"
    assert "dependencies" not in package
    assert "customer_name: string;" in (demo.root / "js" / "index.d.ts").read_text()
    assert demo.lineal(*asked).returncode == 0  # to version 5, over decimals and moments, which are texts in JSON


def test_the_chains_of_subjects_become_one_file_that_needs_no_registry(demo):
    done = demo.lineal("upcaster", "bundle", "orders.OrderPlaced", "orders.OrderShipped", "--output", "chains.json")
    assert done.returncode == 0, done.stderr
    chains = unbundle((demo.root / "chains.json").read_bytes())
    assert [version for subject, version in chains if subject == "orders.OrderPlaced"] == [1, 2, 3, 4, 5]
    assert chains["orders.OrderPlaced", 1](OLD)["status"] == "PLACED"
    refused = demo.lineal("upcaster", "bundle", "orders.Nothing", "--output", "none.json")
    assert refused.returncode == 1
    assert not (demo.root / "none.json").exists()
