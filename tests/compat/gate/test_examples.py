"""Every rule that can hurt a reader has an example, and the engine finds the rule in it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from compat import buf
from compat.budget import Budget
from compat.check import compare
from compat.definition import Definition, Format
from compat.formats import ENGINES, Parsed, parse
from compat.gate.examples import Example, example_of, examples
from compat.gate.rules import every_rule, explanation, explanations
from compat.level import Direction
from compat.protobuf.rules import JSON_RULES
from compat.verdict import Fact, Incompatibility, Severity


def facts(example: Example, reader: Parsed, writer: Parsed) -> Iterable[Fact]:
    """What is said of the pair; the rules of ProtoJSON are asked for by themselves."""
    if example.rule in JSON_RULES:
        return buf.as_json(reader.schema, writer.schema, Budget())
    return compare(reader, writer)


CASES = [
    pytest.param(format_, example, id=f"{format_}-{example.rule}")
    for format_ in Format
    for example in examples(format_)
]

FALLBACK = {"SCHEMA_NARROWED"}
"""Said only where no narrower rule fits: nobody can write a small example of that."""


@pytest.mark.parametrize(("format_", "example"), CASES)
def test_the_engine_finds_the_rule_in_its_example(format_: Format, example: Example) -> None:
    before, after = parse(Definition(format_, example.before)), parse(Definition(format_, example.after))
    reader, writer = (after, before) if example.direction is Direction.BACKWARD else (before, after)
    found = [cause for cause in facts(example, reader, writer) if isinstance(cause, Incompatibility)]
    assert example.rule in {cause.difference.rule for cause in found}
    for cause in found:
        assert not cause.severity.blocks or cause.witness is not None


@pytest.mark.parametrize("format_", list(Format))
def test_every_rule_that_matters_to_a_reader_has_an_example(format_: Format) -> None:
    heavy = {rule.name for rule in ENGINES[format_].rules.values() if rule.severity is not Severity.INFO} - FALLBACK
    without = sorted(name for name in heavy if example_of(name, format_) is None)
    assert not without


def test_every_rule_says_what_why_and_what_instead() -> None:
    for rule in every_rule():
        assert rule.summary, rule.name
        assert rule.severity is Severity.INFO or (rule.why and rule.remedy), rule.name


def test_two_formats_may_share_a_name_and_keep_their_own_words() -> None:
    shared = [rule.name for rule in every_rule()]
    twice = next(name for name in shared if shared.count(name) > 1)
    first, second = explanations(twice)[:2]
    assert first.applies_to != second.applies_to
    assert explanation(twice, Format(second.applies_to), second.severity) is second
