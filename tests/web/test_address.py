from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import address

AWKWARD = [
    "orders.OrderPlaced",
    "a/b/c",
    "a b",
    ":.bank:konto/eröffnet",
    "100%",
    "%2F",
    ".",
    "..",
    "a\\b",
    "?#&=+",
    "日本語",
]


def routed(url: str) -> list[str]:
    """The segments a server hands to its router: the path decoded once, then split."""
    return unquote(urlsplit(url).path).split("/")


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_is_one_segment_and_comes_back(name: str) -> None:
    segments = routed(address.subject(name, 3, "text"))
    assert segments[:3] == ["", "catalog", "subjects"]
    assert segments[4:] == ["versions", "3", "text"]
    assert address.name_in(segments[3]) == name


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_every_name_comes_back(name: str) -> None:
    segments = routed(address.subject(name))
    assert len(segments) == 4
    assert segments[3] not in {".", ".."}
    assert address.name_in(segments[3]) == name
    assert unquote(segments[3]) == segments[3], "a proxy that decodes once more changes nothing"


def test_a_query_leaves_out_what_is_empty() -> None:
    assert address.catalog(q="", context=None, page=2) == "/catalog?page=2"
    assert address.player("o", **{"from": 1, "step": 0}) == "/catalog/subjects/o/upcasters?from=1&step=0"


def test_a_field_has_the_same_anchor_everywhere_and_no_spaces_in_it() -> None:
    assert address.field_anchor(("lines", "[]", "unit price")) == "f:lines/[]/unit%20price"
