"""Apache Avro's Python checker follows the rules of the Java one that Confluent asks, but for some aliases."""

from __future__ import annotations

import json

import pytest

from compat.budget import Budget
from compat.confluent import differences
from compat.definition import Definition, Format
from compat.formats import parse
from compat.profile import Profile
from compat.verdict import Objection
from tests.compat.avro.strategies import random_pair
from tests.compat.avro.test_against_avro import _avro_says_compatible


def _found(writer: str, reader: str) -> list[Objection]:
    old, new = (parse(Definition(Format.AVRO, text)) for text in (writer, reader))
    return list(differences(new, old, Profile.CONFLUENT, Budget()))


def test_the_verdicts_are_those_of_the_library() -> None:
    agreed = 0
    for seed in range(600):
        texts = random_pair(seed).texts
        theirs = _avro_says_compatible(*texts)
        if theirs is None:
            continue
        found = _found(*texts)
        if any("of the writer" in each.detail for each in found):
            continue  # a reader field meets two fields of the writer: the Java library throws
        if theirs and {each.difference.rule for each in found} == {"confluent:NAME_MISMATCH"}:
            continue  # an alias without a namespace is in that of its type, which the Python library overlooks
        assert theirs == (not found), seed
        agreed += 1
    assert agreed > 500


def test_what_was_concluded_under_an_open_assumption_is_kept() -> None:
    """The library's known fault: a pair settled inside a branch that fails later stays settled."""
    loop = {"name": "w", "type": ["null", "n.W"]}
    inner = {"type": "record", "name": "q.P", "fields": [loop]}
    writer = {"type": "record", "name": "n.W", "fields": [{"name": "p", "type": inner}, {"name": "bad", "type": "int"}]}
    first = json.loads(json.dumps(writer).replace("n.W", "a.W").replace('"int"', '"string"'))
    second = {"type": "record", "name": "b.W", "fields": [{"name": "bad", "type": "int"}]}

    def top(kind: object) -> str:
        fields = [{"name": "u", "type": kind}, {"name": "p2", "type": "q.P"}]
        return json.dumps({"type": "record", "name": "Top", "fields": fields})

    assert _found(top(writer), top([first, second])) == []


def _record(name: str, **fields: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": [{"name": each, "type": kind} for each, kind in fields.items()]}


def _fixed(size: int) -> dict[str, object]:
    return {"type": "fixed", "name": "F", "size": size}


@pytest.mark.parametrize(
    ("writer", "reader", "told"),
    [
        (
            ["string", _record("A")],
            _record("A"),
            ("TYPE_MISMATCH", "/", "reader type: RECORD not compatible with writer type: STRING"),
        ),
        (
            _record("A", a=["null", _record("n.B")]),
            _record("A", a=["null", _record("n.C")]),
            ("MISSING_UNION_BRANCH", "/fields/0/type/1", "reader union lacking writer type: RECORD"),
        ),
        (_record("n.A"), _record("n.B"), ("NAME_MISMATCH", "/name", "expected: n.A")),
        (_fixed(1), _fixed(2), ("FIXED_SIZE_MISMATCH", "/size", "expected: 1, found: 2")),
        (
            {"type": "enum", "name": "E", "symbols": ["X", "Y", "Z"]},
            {"type": "enum", "name": "E", "symbols": ["Y"]},
            ("MISSING_ENUM_SYMBOLS", "/symbols", "[X, Z]"),
        ),
        (_record("A"), _record("A", f="int"), ("READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/0", "f")),
    ],
)
def test_path_and_details_are_those_of_the_library(writer: object, reader: object, told: tuple[str, ...]) -> None:
    """As Apache Avro for Java answers, inside the stock Java client."""
    (found,) = _found(json.dumps(writer), json.dumps(reader))
    assert (found.difference.rule.removeprefix("confluent:"), found.path, found.detail) == told


def test_depth_exhausts_no_stack() -> None:
    def chain(last: str) -> str:
        kind: object = last
        for number in range(55):
            kind = {"type": "record", "name": f"R{number}", "fields": [{"name": "f", "type": kind}]}
        return json.dumps(kind)

    (found,) = _found(chain("long"), chain("string"))
    assert found.difference.rule == "confluent:TYPE_MISMATCH"
    assert found.path == "/fields/0/type" * 55
