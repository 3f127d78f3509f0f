"""Positions of values in JSON texts."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.positions import DEEPEST, FEW, Finder, escape, scan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def test_lines_and_columns_count_from_one() -> None:
    text = '{\n  "a": [1,\r\n    {"b": "x"}],\n\t"é/~": null }'
    found = scan(text)
    assert found.find("") == (1, 1)
    assert found.find("/a") == (2, 8)
    assert found.find("/a/0") == (2, 9)
    assert found.find("/a/1") == (3, 5)
    assert found.find("/a/1/b") == (3, 11)
    assert found.find("/é~1~0") == (4, 9)
    assert found.find("/nowhere") is None


@given(JSON, st.sampled_from([None, 0, 3]))
def test_every_value_is_found_where_it_stands(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = scan(text)
    seen = 0
    stack = [("", value)]
    while stack:
        pointer, each = stack.pop()
        seen += 1
        decoded, _ = json.JSONDecoder().raw_decode(text, found.offsets[pointer])
        assert decoded == each
        match each:
            case dict():
                stack += [(f"{pointer}/{escape(key)}", inner) for key, inner in each.items()]
            case list():
                stack += [(f"{pointer}/{index}", inner) for index, inner in enumerate(each)]
    assert len(found.offsets) == seen
    assert found.duplicates == ()


@given(JSON, st.sampled_from([None, 0, 3]), st.randoms())
def test_values_are_looked_up_where_the_scanner_finds_them(value: Any, indent: int | None, chance: Random) -> None:
    text = json.dumps(value, indent=indent)
    found = scan(text)
    pointers = [*found.offsets, "/nowhere", "/0/nowhere"]
    one_by_one = {pointer: Finder(text).find(pointer) for pointer in pointers}
    assert one_by_one == {pointer: found.find(pointer) for pointer in pointers}
    finder = Finder(text)
    for pointer in chance.choices(pointers, k=2 * FEW):
        assert finder.find(pointer) == one_by_one[pointer]


def test_lookups_see_what_the_decoder_saw() -> None:
    text = '\ufeff{\r\n "a": {"x": 1}, "\\u0061": [\r{"x": "\t"}, 2]}'
    for pointer in ("", "/a", "/a/0", "/a/0/x", "/a/1", "/a/2", "/b"):
        assert Finder(text).find(pointer) == scan(text).find(pointer)
    assert Finder("[1, 2").find("/1") == (1, 5)
    assert Finder("[" * 200_000).find("/0/0") == (1, 3)


def test_duplicate_names_are_told_once() -> None:
    assert scan('{"a": 1, "b": {"x": 1, "x": 2, "x": 3}, "\\u0061": 2}').duplicates == ("/b/x", "/a")


@given(st.text(alphabet='{}[]",:\\ \nabc1tfnu'))
def test_text_that_is_no_json_raises_nothing(text: str) -> None:
    assert set(scan(text).offsets.values()) <= set(range(len(text)))


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_nesting_exhausts_nothing(text: str) -> None:
    assert len(scan(text).offsets) == 1 + DEEPEST
