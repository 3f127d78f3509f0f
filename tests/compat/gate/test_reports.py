"""Every form of the report, read back by what reads such a form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from compat.definition import Format
from compat.gate.findings import Counterexample, GateFinding, Report, Spot, Standing, SubjectResult, Waived
from compat.gate.reports import REPORTS, document, markdown, text
from compat.gate.rules import explanation, explanations
from compat.level import Direction
from compat.profile import Weight
from compat.verdict import Severity

ODD = "50% of <events>,\nin: `x`\r and \x00\x1b[31m"
RULE = explanation("READER_FIELD_WITHOUT_DEFAULT", Format.AVRO, Severity.ERROR)
PROOF = Counterexample({"id": "ä"}, "AA==", "fastavro 1", "valid", f"no default: {ODD}")
FINDING = GateFinding(
    RULE, Weight.ERROR, "orders", f"needs a default: {ODD}", Spot("events/a,b.avsc", 11, 5, "/fields/4", "{}"),
    "0" * 12, Direction.BACKWARD, "git:main", ("version 2", "version 1"),
    Spot("events/a,b.avsc", 1, 1, "", "{}"), PROOF,
)  # fmt: skip
WARNING = replace(FINDING, weight=Weight.WARNING, fingerprint="1" * 12, spot=Spot("b.proto"), counterexample=None)
ACCEPTED = replace(FINDING, fingerprint="2" * 12, waived=Waived("fine", "Ada", date(2027, 1, 1)))
NEW = GateFinding(
    explanations("UNKNOWN_SUBJECT")[0],
    Weight.INFO,
    "fresh",
    "is new",
    Spot("fresh.json"),
    "3" * 12,
    baseline="git:main",
)


def result(subject, standing, *findings):
    compared = ("version 1", "version 2")
    return SubjectResult(subject, f"{subject}.avsc", Format.AVRO, "git:main", standing, "FULL", compared, findings)


REPORT = Report((
    result("orders", Standing.INCOMPATIBLE, FINDING, WARNING, ACCEPTED),
    result("fresh", Standing.NEW, NEW),
    result("fine", Standing.COMPATIBLE),
))  # fmt: skip
FAILED = Report((), failure=f"unreachable: {ODD}")
EMPTY = Report(())


@pytest.mark.parametrize("report", [REPORT, FAILED, EMPTY], ids=["findings", "failed", "empty"])
def test_the_json_report_is_what_its_published_schema_says(report):
    schema = json.loads(document.report_schema())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(REPORTS["json"](report)))


def test_the_json_report_counts_what_is_open():
    written = json.loads(REPORTS["json"](REPORT))
    assert written["status"] == "findings"
    assert written["summary"] == {
        "subjects": 3, "errors": 1, "warnings": 1, "infos": 1, "waived": 1, "fail_on": "error"
    }  # fmt: skip
    assert written["findings"][0]["counterexample"]["event"] == {"id": "ä"}
    assert json.loads(REPORTS["json"](FAILED))["status"] == "could_not_check"


def test_text_begins_every_finding_with_its_place():
    lines = REPORTS["text"](REPORT).splitlines()
    assert lines[0].startswith("events/a,b.avsc:11:5: error: needs a default")
    assert any(line.startswith("b.proto: warning: ") for line in lines)
    assert any("error (waived)" in line for line in lines)
    assert any(line.split()[:2] == ["fine", "compatible"] for line in lines)
    assert lines[-1] == "findings: 3 subjects, 1 error, 1 warning, 1 waived"
    assert "\x1b" not in REPORTS["text"](REPORT), "what a schema says must not reach the terminal as a command"
    assert "\\x1b[31m" in REPORTS["text"](REPORT)


def test_text_says_that_nothing_was_decided():
    assert REPORTS["text"](FAILED).startswith("could not check: unreachable")


def test_github_annotations_are_one_line_each_and_escaped():
    first, second = REPORTS["github"](REPORT).splitlines()
    assert first.startswith("::error file=events/a%2Cb.avsc,line=11,col=5,title=READER_FIELD_WITHOUT_DEFAULT::")
    assert "50%25 of <events>,%0Ain: `x`%0D" in first
    assert second.startswith("::warning file=b.proto,title=")
    assert REPORTS["github"](FAILED).startswith("::error title=lineal could not check::unreachable: 50%25")


def test_gitlab_findings_all_have_a_path_and_a_line():
    entries = json.loads(REPORTS["gitlab"](REPORT))
    assert [entry["severity"] for entry in entries] == ["major", "minor", "info"]
    assert all(entry["location"]["path"] and entry["location"]["lines"]["begin"] >= 1 for entry in entries)
    assert entries[0]["location"]["positions"]["begin"] == {"line": 11, "column": 5}
    assert json.loads(REPORTS["gitlab"](FAILED))[0]["severity"] == "blocker"


# ruff: noqa: S314 - what is parsed here was written here
def test_junit_has_passing_cases_too_and_survives_control_characters():
    suites = ET.fromstring(REPORTS["junit"](REPORT))
    assert [suite.get("failures") for suite in suites] == ["1", "0", "0"]
    failure = suites.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "READER_FIELD_WITHOUT_DEFAULT"
    assert ET.fromstring(REPORTS["junit"](FAILED)).find("testsuite/testcase/error") is not None


def test_sarif_refers_to_its_rules_and_suppresses_what_is_waived():
    (run,) = json.loads(REPORTS["sarif"](REPORT))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert [len(result.get("suppressions", [])) for result in run["results"]].count(1) == 1
    region = run["results"][0]["locations"][0]["physicalLocation"].get("region")
    assert region in (None, {"startLine": 11, "startColumn": 5})
    failed = json.loads(REPORTS["sarif"](FAILED))["runs"][0]["invocations"][0]
    assert failed["executionSuccessful"] is False


def test_markdown_cannot_be_broken_out_of():
    written = REPORTS["markdown"](REPORT)
    assert written.startswith(markdown.MARK)
    assert "\\<events\\>" in written
    assert "| orders | ❌ incompatible |" in written
    assert "lineal waive 000000000000" in written
    fenced = REPORTS["markdown"](Report((result("x", Standing.INCOMPATIBLE, replace(
        FINDING, counterexample=replace(PROOF, error="```\n# out"))),)))  # fmt: skip
    assert "````text\nfastavro 1: ```\n# out\n````" in fenced


def test_msvs_is_one_line_per_finding():
    first, second, third = REPORTS["msvs"](REPORT).splitlines()
    assert first.startswith("events/a,b.avsc(11,5) : error READER_FIELD_WITHOUT_DEFAULT : orders: needs a default")
    assert second.startswith("b.proto : warning ")
    assert third.startswith("fresh.json : info UNKNOWN_SUBJECT")


def test_long_events_are_cut_in_text_and_whole_in_json():
    long = replace(FINDING, counterexample=replace(PROOF, event=["x" * 50] * 1000))
    report = Report((result("x", Standing.INCOMPATIBLE, long),))
    assert "--report json has it whole" in REPORTS["text"](report)
    assert len(json.loads(REPORTS["json"](report))["findings"][0]["counterexample"]["event"]) == 1000
    assert text.event_text({"a": 1}) == '{"a": 1}'
