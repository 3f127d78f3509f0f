"""buf's categories as profiles: the real program says the same about every pair, rule by rule."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from compat.buf import CATEGORIES, PREFIX, RULES, differences
from compat.definition import Definition, Format
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from tests.compat.protobuf.buf import BUF, breaking
from tests.compat.protobuf.strategies import EDITIONS, plain_pair
from tests.compat.protobuf.test_cases import CASES, sections

PAIRS = 120

SERVICES = """syntax = "proto3";
package shop;
message A {
}
service S {
  rpc M (A) returns (A);
  rpc N (A) returns (A);
}
"""
EXTENDED = """syntax = "proto2";
package shop;
message A {
  extensions 5 to 9;
}
extend A {
  optional int32 x = 6;
}
"""
EDITION = """edition = "2023";
package shop;
message A {
}
"""
MORE = [
    (SERVICES, SERVICES.replace("returns (A)", "returns (stream A)", 1).replace("  rpc N (A) returns (A);\n", "")),
    (SERVICES, SERVICES.replace("service S", "service T")),
    (EXTENDED, EXTENDED.replace("extend A {\n  optional int32 x = 6;\n}\n", "")),
    (EXTENDED, EXTENDED.replace("5 to 9", "6 to 9")),
    (SERVICES, SERVICES.replace("message A", 'option java_package = "shop";\nmessage A')),
    *((EDITION.replace("2023", one), EDITION.replace("2023", other)) for one, other in (EDITIONS, EDITIONS[::-1])),
]
"""What the generated pairs have nothing of."""


@pytest.fixture(scope="module")
def changes() -> list[tuple[tuple[str, str], tuple[Schema, Schema]]]:
    engine = ProtobufEngine()
    texts = [(case["writer"], case[side]) for case in map(sections, CASES) for side in ("reader", "almost")]
    texts += [*MORE, *(plain_pair(random.Random(seed)) for seed in range(PAIRS))]
    found = []
    for old, new in texts:
        try:
            parsed = [engine.parse(Definition(Format.PROTOBUF, text)) for text in (old, new)]
        except InvalidSchema:
            continue  # an import, or a pair that no compiler takes
        found.append(((old, new), (parsed[0], parsed[1])))
    return found


@pytest.mark.skipif(not BUF.exists(), reason="needs buf from the development requirements")
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_says_what_buf_says(
    category: str, changes: list[tuple[tuple[str, str], tuple[Schema, Schema]]], tmp_path: Path
) -> None:
    reported = breaking(tmp_path, [texts for texts, _ in changes], [category])
    seen: set[str] = set()
    for (texts, (old, new)), theirs in zip(changes, reported, strict=True):
        ours = {each.difference.rule.removeprefix(PREFIX) for each in differences(old, new, category)}
        assert ours == theirs, "\n".join(texts)
        seen |= ours
    of_category = {rule.name for rule in RULES.values() if category in rule.categories}
    assert len(seen) > len(of_category) * 0.6 or category in {"FILE", "PACKAGE"}
    assert len(seen) >= 10


def test_the_published_numbers_of_rules() -> None:
    """51, 51, 22 and 15 by buf's own list; FILE_NO_DELETE is about files, of which a definition is one."""
    counts = [sum(category in rule.categories for rule in RULES.values()) for category in CATEGORIES]
    assert counts == [50, 51, 22, 15]


def test_rules_name_equivalents_that_exist() -> None:
    named = {name for rule in ProtobufEngine().rules.values() for name in rule.buf}
    assert named - RULES.keys() == {"FILE_NO_DELETE"}
