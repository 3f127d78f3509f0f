"""The help teaches; exit codes mean what the table says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from registry.cli.application import _COMMANDS


def test_the_first_page_groups_the_commands_and_says_where_to_start(work):
    done = work.process("--help")
    assert done.returncode == 0
    for text in ("Start here:", "Your schema files:", "Operate:", "lineal serve --demo", "Exit codes:"):
        assert text in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_says_what_it_does_and_shows_an_example(work, name):
    done = work.lineal(name, "--help")
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
    assert f"  lineal {name}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["check", "--nonsense"], "No such option"),
        (["check", "--report", "pdf"], "the forms are text, json"),
        (["check", "nowhere.avsc"], "nowhere.avsc does not exist"),
        (["check"], "no schema files in"),
        (["explain", "READER_FIELD"], "did you mean READER_FIELD_WITHOUT_DEFAULT"),
        (["serve", "--port", "99999"], "99999 is not in the range"),
        (["serve", "--database", "mysql://x/y"], "sqlite:///path"),
    ],
)
def test_wrong_usage_is_2_with_a_remedy_and_nothing_on_stdout(work, arguments, message):
    done = work.lineal(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stdout == ""


def test_an_error_in_lineal_is_70_and_never_looks_like_a_finding(work):
    broken = "import compat.gate.mapping as mapping\ndef broken(*_): raise KeyError('x')\nmapping.subjects = broken\n"
    work.write({"sitecustomize.py": broken})
    done = work.process("check", PYTHONPATH=str(work.root))
    assert done.returncode == 70
    assert "This is an error in lineal" in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    command = f"{Path(sys.executable).parent / 'lineal'} rules --format json | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0", done
    assert done.stderr == ""


def test_version_names_what_it_judges_with(work):
    done = work.lineal("version")
    assert done.returncode == 0
    assert {line.split()[0] for line in done.stdout.splitlines()} >= {"lineal", "python", "fastavro", "protobuf"}
    assert "not installed" not in done.stdout


def test_explain_shows_why_what_instead_and_a_before_and_after(work):
    done = work.lineal("explain", "reader-field-without-default")
    assert done.returncode == 0
    for text in ("READER_FIELD_WITHOUT_DEFAULT   AVRO   ERROR", "Why it hurts", "Instead", "Before", "After"):
        assert text in done.stdout


def test_rules_as_json_have_every_part(work):
    rules = json.loads(work.lineal("rules", "--format", "json").stdout)
    assert {"name", "applies_to", "severity", "summary", "why", "remedy"} <= rules[0].keys()
    assert {rule["applies_to"] for rule in rules} == {"any", "AVRO", "JSON", "PROTOBUF"}


def test_the_settings_that_are_printed_can_be_read_back_and_are_the_defaults(work):
    from registry import settings

    printed = work.lineal("settings").stdout
    assert "# LINEAL_DATABASE\n# ``sqlite:///path``" in printed
    names = [line.removeprefix("# ").partition(" = ")[0] for line in printed.splitlines() if " = " in line]
    assert names == list(settings.Settings.__struct_fields__)
    values = "\n".join(
        line.removeprefix("# ") for line in printed.splitlines() if line.startswith("# ") and " = " in line
    )
    work.write({"settings.toml": values})
    assert settings.load({}, file=work.root / "settings.toml") == settings.Settings()


def test_settings_reach_the_processes_of_the_server():
    from registry import settings
    from registry.cli.store import as_environment

    chosen = settings.load({}, compatibility="FULL", mode_mutability=False, busy_seconds=2.5)
    assert settings.load(as_environment(chosen)) == chosen
