"""reader, writer, deploy, can-i-deploy and check --env, against a running registry with the demo."""

from __future__ import annotations

import json

import jsonschema
import pytest

from compat.gate.reports.document import report_schema

SHIPPED = "orders.OrderShipped"
MONEY = ":.bank:payments.MoneyTransferred"


def test_a_reader_is_declared_and_told_at_once_what_it_can_read(demo):
    done = demo.lineal("reader", "declare", SHIPPED, "--app", "cli-mail", "--version", "1", "--owner", "team-cli",
                       "--fields", "order_id, weight_kg, tracking?")  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, head, row, reason = done.stdout.splitlines()
    assert first == "cli-mail 1 reads orders.OrderShipped: fields order_id, weight_kg, tracking? (as in version 2)"
    assert head.split() == ["v1", "v2", "v3"]
    assert row.split() == ["cli-mail", "1", "direct", "direct", "BROKEN"]
    assert reason.startswith("  cli-mail 1, v3: REQUIRED_ADDED")
    assert demo.lineal("reader", "withdraw", SHIPPED, "--app", "cli-mail", "--version", "1").returncode == 0


def test_a_reader_with_a_schema_of_its_own(demo):
    demo.write({"mine.json": json.dumps({"type": "object", "required": ["order_id"]}), "mine.txt": "{}"})
    asked = ["reader", "declare", SHIPPED, "--app", "cli-own", "--version", "1"]
    done = demo.lineal(*asked, "--schema", "mine.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2].split() == ["cli-own", "1", "direct", "direct", "direct"]
    assert demo.lineal(*asked, "--schema", "mine.txt").returncode == 2
    demo.lineal("reader", "withdraw", SHIPPED, "--app", "cli-own", "--version", "1")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--fields", "order_id,wieght"], 1, "No version of 'orders.OrderShipped' has wieght"),
        (["--versions", "2-9"], 1, "Version 9 not found"),
        (["--versions", "two"], 2, "write one version or a range"),
        ([], 2, "exactly one of --fields, --schema and --versions"),
        (["--fields", "order_id", "--versions", "1"], 2, "exactly one of"),
    ],
)
def test_what_cannot_be_declared(demo, arguments, code, words):
    done = demo.lineal("reader", "declare", SHIPPED, "--app", "x", "--version", "1", *arguments)
    assert done.returncode == code, done.stdout
    assert words in done.stderr
    assert done.stdout == ""


def test_the_matrix_of_an_environment(demo):
    done = demo.lineal("reader", "matrix", "orders.OrderPlaced", "--env", "prod")
    assert [line.split()[:7] for line in done.stdout.splitlines()[1:]] == [
        ["billing", "3.2", "upcaster", "upcaster", "upcaster", "upcaster", "direct"],
        ["insight", "7", "upcaster", "upcaster", "direct", "direct", "direct"],
        ["warehouse", "2.4", "upcaster", "upcaster", "upcaster", "direct", "direct"],
    ]
    assert "no declared reader that is live in nowhere" in demo.lineal(
        "reader", "matrix", "orders.OrderPlaced", "--env", "nowhere"
    ).stdout  # fmt: skip


@pytest.mark.parametrize(
    ("application", "environment", "code", "answer", "words"),
    [
        ("billing 3.2", "prod", 0, "yes", "version 5 directly, versions 1, 2, 3 and 4 through upcasters"),
        ("loyalty 0.9", "prod", 1, "no", "loyalty 0.9 cannot read version 5 of orders.OrderPlaced, which checkout 5.0"),
        ("billing 9.9", "prod", 3, "unknown", "has declared neither readers nor writers"),
        ("billing 3.2", "prdo", 3, "unknown", "nothing is recorded as live in prdo"),
    ],
)
def test_can_i_deploy_has_three_answers_and_three_exit_codes(demo, application, environment, code, answer, words):
    name, build = application.split()
    asked = ["can-i-deploy", "--app", name, "--version", build, "--to", environment]
    done = demo.lineal(*asked)
    assert done.returncode == code, done.stdout
    assert done.stdout.startswith(f"{answer}: {application} to {environment}\n")
    assert words in done.stdout
    if environment == "prdo":
        assert "nothing is recorded as live in prdo" in done.stderr
    document = json.loads(demo.lineal(*asked, "--format", "json").stdout)
    assert document["answer"] == answer


