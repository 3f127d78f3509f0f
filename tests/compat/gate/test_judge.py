"""Who is compared with whom, and what comes of it."""

from __future__ import annotations

import json

import pytest

from compat.gate.baselines import OwnHistory, TreeBaseline
from compat.gate.configuration import Configuration, SchemaSet
from compat.gate.errors import CouldNotCheck
from compat.gate.findings import Report, Standing, Status, spot_of
from compat.gate.judge import Policy, judge, removed
from compat.gate.mapping import subjects
from compat.gate.references import Workspace
from compat.gate.tree import FolderTree
from compat.level import Level
from compat.profile import Action, Criteria, Profile, Weight
from compat.verdict import Place


def avro(*fields, name="Order"):
    written = [field if isinstance(field, dict) else {"name": field, "type": "string"} for field in fields]
    return json.dumps({"type": "record", "name": name, "fields": written}, indent=2)


V1 = avro("id")
OPTIONAL = avro("id", {"name": "note", "type": "string", "default": ""})
BREAKING = avro("id", "note")


POLICY = Policy()


def gate(tmp_path, old, new, policy=POLICY, sets=()):
    configuration = Configuration(schemas=sets)
    for side, files in (("old", old), ("new", new)):
        for path, text in files.items():
            (tmp_path / side / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / side / path).write_text(text)
        (tmp_path / side).mkdir(parents=True, exist_ok=True)
    workspace = Workspace(subjects(FolderTree(tmp_path / "new"), configuration))
    baseline = TreeBaseline(FolderTree(tmp_path / "old", "old"), configuration)
    results = [*judge(workspace, workspace.subjects, baseline, policy)]
    results += removed({subject.name for subject in workspace.subjects}, baseline)
    return Report(tuple(results))


