from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry.storage.text_index import Document, TextIndex


@pytest.fixture
def index() -> Iterator[TextIndex]:
    opened = TextIndex()
    opened.put(Document("a", "ordering.orderplaced", "currency\namount", "team a", "an order was placed", b"A"))
    opened.put(Document("b", "bank.currencychanged", "from\nto", "", "", b"B"))
    yield opened
    opened.close()


def test_parts_of_words_are_found_and_names_come_first(index: TextIndex) -> None:
    assert index.find(["urrenc"], 10) == [b"B", b"A"]
    assert index.find(["urrenc"], 1) == [b"B"]
    assert index.find(["urrenc", "order was"], 10) == [b"A"]
    assert index.find(["nothing"], 10) == []
    assert index.find([], 10) == []


def test_short_words_are_found_too(index: TextIndex) -> None:
    assert index.find(["ba"], 10) == [b"B"]
    assert index.find(["an"], 10) == [b"B", b"A"]
    assert index.find(["an", "placed"], 10) == [b"A"]
    assert index.find(["ba", "currency"], 10) == [b"B"]


def test_a_document_takes_the_place_of_the_one_before(index: TextIndex) -> None:
    index.put(Document("a", "ordering.orderplaced", "total", "", "", b"A2"))
    assert (index.get("a"), len(index)) == (b"A2", 2)
    assert index.find(["amount"], 10) == []
    index.drop("a")
    index.drop("never known")
    assert (index.get("a"), len(index)) == (None, 1)
    assert index.find(["total"], 10) == []
