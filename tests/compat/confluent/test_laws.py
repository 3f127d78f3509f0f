"""What holds for every pair of schemas, whichever profile judges: on generated pairs of the three formats."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from compat.budget import Limits
from compat.check import check, compare
from compat.definition import Definition, Format
from compat.errors import CompatError
from compat.formats import parse
from compat.level import Level
from compat.profile import Criteria, Profile
from compat.protobuf.rules import JSON_RULES
from compat.verdict import Finding, Incompatibility, Objection, Outcome, Undecided, Verdict
from tests.compat.avro import strategies as avro
from tests.compat.json_schema import strategies as json_schema
from tests.compat.protobuf import strategies as protobuf

LIMITS = Limits(steps=20_000)
PAIRS = {Format.AVRO: 80, Format.JSON: 80, Format.PROTOBUF: 50}


def texts(format_: Format, seed: int) -> tuple[str, str]:
    if format_ is Format.AVRO:
        return avro.random_pair(seed).texts
    if format_ is Format.PROTOBUF:
        return protobuf.plain_pair(random.Random(seed))
    pair = json_schema.random_pair(seed)
    return json.dumps(pair.writer), json.dumps(pair.reader)


def pairs(format_: Format) -> Iterator[tuple[Definition, Definition]]:
    for seed in range(PAIRS[format_]):
        definitions = [Definition(format_, text) for text in texts(format_, seed)]
        try:
            for definition in definitions:
                parse(definition)
        except CompatError:
            continue
        yield definitions[0], definitions[1]


def of_json(finding: Finding) -> bool:
    """ProtoJSON is asked about beside the binary encoding under buf's WIRE_JSON, and nowhere else."""
    return isinstance(finding.cause, Incompatibility) and finding.cause.difference.rule in JSON_RULES


def fails_as_json(finding: Finding) -> bool:
    return of_json(finding) and isinstance(finding.cause, Incompatibility) and finding.cause.severity.blocks


def judged(old: Definition, new: Definition, profile: Profile) -> Verdict:
    return check(Level.FULL, new, [old], everything=True, criteria=Criteria(profile), limits=LIMITS)


@pytest.mark.parametrize("format_", Format)
def test_profiles_over_the_same_facts(format_: Format) -> None:
    """A profile changes no fact; where it and the truth part, a note says so; LENIENT accepts what STRICT accepts."""
    refused = told = 0
    for old, new in pairs(format_):
        strict = judged(old, new, Profile.STRICT)
        verdicts = {profile: judged(old, new, profile) for profile in Profile}
        for profile, verdict in verdicts.items():
            facts = [f.cause for f in verdict.findings if not isinstance(f.cause, Objection) and not of_json(f)]
            assert facts == [finding.cause for finding in strict.findings]
            _noted(profile, verdict, strict)
            told += bool(verdict.notes)
        if verdicts[Profile.CONFLUENT].compatible:
            assert verdicts[Profile.CONFLUENT_LENIENT].compatible
        refused += not verdicts[Profile.CONFLUENT].compatible
    assert refused > PAIRS[format_] // 5
    assert told > 3


def _noted(profile: Profile, verdict: Verdict, strict: Verdict) -> None:
    if verdict.criteria.profile is Profile.STRICT:
        assert verdict == strict
        return
    for direction in Level.FULL.directions:
        ours = [f for f in strict.findings if f.direction is direction]
        theirs = [f for f in verdict.findings if f.direction is direction]
        true = not any(f.blocks for f in ours) and not any(map(fails_as_json, theirs))
        accepted = not any(f.blocks for f in theirs)
        if true != accepted:
            notes = [f for f in theirs if f.note]
            assert notes, (profile, direction)
            assert all(profile.authority in f.note for f in notes)
        if accepted and not true:
            proofs = [f.cause for f in theirs if f.note]
            assert all(isinstance(c, Undecided) or (isinstance(c, Incompatibility) and c.witness) for c in proofs)


@pytest.mark.parametrize("format_", Format)
def test_an_identical_schema_is_compatible_in_every_profile(format_: Format) -> None:
    for old, _ in pairs(format_):
        for profile in Profile:
            verdict = judged(old, Definition(format_, old.text), profile)
            assert verdict.outcome is Outcome.COMPATIBLE
            assert not verdict.findings
        again = parse(Definition(format_, f"{old.text}\n"))
        assert not any(isinstance(c, Undecided) for c in compare(again, parse(old), LIMITS))


@pytest.mark.parametrize("format_", [Format.JSON, Format.PROTOBUF])
def test_other_spelling_is_no_difference_to_an_authority(format_: Format) -> None:
    """Avro apart: there Confluent fails on a schema whose own aliases collide, however it is spelt."""
    for old, _ in pairs(format_):
        respelt = Definition(format_, f"{old.text}\n\n")
        for profile in (Profile.CONFLUENT, Profile.CONFLUENT_LENIENT, Profile.BUF_FILE):
            assert judged(old, respelt, profile).outcome is Outcome.COMPATIBLE
