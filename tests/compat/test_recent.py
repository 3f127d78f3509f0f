"""What is kept of what was worked out lately: by weight, the least lately used goes first."""

from __future__ import annotations

from compat.definition import Definition, Format
from compat.formats import weight
from compat.recent import Recent


def test_so_many_values_are_kept_where_nothing_is_weighed() -> None:
    kept: Recent[int, str] = Recent(2)
    for number in (1, 2):
        kept.put(number, "x")
    assert kept.get(1) == "x"
    kept.put(3, "x")
    assert [kept.get(number) for number in (1, 2, 3)] == ["x", None, "x"]


def test_weights_are_bounded_together() -> None:
    kept: Recent[str, str] = Recent(10, weigh=len)
    kept.put("a", "1234")
    kept.put("b", "1234")
    kept.put("a", "123456")  # in its own place: 10 together
    assert (kept.get("b"), kept.get("a")) == ("1234", "123456")
    kept.put("c", "1")
    assert [kept.get(key) for key in "abc"] == ["123456", None, "1"]
    kept.put("d", "x" * 11)
    assert [kept.get(key) for key in "acd"] == [None, None, None], "heavier than all that may be kept"
    assert kept.of("d", lambda: "made") == "made"
    kept.clear()
    kept.put("e", "x" * 10)
    assert kept.get("e") == "x" * 10


def test_a_huge_definition_counts_as_many() -> None:
    assert weight(Definition(Format.AVRO, '"string"')) == 1
    assert weight(Definition(Format.AVRO, " " * 1_000_000)) == 101
