"""What findings weigh: by severity, by overrides, by another authority; and that weighing changes no fact."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from compat import criteria
from compat.check import check
from compat.definition import Definition, Format
from compat.errors import InvalidCriteria
from compat.level import Level
from compat.profile import Action, Criteria, Profile, Weight
from compat.verdict import Incompatibility, Objection, Outcome, Reason, Undecided, Verdict

INT = 'syntax = "proto3"; message Order { int32 total = 1; }'
ZIGZAG = 'syntax = "proto3"; message Order { sint32 total = 1; }'
OPEN = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}})
GROWN = json.dumps({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}})


def decimal(scale: int) -> str:
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}
    return json.dumps({"type": "record", "name": "Order", "fields": [{"name": "amount", "type": amount}]})


def judged(
    format_: Format, old: str, new: str, profile: str = "strict", overrides: Mapping[str, str] | None = None
) -> Verdict:
    definitions = [Definition(format_, text) for text in (old, new)]
    by = criteria.read(profile, overrides)
    return check(Level.BACKWARD, definitions[1], definitions[:1], everything=True, criteria=by)


@pytest.mark.parametrize(
    ("format_", "old", "new", "rule"),
    [
        (Format.PROTOBUF, INT, ZIGZAG, "FIELD_TYPE_CHANGES_VALUES"),
        (Format.AVRO, decimal(2), decimal(3), "LOGICAL_TYPE_CHANGED"),
    ],
)
def test_lossy_changes_pass_by_default_and_can_be_made_to_block(format_: Format, old: str, new: str, rule: str) -> None:
    lenient, stricter = judged(format_, old, new), judged(format_, old, new, overrides={"lossy": "block"})
    assert lenient.outcome is Outcome.COMPATIBLE
    assert stricter.outcome is Outcome.INCOMPATIBLE
    assert [f.cause for f in lenient.findings] == [f.cause for f in stricter.findings]
    assert judged(format_, old, new, overrides={"lossy": "block", rule: "warn"}).compatible


def test_a_rule_can_be_allowed_told_and_ignored() -> None:
    rule = "PROPERTY_ADDED_TO_OPEN_MODEL"
    assert not judged(Format.JSON, OPEN, GROWN).compatible
    weights = {}
    for action in ("warn", "allow", "ignore"):
        verdict = judged(Format.JSON, OPEN, GROWN, overrides={rule: action})
        assert verdict.compatible
        weights[action] = [finding.weight for finding in verdict.findings]
    assert weights == {"warn": [Weight.WARNING], "allow": [Weight.INFO], "ignore": []}


def test_kinds_of_an_authority_can_be_weighed_otherwise() -> None:
    kind = "confluent:OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
    assert not judged(Format.JSON, OPEN, GROWN, "confluent").compatible
    allowed = judged(Format.JSON, OPEN, GROWN, "confluent", {kind: "allow"})
    assert allowed.compatible
    assert [f.weight for f in allowed.findings if isinstance(f.cause, Objection)] == [Weight.INFO]
    removed = judged(
        Format.JSON, GROWN, OPEN, "confluent", {"confluent:PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL": "block"}
    )
    assert not removed.compatible


def test_confluent_and_the_truth_agree_without_a_note() -> None:
    verdict = judged(Format.JSON, OPEN, GROWN, "confluent")
    assert not verdict.notes
    objection, fact = verdict.findings
    assert isinstance(objection.cause, Objection)
    assert (objection.weight, fact.weight) == (Weight.ERROR, Weight.WARNING)


def test_buf_judges_protobuf_and_nothing_else() -> None:
    assert not judged(Format.PROTOBUF, INT, ZIGZAG, "buf-wire").compatible
    renamed = ZIGZAG.replace("total", "sum")
    assert judged(Format.PROTOBUF, ZIGZAG, renamed, "buf-wire").compatible
    assert not judged(Format.PROTOBUF, ZIGZAG, renamed, "buf-wire-json").compatible
    over_json = judged(Format.JSON, OPEN, GROWN, "buf-wire")
    assert over_json == judged(Format.JSON, OPEN, GROWN)
    assert over_json.criteria.profile is Profile.STRICT


def test_another_format_is_refused_by_everybody() -> None:
    for profile in Profile:
        old, new = Definition(Format.AVRO, decimal(2)), Definition(Format.JSON, OPEN)
        assert not check(Level.BACKWARD, new, [old], criteria=Criteria(profile)).compatible


@pytest.mark.parametrize(
    ("profile", "overrides", "said"),
    [
        ("lax", {}, "'lax' is not a profile; choose one of strict, confluent"),
        ("strict", {"lossy": "perhaps"}, "choose one of block, warn, allow, ignore"),
        ("strict", {"NO_SUCH_RULE": "block"}, "'NO_SUCH_RULE' is not a rule"),
        ("strict", {"error": "allow"}, "'error' is not a rule"),
        ("confluent", {"confluent:NOTHING": "allow"}, "is not a rule"),
    ],
)
def test_what_names_nothing_is_refused_with_what_there_is(profile: str, overrides: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidCriteria, match=said):
        criteria.read(profile, overrides)


def test_criteria_are_read_however_they_are_spelt() -> None:
    read = criteria.read("Confluent ", {"LOSSY": "Block", "buf:FIELD_NO_DELETE": "warn"})
    assert read == Criteria(Profile.CONFLUENT, (("LOSSY", Action.BLOCK), ("buf:FIELD_NO_DELETE", Action.WARN)))
    assert criteria.under_policy(read, "LENIENT").profile is Profile.CONFLUENT_LENIENT
    assert criteria.under_policy(Criteria(), "LENIENT") == Criteria()


def test_under_wire_json_a_renamed_field_comes_with_the_json_that_cannot_be_parsed() -> None:
    renamed = INT.replace("total", "sum")
    assert not any("JSON_FIELD" in str(f.cause) for f in judged(Format.PROTOBUF, INT, renamed).findings)
    verdict = judged(Format.PROTOBUF, INT, renamed, "buf-wire-json")
    assert verdict.outcome is Outcome.INCOMPATIBLE
    (fact,) = (f for f in verdict.findings if isinstance(f.cause, Incompatibility) and f.cause.witness is not None)
    assert fact.cause.difference.rule == "JSON_FIELD_RENAMED"
    assert "total" in json.dumps(fact.cause.witness.payload)
    assert judged(Format.PROTOBUF, INT, renamed, "buf-wire").compatible


def many(format_: Format, kind: str, size: int = 250) -> str:
    """A schema of so many fields of a kind."""
    if format_ is Format.JSON:
        return json.dumps({"type": "object", "properties": {f"f{index}": {"type": kind} for index in range(size)}})
    if format_ is Format.AVRO:
        fields = [{"name": f"f{index}", "type": kind} for index in range(size)]
        return json.dumps({"type": "record", "name": "Order", "fields": fields})
    return f"syntax = 'proto3'; message Order {{ {' '.join(f'{kind} f{i} = {i + 1};' for i in range(size))} }}"


@pytest.mark.parametrize("profile", ["strict", "confluent"])
@pytest.mark.parametrize(
    ("format_", "old", "new"),
    [(Format.JSON, "string", "integer"), (Format.AVRO, "string", "int"), (Format.PROTOBUF, "string", "int32")],
)
def test_of_many_findings_the_first_are_told_and_that_there_are_more(
    format_: Format, old: str, new: str, profile: str
) -> None:
    verdict = judged(format_, many(format_, old), many(format_, new), profile)
    assert verdict.outcome is Outcome.INCOMPATIBLE
    told = [finding.cause for finding in verdict.findings if finding.blocks]
    assert len(told) == 101
    assert isinstance(told[-1], Undecided)
    assert told[-1].reason is Reason.MORE_FINDINGS
    assert "than the 100 told" in told[-1].message
    assert len(verdict.findings) <= 203


def test_findings_that_do_not_block_hide_none_that_does() -> None:
    old = many(Format.PROTOBUF, "int32")
    new = many(Format.PROTOBUF, "sint32").replace("sint32 f249", "string f249")
    verdict = judged(Format.PROTOBUF, old, new)
    assert verdict.outcome is Outcome.INCOMPATIBLE
    assert [finding.cause.message for finding in verdict.findings if isinstance(finding.cause, Undecided)] == [
        "there are 149 more findings that do not block than the 100 told"
    ]
    assert judged(Format.PROTOBUF, many(Format.PROTOBUF, "int32"), many(Format.PROTOBUF, "sint32")).compatible


def test_rules_that_are_allowed_hide_none_that_blocks() -> None:
    old = many(Format.JSON, "string")
    new = json.loads(many(Format.JSON, "integer")) | {"required": ["f0"]}
    for profile in ("strict", "confluent"):
        rules = {"TYPE_NARROWED": "allow", "confluent:TYPE_CHANGED": "allow", "REQUIRED_ADDED": "block"}
        verdict = judged(Format.JSON, old, json.dumps(new), profile, rules)
        assert any(
            finding.blocks
            and isinstance(finding.cause, Incompatibility)
            and finding.cause.difference.rule == "REQUIRED_ADDED"
            for finding in verdict.findings
        )
