"""One case file per kind that Confluent names: two schemas, the kind, and what its policies decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compat.budget import Budget
from compat.confluent import KINDS, PREFIX, differences
from compat.definition import Definition, Format
from compat.formats import ENGINES, parse
from compat.profile import Profile
from compat.verdict import Objection

ROOT = Path(__file__).parent / "cases"
CASES = sorted(ROOT.glob("*/*.json"))
OF_METADATA = {"RESERVED_PROPERTY_REMOVED", "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY"}
"""Kinds that concern the metadata of a version, not its schema."""

BESIDE = {
    "ONEOF_ADDED": set(),
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF": {"ONEOF_ADDED"},
}
"""Other kinds that the smallest example cannot do without."""


def found(format_: Format, before: Any, after: Any, profile: Profile = Profile.CONFLUENT) -> list[Objection]:
    texts = (side if isinstance(side, str) else json.dumps(side) for side in (before, after))
    writer, reader = (parse(Definition(format_, text)) for text in texts)
    return list(differences(reader, writer, profile, Budget()))


@pytest.mark.parametrize("format_", Format)
def test_every_kind_has_a_case(format_: Format) -> None:
    named = {path.stem for path in (ROOT / format_.value.lower()).iterdir()}
    assert named == KINDS[format_].keys() - OF_METADATA


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    for profile, policy in ((Profile.CONFLUENT, "strict"), (Profile.CONFLUENT_LENIENT, "lenient")):
        told = found(Format(path.parent.name.upper()), case["before"], case["after"], profile)
        kinds = {each.difference.rule.removeprefix(PREFIX) for each in told}
        assert kinds == {case["kind"], *BESIDE.get(case["kind"], ())}
        refused = any(each.refused for each in told)
        assert ("refused" if refused else "accepted") == case[policy]
        assert all(each.path.startswith(("#", "/")) for each in told)


def test_the_published_numbers_of_kinds() -> None:
    """65 kinds of JSON Schema pass under STRICT, LENIENT adds 9; 15 of Protobuf's 26 pass, none of Avro's six."""
    accepted = {format_: [kind.accepted.name for kind in KINDS[format_].values()] for format_ in Format}
    assert accepted[Format.JSON].count("ALWAYS") == 65
    assert accepted[Format.JSON].count("LENIENTLY") == 9
    assert (len(accepted[Format.PROTOBUF]), accepted[Format.PROTOBUF].count("ALWAYS")) == (26, 15)
    assert accepted[Format.AVRO] == ["NEVER"] * 6


@pytest.mark.parametrize("format_", Format)
def test_rules_name_equivalents_that_exist(format_: Format) -> None:
    named = {name for rule in ENGINES[format_].rules.values() for name in rule.confluent}
    assert named <= KINDS[format_].keys()
