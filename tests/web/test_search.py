from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from compat.definition import Format
from compat.outline import Field, Kind, Type
from registry.model import Content, Subject
from registry.service import RegistrationOptions, Registry
from registry.settings import Settings
from tests.patience import PATIENCE
from web.listing import Wanted, hits, listing, marked
from web.search import Index
from web.site import Site
from web.steps import Deadline
from web.subject import small_steps
from web.warming import judge_left, warm


@pytest.fixture
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    opened = Registry.open(Settings(database=f"sqlite:///{tmp_path_factory.mktemp('search') / 'lineal.db'}"))
    for number in range(5):
        text = f'{{"type": "record", "name": "E{number}", "fields": [{{"name": "field_{number}", "type": "int"}}]}}'
        opened.registration.register(Subject.parse(f"s.E{number}"), Content(Format.AVRO, text))
    yield opened
    opened.close()


def test_the_index_is_built_over_several_requests_and_says_how_far_it_is(registry: Registry) -> None:
    index = Index(registry)
    assert index.refresh(seconds=0) == (0, 5)
    assert index.refresh(PATIENCE) == (5, 0)


def test_the_index_is_warmed_in_portions_until_all_is_read_or_it_is_told_to_stop(registry: Registry) -> None:
    site, stop = Site.over(registry), Event()
    warm(site, stop)
    assert site.index.refresh(seconds=0) == (5, 0)
    stop.set()
    stopped = Site.over(registry)
    warm(stopped, stop)
    assert stopped.index.refresh(seconds=0) == (0, 5)


def test_steps_that_a_list_has_no_time_for_are_judged_beside_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("int", "long", "string"):
        text = f'{{"type": "record", "name": "Steps", "fields": [{{"name": "id", "type": "{kind}"}}]}}'
        forced = RegistrationOptions(force=True)
        registry.registration.register(Subject.parse("t.Steps"), Content(Format.AVRO, text), forced)
    site = Site.over(registry)
    (summary,), _ = registry.catalog.subjects("steps")
    assert small_steps(site, summary, Deadline(-1)) == ["plain", "plain"]
    judge_left(site, Event())
    assert site.unjudged.take() is None
    monkeypatch.setattr(registry.catalog, "compare", None)  # it is known
    assert small_steps(site, summary, Deadline(PATIENCE)) == ["good", "bad"]


def test_a_search_before_all_is_read_says_so(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site.over(registry)
    monkeypatch.setattr(site.index.refresh.__func__, "__defaults__", (0.0,))
    assert listing(site, Wanted("e1")).pending == "0 of 5 subjects are searched so far."


def test_the_index_follows_the_log(registry: Registry) -> None:
    index = Index(registry)
    index.refresh(PATIENCE)
    assert [match.indexed.name for match in index.find("field_3")] == ["s.e3"]
    registry.deletion.subject(Subject.parse("s.E3"))
    text = '{"type": "record", "name": "E4", "fields": [{"name": "renamed", "type": "int", "default": 1}]}'
    registry.registration.register(Subject.parse("s.E4"), Content(Format.AVRO, text))
    index.refresh(PATIENCE)
    assert index.find("field_3") == []
    assert index.find("field_4") == []
    assert [match.indexed.name for match in index.find("renamed")] == ["s.e4"]


def test_every_word_must_match_something(registry: Registry) -> None:
    index = Index(registry)
    index.refresh(PATIENCE)
    assert [match.indexed.name for match in index.find("e2 field_2")] == ["s.e2"]
    assert index.find("e2 field_3") == []


def test_the_best_answers_of_the_palette_come_first(registry: Registry) -> None:
    index = Index(registry)
    index.refresh(PATIENCE)
    assert [hit.where for hit in hits(index, "e2")] == ["Avro, 1 version"]
    assert [hit.where for hit in hits(index, "field_2")] == ["field of s.E2"]
    assert hits(index, "  ") == []


def test_what_was_searched_for_is_marked_and_escaped() -> None:
    assert marked("a<b>B", "b") == "a&lt;<mark>b</mark>&gt;<mark>B</mark>"
    assert marked("a.b", ".") == "a<mark>.</mark>b"
    assert marked("plain", "") == "plain"


def test_a_type_without_fields_is_no_trouble() -> None:
    from web.tree import fields_of

    assert list(fields_of(Type(Kind.STRING, "string"))) == []
    assert list(fields_of(Type(Kind.RECORD, "r", fields=(Field("a", Type(Kind.NULL, "null"), True),)))) == [
        (("a",), "")
    ]


def test_what_was_deleted_for_good_is_not_found_any_more(registry: Registry) -> None:
    index = Index(registry)
    index.refresh(PATIENCE)
    for permanent in (False, True):
        registry.deletion.subject(Subject.parse("s.E1"), permanent=permanent)
    assert index.refresh(PATIENCE) == (4, 0)
    assert index.find("field_1") == []


def test_words_of_two_letters_are_looked_for_in_names_and_quotes_are_letters(registry: Registry) -> None:
    index = Index(registry)
    index.refresh(PATIENCE)
    assert [match.indexed.name for match in index.find("e1")] == ["s.e1"]
    assert [match.indexed.name for match in index.find("e1 field")] == ["s.e1"]
    assert index.find('fie"ld') == []
    index.close()
    assert index.refresh(PATIENCE) == (5, 0)


@pytest.mark.parametrize("misspelled", ["OrderPlacd", "orders.OrderPlcaed", "orderplaced2", "ORDERS.ORDREPLACED"])
def test_a_misspelled_name_finds_what_was_meant(registry: Registry, misspelled: str) -> None:
    for name in ("orders.OrderPlaced", "orders.OrderShipped", "bank.AccountOpened"):
        text = f'{{"type": "record", "name": "{name.split(".")[1]}", "fields": []}}'
        registry.registration.register(Subject.parse(name), Content(Format.AVRO, text))
    found = listing(Site.over(registry), Wanted(misspelled))
    assert found.rows == ()
    assert found.similar[0][1] == "orders.OrderPlaced"
    assert "bank.AccountOpened" not in [name for _, name in found.similar]


@pytest.mark.parametrize("nonsense", ["xq", "zzzzzz", '"', "name : (", "a" * 5_000])
def test_nonsense_resembles_nothing(registry: Registry, nonsense: str) -> None:
    assert listing(Site.over(registry), Wanted(nonsense)).similar == ()