@pytest.mark.parametrize(
    ("old", "new", "standing", "rules"),
    [
        ({"o.avsc": V1}, {"o.avsc": V1}, "unchanged", []),
        ({"o.avsc": V1}, {"o.avsc": " " + V1.replace("\n", "")}, "unchanged", []),
        ({"o.avsc": V1}, {"o.avsc": OPTIONAL}, "compatible", []),
        ({"o.avsc": V1}, {"o.avsc": BREAKING}, "incompatible", ["READER_FIELD_WITHOUT_DEFAULT"]),
        ({}, {"o.avsc": V1}, "new", ["UNKNOWN_SUBJECT"]),
        ({"o.avsc": V1}, {}, "removed", ["SUBJECT_REMOVED"]),
        ({"o.avsc": V1}, {"o.avsc": '{"type": "nope"}'}, "invalid", ["UNRESOLVED_REFERENCE"]),
        ({"o.avsc": V1}, {"o.avsc": "{"}, "invalid", ["INVALID_SCHEMA"]),
        ({"o/v1.avsc": V1}, {"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL}, "compatible", []),
        ({"o/v1.avsc": V1}, {"o/v1.avsc": V1, "o/v2.avsc": BREAKING}, "incompatible", ["READER_FIELD_WITHOUT_DEFAULT"]),
        ({"o/v1.avsc": V1}, {"o/v1.avsc": OPTIONAL}, "incompatible", ["VERSION_CHANGED"]),
        ({"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL}, {"o/v1.avsc": V1}, "incompatible", ["VERSION_REMOVED"]),
        (
            {"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL},
            {"o/v1.avsc": V1, "o/v2.avsc": V1}, "incompatible", ["VERSION_CHANGED"],
        ),
        ({}, {"o/v1.avsc": V1, "o/v2.avsc": BREAKING}, "incompatible", ["READER_FIELD_WITHOUT_DEFAULT"]),
        ({}, {"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL}, "new", ["UNKNOWN_SUBJECT"]),
        ({"o.avsc": V1}, {"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL}, "compatible", []),
    ],
)  # fmt: skip
def test_one_subject(tmp_path, old, new, standing, rules):
    (result,) = gate(tmp_path, old, new).results
    assert result.standing == standing
    assert [finding.rule.name for finding in result.findings] == rules


def test_a_version_that_the_baseline_counts_otherwise_is_known_by_its_content(tmp_path):
    old = {"o/v4.avsc": V1, "o/v7.avsc": OPTIONAL}
    new = {"o/v4.avsc": V1, "o/v5.avsc": OPTIONAL, "o/v7.avsc": OPTIONAL}
    assert gate(tmp_path, old, new).results[0].standing is Standing.UNCHANGED


def test_a_finding_has_the_line_the_event_and_the_readers_words(tmp_path):
    (finding,) = gate(tmp_path, {"o.avsc": V1}, {"o.avsc": BREAKING}).findings
    assert (finding.spot.path, finding.spot.line) == ("o.avsc", BREAKING[: BREAKING.index('"note"')].count("\n"))
    assert finding.base_spot is not None
    assert finding.counterexample is not None
    assert finding.counterexample.event == {"id": ""}
    assert "note" in finding.counterexample.error
    assert finding.counterexample.reader.startswith("fastavro")


def test_the_fingerprint_survives_moving_a_line_and_not_another_subject(tmp_path):
    (here,) = gate(tmp_path / "a", {"o.avsc": V1}, {"o.avsc": BREAKING}).findings
    (moved,) = gate(tmp_path / "b", {"o.avsc": V1}, {"o.avsc": "\n\n" + BREAKING}).findings
    (other,) = gate(tmp_path / "c", {"p.avsc": V1}, {"p.avsc": BREAKING}).findings
    assert here.spot.line != moved.spot.line
    assert here.fingerprint == moved.fingerprint != other.fingerprint


def test_the_level_comes_from_the_command_line_then_the_set_then_the_file(tmp_path):
    old, new = {"o.avsc": V1}, {"o.avsc": avro()}  # removing a field breaks old readers only
    assert gate(tmp_path / "a", old, new).results[0].standing is Standing.COMPATIBLE
    strict = (SchemaSet(glob="*", level="FULL"),)
    assert gate(tmp_path / "b", old, new, sets=strict).results[0].level == "FULL"
    assert gate(tmp_path / "b", old, new, sets=strict).results[0].standing is Standing.INCOMPATIBLE
    none = gate(tmp_path / "c", old, new, Policy(enforced=Level.NONE), strict)
    assert none.results[0].standing is Standing.COMPATIBLE
    assert gate(tmp_path / "d", old, new, Policy(level=Level.FORWARD)).status is Status.FINDINGS


def test_a_transitive_level_compares_every_version_and_tells_the_same_finding_once(tmp_path):
    old = {"o/v1.avsc": V1, "o/v2.avsc": OPTIONAL}
    new = {**old, "o/v3.avsc": avro("id", "extra", {"name": "note", "type": "string", "default": ""})}
    (finding,) = [
        finding
        for finding in gate(tmp_path, old, new, Policy(level=Level.BACKWARD_TRANSITIVE)).findings
        if finding.spot.text.startswith('{"name":"extra"')
    ]
    assert finding.base_versions == ("version 2", "version 1")


def test_a_new_subject_is_an_error_only_where_it_must_be_known(tmp_path):
    assert gate(tmp_path / "a", {}, {"o.avsc": V1}).status is Status.PASS
    report = gate(tmp_path / "b", {}, {"o.avsc": V1}, Policy(require_known=True))
    assert report.status is Status.FINDINGS
    assert report.count(Weight.ERROR) == 1


def test_a_baseline_that_cannot_be_parsed_decides_nothing(tmp_path):
    with pytest.raises(CouldNotCheck, match="is not a usable schema"):
        gate(tmp_path, {"o.avsc": "{"}, {"o.avsc": V1})


def test_a_change_in_a_referenced_file_is_found_in_the_file_that_uses_it(tmp_path):
    money = avro("cents", name="Money")
    order = avro({"name": "total", "type": "Money"})
    report = gate(
        tmp_path,
        {"money.avsc": money, "order.avsc": order},
        {"money.avsc": avro("cents", "currency", name="Money"), "order.avsc": order},
    )
    assert {result.subject: result.standing for result in report.results} == {
        "money": Standing.INCOMPATIBLE,
        "order": Standing.INCOMPATIBLE,
    }


def test_a_folder_checked_against_itself_compares_its_own_versions(tmp_path):
    files = {"o/v1.avsc": V1, "o/v2.avsc": BREAKING, "p.avsc": avro(name="P")}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    workspace = Workspace(subjects(FolderTree(tmp_path), Configuration()))
    results = list(judge(workspace, workspace.subjects, OwnHistory(), Policy()))
    assert [result.standing for result in results] == [Standing.INCOMPATIBLE, Standing.NEW]


MONEY = """{"type": "record", "name": "Money",
 "fields": [
  {"name": "cents", "type": "%s"}]}"""
PAID = '{"type": "record", "name": "Paid", "fields": [{"name": "sum", "type": "Money"}]}'
DRAFT = '"$schema": "https://json-schema.org/draft/2020-12/schema"'
ADDRESS = f"""{{{DRAFT}, "$id": "https://shop.example/address",
 "properties": {{
  "zip": {{"type": "%s"}}}}}}"""
CUSTOMER = f'{{{DRAFT}, "$id": "https://shop.example/customer", "properties": {{"home": {{"$ref": "address"}}}}}}'


@pytest.mark.parametrize(
    ("referred", "referrer"),
    [(("money.avsc", MONEY, "long", "int"), ("paid.avsc", PAID)),
     (("address.schema.json", ADDRESS, "integer", "string"), ("customer.schema.json", CUSTOMER))],
)  # fmt: skip
def test_what_changed_in_a_reference_is_pointed_to_in_its_own_file(tmp_path, referred, referrer):
    path, template, before, after = referred
    report = gate(tmp_path, {path: template % before, referrer[0]: referrer[1]},
                  {path: template % after, referrer[0]: referrer[1]})  # fmt: skip
    found = [finding for result in report.results if result.path == referrer[0] for finding in result.findings]
    assert [(finding.spot.path, finding.spot.line, finding.base_spot.path) for finding in found] == [(path, 3, path)]
    assert template.splitlines()[2].index('"%s"') + 1 == found[0].spot.column == found[0].base_spot.column


def test_lines_of_a_reference_that_is_no_file_are_not_told_as_those_of_its_referrer():
    spot = spot_of(Place("shop.Money#/fields/0/type", 3, 28), "paid.avsc", {})
    assert (spot.path, spot.line, spot.pointer) == ("paid.avsc", None, "shop.Money#/fields/0/type")


def test_a_reference_that_cannot_be_read_is_pointed_to_in_its_own_file(tmp_path):
    broken = f'{{{DRAFT}, "$id": "https://shop.example/address",\n "type": 3}}'
    files = {"address.schema.json": broken, "customer.schema.json": CUSTOMER}
    spots = [finding.spot for finding in gate(tmp_path, {}, files).findings]
    assert [(spot.path, spot.line) for spot in spots] == [("address.schema.json", 2)] * 2


OPEN_MODEL = json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"})
WANTING = json.dumps({**json.loads(OPEN_MODEL), "required": ["id"]})


@pytest.mark.parametrize(
    ("policy", "sets", "standing"),
    [
        (Policy(), (), "incompatible"),
        (Policy(criteria=Criteria(Profile.CONFLUENT)), (), "compatible"),
        (Policy(criteria=Criteria(Profile.CONFLUENT)), (SchemaSet(glob="*.json", profile="strict"),), "incompatible"),
        (Policy(), (SchemaSet(glob="*.json", profile="confluent"),), "compatible"),
        (Policy(enforced_profile=Profile.STRICT), (SchemaSet(glob="*.json", profile="confluent"),), "incompatible"),
        (Policy(criteria=Criteria(overrides=(("REQUIRED_ADDED", Action.WARN),))), (), "compatible"),
    ],
)
def test_whose_rules_decide(tmp_path, policy, sets, standing):
    report = gate(tmp_path, {"o.json": OPEN_MODEL}, {"o.json": WANTING}, policy, sets)
    assert [result.standing for result in report.results] == [standing]
    (finding,) = report.findings
    assert finding.counterexample.event == {}
    assert bool(finding.note) == (report.results[0].profile is Profile.CONFLUENT)


def test_what_another_authority_refuses_is_a_finding_with_its_place_and_explanation(tmp_path):
    enum = json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "enum": ["a"]}, indent=1)
    report = gate(
        tmp_path,
        {"o.json": enum},
        {"o.json": enum.replace('"enum": [\n  "a"\n ]', '"type": "string"')},
        Policy(criteria=Criteria(Profile.CONFLUENT)),
    )
    (finding,) = report.findings
    assert finding.rule.name == "confluent:TYPE_CHANGED"
    assert finding.note == (
        "Confluent's policy STRICT refuses this; lineal proved that the reader reads every event of the writer."
    )
    assert (finding.spot.path, finding.spot.line) == ("o.json", 1)


def test_a_finding_in_an_imported_file_is_told_there(tmp_path):
    money = 'syntax = "proto3";\npackage shop;\n\nmessage Money {\n  int64 cents = 1;\n}\n'
    order = 'syntax = "proto3";\npackage shop;\nimport "shop/money.proto";\nmessage Order { Money total = 1; }\n'
    old = {"shop/money.proto": money, "shop/order.proto": order}
    new = {**old, "shop/money.proto": money.replace("int64", "string")}
    found = {result.subject: result.findings for result in gate(tmp_path, old, new).results}
    for subject in ("money", "order"):
        [finding] = found[subject]
        assert (finding.spot.path, finding.spot.line, finding.spot.column) == ("shop/money.proto", 5, 3)
        assert (finding.base_spot.path, finding.base_spot.line) == ("shop/money.proto", 5)


def test_what_is_gone_is_told_where_it_stood(tmp_path):
    old = (
        'syntax = "proto3";\npackage shop;\n'
        "message Order {\n  string id = 1;\n  Status status = 2;\n}\n"
        "enum Status {\n  NEW = 0;\n  PAID = 1;\n}\n"
        "message Gone {}\n"
    )
    new = old.replace("  string id = 1;\n", "").replace("  PAID = 1;\n", "").replace("message Gone {}\n", "")
    policy = Policy(criteria=Criteria(Profile.BUF_FILE))
    [result] = gate(tmp_path, {"o.proto": old}, {"o.proto": new}, policy).results
    lines = {finding.rule.name: finding.spot.line for finding in result.findings}
    assert lines["buf:FIELD_NO_DELETE"] == 3
    assert lines["buf:ENUM_VALUE_NO_DELETE"] == 6
    assert lines["buf:MESSAGE_NO_DELETE"] == 2