def test_an_application_nobody_knows_is_refused_with_the_remedy(demo):
    for arguments in (["can-i-deploy", "--to", "prod"], ["deploy", "record", "--env", "prod"]):
        done = demo.lineal(*arguments, "--app", "phantom", "--version", "1")
        assert done.returncode == 1
        assert "declare what it reads or writes first" in done.stderr


def test_deployments_are_recorded_listed_and_ended(demo):
    demo.lineal("writer", "declare", SHIPPED, "--app", "cli-robot", "--version", "1", "--writes", "latest")
    build = ["--app", "cli-robot", "--version", "1", "--env", "cli-lab"]
    assert demo.lineal("deploy", "record", *build, "--released").stdout == "cli-robot 1 is live in cli-lab (released)\n"
    assert demo.lineal("deploy", "list", "--env", "cli-lab").stdout.split("\t")[:4] == [
        "cli-lab", "cli-robot", "1", "released",
    ]  # fmt: skip
    assert demo.lineal("deploy", "end", *build).returncode == 0
    assert demo.lineal("deploy", "list", "--env", "cli-lab").stdout == ""
    assert demo.lineal("deploy", "end", *build).returncode == 1


# -- check --env -------------------------------------------------------------------------------------------------

FOLDER = {
    "lineal.toml": '[[schemas]]\nglob = "*.proto"\nsubject = ":.bank:payments.MoneyTransferred"\n',
}


def transferred(demo_server, **changed):
    text = demo_server.get("/subjects/:.bank:payments.MoneyTransferred/versions/latest")["schema"]
    for old, new in changed.values():
        assert old in text
        text = text.replace(old, new)
    return {**FOLDER, "transferred.proto": text}


def test_the_two_verdicts_stand_apart_where_only_the_policy_is_broken(demo, demo_server):
    demo.write(transferred(demo_server, gone=("bool instant = 7;", "string instant = 7;")))
    done = demo.lineal("check", "--env", "prod")
    assert done.returncode == 1
    assert "    policy FULL: broken\n    live readers in prod: 0 of 1 broken\n" in done.stdout


def test_where_nobody_has_declared_that_is_said(demo, demo_server):
    demo.write({"lineal.toml": FOLDER["lineal.toml"].replace(":.bank:payments.MoneyTransferred", "nobody.reads.this"),
                "new.proto": 'syntax = "proto3"; message New {}'})  # fmt: skip
    done = demo.lineal("check", "--env", "prod")
    assert done.returncode == 0
    assert "    live readers in prod: nobody who is live there has declared to read it\n" in done.stdout


def test_a_live_reader_that_breaks_is_a_finding_with_its_owner_and_the_event(demo, demo_server):
    demo.write(transferred(demo_server, cents=("int64 cents = 4;", "double euros = 4;")))
    done = demo.lineal("check", "--env", "prod", "--report", "json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, json.loads(report_schema()))
    assert done.returncode == 1
    assert report["subjects"][0]["live_readers"] == {
        "environment": "prod", "readers": 1, "broken": 1, "unknown": 0, "recorded": True,
    }  # fmt: skip
    (finding,) = [one for one in report["findings"] if one["rule"] == "LIVE_READER_BROKEN"]
    assert finding["message"].startswith("ledger 4.6, live in prod (owner: team-core), cannot read the candidate: ")
    assert finding["counterexample"]["verified"]


def test_a_policy_that_holds_does_not_hide_a_reader_that_breaks(demo, demo_server):
    demo.write(transferred(demo_server, cents=("int64 cents = 4;", "reserved 4;")))
    done = demo.lineal("check", "--env", "prod", "--mode", "BACKWARD")
    assert done.returncode == 1
    assert "    policy BACKWARD: holds\n    live readers in prod: 1 of 1 broken\n" in done.stdout


def test_an_environment_where_nothing_is_recorded_is_never_a_silent_yes(demo, demo_server):
    demo.write(transferred(demo_server))
    done = demo.lineal("check", "--env", "prdo")
    assert "live readers in prdo: unknown, nothing is recorded as live there" in done.stdout
    assert "LIVE_READERS_UNKNOWN" in done.stdout
    assert done.returncode == 0
    assert demo.lineal("check", "--env", "prdo", "--fail-on", "warning").returncode == 1


def test_a_registry_that_does_not_answer_is_no_pass(demo, demo_server):
    demo.write(transferred(demo_server))
    demo.git("init", "-q")
    demo.git("add", "-A")
    demo.git("commit", "-q", "-m", "schemas")
    done = demo.lineal("check", "--against", "git:HEAD", "--env", "prod", "--registry", "http://127.0.0.1:9")
    assert done.returncode == 3
