"""The gate, run as people and pipelines run it: in a git repository, offline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator


def avro(name: str, *fields: str | dict[str, Any], namespace: str = "shop") -> str:
    """An Avro record as text; a plain name is a string field, documented."""
    written = [
        field if isinstance(field, dict) else {"name": field, "type": "string", "doc": f"The {field}."}
        for field in fields
    ]
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": written}, indent=2)


V1 = avro("Order", "id")
FINE = avro("Order", "id", {"name": "note", "type": "string", "default": "", "doc": "Words."})
BREAKING = avro("Order", "id", "note")
TOML = 'against = ["git:HEAD"]\n[[schemas]]\nglob = "events/**/*.avsc"\nsubject = "{namespace}.{name}"\n'


@pytest.fixture
def repository(work):
    """One committed schema."""
    work.write({"lineal.toml": TOML, "events/order.avsc": V1})
    work.commit()
    return work


def test_nothing_changed_passes(repository):
    done = repository.lineal("check")
    assert done.returncode == 0
    assert "shop.Order  unchanged" in done.stdout
    assert done.stderr == ""


def test_a_breaking_change_is_1_with_the_line_the_event_and_the_readers_own_error(repository):
    repository.write({"events/order.avsc": BREAKING})
    done = repository.process("check")
    assert done.returncode == 1
    line = BREAKING[: BREAKING.index('"note"')].count("\n")
    assert done.stdout.startswith(f"events/order.avsc:{line}:")
    for text in (
        "[READER_FIELD_WITHOUT_DEFAULT]",
        "why ",
        "remedy ",
        'event       {"id": ""}',
        "fastavro",
        "fingerprint",
    ):
        assert text in done.stdout
    assert "\x1b" not in done.stdout


def test_a_compatible_change_and_a_new_subject_pass(repository):
    repository.write({"events/order.avsc": FINE, "events/refund.avsc": avro("Refund", "id")})
    done = repository.lineal("check")
    assert done.returncode == 0, done.stdout
    assert "shop.Refund  new" in done.stdout
    assert repository.lineal("check", "--require-known").returncode == 1


def test_a_deleted_file_is_a_finding(repository):
    repository.write({"events/other.avsc": avro("Other")})
    (repository.root / "events/order.avsc").unlink()
    done = repository.lineal("check")
    assert done.returncode == 1
    assert "[SUBJECT_REMOVED]" in done.stdout
    assert repository.lineal("check", "events/other.avsc").returncode == 0


def test_many_reports_in_one_run(repository):
    repository.write({"events/order.avsc": BREAKING})
    forms = ["github", "junit=out/j.xml", "sarif=s.json", "markdown=m.md", "json=j.json", "gitlab=g.json", "msvs=v.txt"]
    done = repository.lineal("-q", "check", *(part for form in forms for part in ("--report", form)))
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=events/order.avsc,line=")
    assert done.stderr == ""
    schema = json.loads(repository.lineal("check", "--report-schema").stdout)
    report = json.loads(repository.read("j.json"))
    Draft202012Validator(schema).validate(report)
    assert report["findings"][0]["counterexample"]["verified"] is True
    for file in ("out/j.xml", "s.json", "m.md", "g.json", "v.txt"):
        assert "READER_FIELD_WITHOUT_DEFAULT" in repository.read(file)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--warn-only"], 0),
        (["--findings-exit-code", "100"], 100),
        (["--mode", "forward"], 0),
        (["--mode", "NONE"], 0),
        (["--mode", "FULL"], 1),
        (["--fail-on", "warning"], 1),
    ],
)
def test_how_strict_it_is_can_be_chosen(repository, options, code):
    repository.write({"events/order.avsc": BREAKING})
    assert repository.lineal("check", *options).returncode == code


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("git:nope", "git does not know the revision 'nope'"),
        ("http://127.0.0.1:1", "does not answer (Connection refused)"),
    ],
)
def test_what_could_not_be_checked_is_3_and_never_a_pass(repository, against, message):
    done = repository.lineal("check", "--against", against, "--report", "json")
    assert done.returncode == 3
    report = json.loads(done.stdout)
    assert report["status"] == "could_not_check"
    assert message in report["failure"]
    lenient = repository.lineal("check", "--against", against, "--on-unreachable", "warn")
    assert lenient.returncode == 0
    assert "nothing was decided" in lenient.stderr


@pytest.mark.parametrize("against", ["", "git:", "svn:x", "x@y"])
def test_a_baseline_that_means_nothing_is_wrong_usage(repository, against):
    done = repository.lineal("check", "--against", against)
    assert done.returncode == 2
    assert "write registry, http://host:port, git:REVISION" in done.stderr


def test_a_waiver_lets_a_finding_pass_until_it_expires(repository):
    repository.write({"events/order.avsc": BREAKING})
    report = json.loads(repository.lineal("check", "--report", "json").stdout)
    mark = report["findings"][0]["fingerprint"]
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    waived = repository.lineal(
        "waive", mark, "--reason", "the topic is empty", "--expires", tomorrow, "--person", "Ada"
    )
    assert waived.returncode == 0, waived.stderr
    done = repository.lineal("check")
    assert done.returncode == 0
    assert f"by Ada until {tomorrow}: the topic is empty" in done.stdout
    waivers = repository.read(".lineal/waivers.toml")
    repository.write({".lineal/waivers.toml": waivers.replace(tomorrow, "2020-01-01")})
    expired = repository.lineal("check")
    assert expired.returncode == 1
    assert "[WAIVER_EXPIRED]" in expired.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope", "--reason", "x", "--expires", "2099-01-01"], "is not a fingerprint"),
        (["0" * 12, "--reason", " ", "--expires", "2099-01-01"], "--reason is empty"),
        (["0" * 12, "--reason", "x", "--expires", "soon"], "write a day as YYYY-MM-DD"),
        (["0" * 12, "--reason", "x", "--expires", "2020-01-01"], "is in the past"),
    ],
)
def test_a_waiver_needs_all_its_parts(work, arguments, message):
    done = work.lineal("waive", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (work.root / ".lineal").exists()


def test_from_a_folder_below_the_configuration_of_the_root_holds(repository):
    repository.write({"events/order.avsc": BREAKING})
    done = repository.lineal("check", "order.avsc", folder="events")
    assert done.returncode == 1
    assert done.stdout.startswith("events/order.avsc:")


def test_a_folder_of_versions_is_checked_in_order(work):
    work.write({"order/v1.avsc": V1, "order/v2.avsc": FINE, "order/v3.avsc": BREAKING})
    done = work.lineal("check", "--against", "self", "--mode", "FORWARD_TRANSITIVE")
    assert done.returncode == 0, done.stdout
    done = work.lineal("check", "--against", "self")
    assert done.returncode == 0, "the field of version 3 was in version 2"
    assert work.lineal("check", "--against", "self", "--mode", "BACKWARD_TRANSITIVE").returncode == 1


def test_against_another_folder(work):
    work.write({"old/order.avsc": V1, "new/order.avsc": BREAKING})
    done = work.lineal("check", "--against", "dir:../old", folder="new")
    assert done.returncode == 1


def test_references_between_files_are_followed_offline(work):
    money = 'syntax = "proto3";\npackage shop;\nmessage Money { int64 cents = 1; }\n'
    order = 'syntax = "proto3";\npackage shop;\nimport "shop/money.proto";\nmessage Order { Money total = 1; }\n'
    work.write({"shop/money.proto": money, "shop/order.proto": order})
    work.commit()
    work.write({"shop/money.proto": money.replace("int64 cents", "string cents")})
    done = work.lineal("check", "--against", "git:HEAD", "--report", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert {subject["standing"] for subject in report["subjects"]} == {"incompatible"}


def test_list_shows_which_file_is_which_subject(repository):
    done = repository.lineal("check", "--list")
    assert done.stdout == "shop.Order\thead\tAVRO\tevents/order.avsc\n"


def test_mistakes_in_the_configuration_are_told_with_their_place(work):
    work.write({"lineal.toml": '[[schemas]]\nglob = "*"\nlevel = "SIDEWAYS"\n', "a.avsc": V1})
    done = work.lineal("check")
    assert done.returncode == 2
    assert "'SIDEWAYS' is not a level" in done.stderr


def test_lint_parses_and_asks_for_documentation(work):
    work.write({"order.avsc": avro("Order", {"name": "id", "type": "string"}), "bad.avsc": '{"type": "record"}'})
    done = work.lineal("lint")
    assert done.returncode == 1
    assert "[INVALID_SCHEMA]" in done.stdout
    assert "1 of 1 fields say nothing about themselves: id" in done.stdout
    assert work.lineal("lint", "order.avsc").returncode == 0
    assert work.lineal("lint", "order.avsc", "--fail-on", "warning").returncode == 1


def test_init_writes_what_check_then_uses(work):
    work.git("init", "-q")
    done = work.lineal("init")
    assert done.returncode == 0
    assert work.lineal("lint").returncode == 0
    assert work.lineal("check", "--list").stdout.startswith("example.orders.OrderPlaced\t")
    work.commit()
    assert work.lineal("check").returncode == 0
    assert work.lineal("init").returncode == 2
    assert "lineal check --against git:origin/" in work.lineal("init", "--ci", "github").stdout


def test_init_helps_where_files_have_one_name(work):
    avro = json.dumps({"type": "record", "name": "Money", "namespace": "shop", "fields": []})
    work.write(
        {"avro/money.avsc": avro, "json/money.schema.json": '{"$schema": "http://json-schema.org/draft-07/schema#"}'}
    )
    assert "`lineal init` writes one" in work.lineal("lint").stderr
    assert work.lineal("init").stdout.startswith("written: lineal.toml\n")
    listed = work.lineal("check", "--list").stdout
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["money", "shop.Money"]


def test_before_the_first_commit_nothing_can_break(work):
    work.write({"order.avsc": V1})
    work.git("init", "-q")
    done = work.lineal("check", "--against", "git:HEAD")
    assert done.returncode == 0
    assert "subject order is new" in work.lineal("check", "--against", "git:HEAD", "--report", "json").stdout


def test_diff_shows_every_change_and_both_verdicts(repository):
    repository.write({"events/order.avsc": BREAKING})
    done = repository.lineal("diff", "git:HEAD:events/order.avsc", "events/order.avsc")
    assert done.returncode == 0, done.stderr
    assert "1 difference from git:HEAD:events/order.avsc to events/order.avsc" in done.stdout
    assert "incompatible: readers of events/order.avsc read what was written with git:HEAD" in done.stdout
    assert "compatible: readers of git:HEAD:events/order.avsc read what is written with" in done.stdout
    document = json.loads(repository.lineal("diff", "git:HEAD:events/order.avsc", "events/order.avsc", "--json").stdout)
    assert document["verdicts"]["BACKWARD"]["outcome"] == "incompatible"
    assert document["verdicts"]["FORWARD"]["outcome"] == "compatible"


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("nowhere.avsc", "events/order.avsc", 2, "is neither a file"),
        ("git:HEAD", "events/order.avsc", 2, "write git:REVISION:PATH"),
        ("git:HEAD:no.avsc", "events/order.avsc", 3, "is not in HEAD"),
        ("git:nope:events/order.avsc", "events/order.avsc", 3, "does not know the revision"),
        ("lineal.toml", "events/order.avsc", 2, "files end in .avsc"),
    ],
)
def test_diff_says_what_it_cannot_compare(repository, old, new, code, message):
    done = repository.lineal("diff", old, new)
    assert done.returncode == code
    assert message in done.stderr


def test_the_hook_refuses_a_commit_and_runs_for_each_project(work):
    hooks = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    [check] = [hook for hook in hooks if hook["id"] == "lineal-check"]
    assert check["always_run"]
    assert not check["pass_filenames"]
    program, *words = check["entry"].split()
    assert program == "lineal"
    work.write({"shop/lineal.toml": "", "bank/lineal.toml": "", "shop/order.avsc": V1, "bank/order.avsc": V1})
    work.commit()
    work.write({"shop/order.avsc": BREAKING})
    assert work.lineal(*words, "--config", "shop/lineal.toml").returncode == 1
    assert work.lineal(*words, "--config", "bank/lineal.toml").returncode == 0
    (work.root / "bank/order.avsc").unlink()
    work.write({"bank/paid.avsc": V1.replace("Order", "Paid")})
    done = work.lineal(*words, "--config", "bank/lineal.toml")
    assert done.returncode == 1
    assert "[SUBJECT_REMOVED]" in done.stdout
