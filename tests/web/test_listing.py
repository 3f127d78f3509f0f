"""The list of subjects: its pages begin after a name and lead to each other, whatever comes and goes between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from compat.definition import Format
from registry.model import Content, Subject
from registry.service import Registry
from registry.settings import Settings
from web import listing
from web.line import small_line
from web.listing import Wanted
from web.site import Site
from web.views.listing import Listing

NAMES = [f"a{number}" for number in range(5)] + [":.b:a0", ":.b:z/ö", ":.b:%"]
IN_ORDER = [*NAMES[:5], ":.b:%", ":.b:a0", ":.b:z/ö"]


def register(registry: Registry, name: str, format_: Format = Format.AVRO) -> None:
    text = {Format.AVRO: '"string"', Format.JSON: "{}"}[format_]
    registry.registration.register(Subject.parse(name), Content(format_, text))


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    registry = Registry.open(Settings(database=f"sqlite:///{tmp_path_factory.mktemp('list') / 'lineal.db'}"))
    for name in NAMES:
        register(registry, name)
    monkeypatch.setattr(listing, "PAGE", 3)
    yield Site.over(registry)
    registry.close()


def at(site: Site, url: str) -> Listing:
    given = dict(parse_qsl(urlsplit(url).query))
    page, asked = int(given.pop("page", 1)), given.pop("q", "")
    return listing.listing(site, Wanted(asked, page=page, **given))


def names(shown: Listing) -> list[str]:
    return [row.subject for row in shown.rows]


def test_pages_lead_through_the_whole_list_and_back(site: Site) -> None:
    pages = [listing.listing(site, Wanted())]
    assert (pages[0].newer, pages[0].first, pages[0].position) == ("", "", "1 to 3 of 8 subjects")
    while pages[-1].older:
        assert "page=" not in pages[-1].older, "found by a name, not counted"
        pages.append(at(site, pages[-1].older))
    assert [names(page) for page in pages] == [IN_ORDER[:3], IN_ORDER[3:6], IN_ORDER[6:]]
    assert pages[1].position == "3 of 8 subjects"
    back = at(site, pages[2].newer)
    assert names(back) == IN_ORDER[3:6]
    first = at(site, back.newer)
    assert (names(first), first.newer) == (IN_ORDER[:3], "")
    assert names(at(site, first.older)) == IN_ORDER[3:6]
    assert {names(at(site, page.first))[0] for page in pages[1:]} == {IN_ORDER[0]}


def test_addresses_of_old_still_lead_to_their_page(site: Site) -> None:
    second = listing.listing(site, Wanted(page=2))
    assert (names(second), second.position) == (IN_ORDER[3:6], "4 to 6 of 8 subjects")
    assert names(at(site, second.older)) == IN_ORDER[6:]
    assert names(at(site, second.newer)) == IN_ORDER[:3]
    assert names(listing.listing(site, Wanted(page=9))) == []


def test_what_comes_and_goes_between_two_pages_is_no_harm(site: Site) -> None:
    second = at(site, listing.listing(site, Wanted()).older)
    site.registry.deletion.subject(Subject.parse("a0"))
    site.registry.deletion.subject(Subject.parse("a2"))
    first = at(site, second.newer)
    assert names(first) == ["a1", "a3", "a4"], "there are no three before a3 any more: it is the first page"
    register(site.registry, "a00")
    assert names(at(site, second.older)) == IN_ORDER[6:]


def test_a_narrowed_list_has_pages_too(site: Site) -> None:
    for number in range(4):
        register(site.registry, f"json{number}", Format.JSON)
    first = listing.listing(site, Wanted(format="JSON"))
    second = at(site, first.older)
    assert (names(first), names(second), second.older) == (["json0", "json1", "json2"], ["json3"], "")
    inside = listing.listing(site, Wanted(context=".b"))
    assert (names(inside), inside.older) == (IN_ORDER[5:], "")
    searched = listing.listing(site, Wanted("a"))
    assert names(at(site, searched.older))
    assert "page=2" in searched.older


def test_the_count_of_older_versions_ends_before_the_first_dot() -> None:
    for versions in (9, 120, 1_203, 100_008):
        picture = small_line(("good",) * 7, versions, "words")
        [count] = re.findall(r'<text x="0" y="15">(\+\d+)</text>', picture)
        first = float(re.findall(r'cx="([\d.]+)"', picture)[0])
        assert first - 4.5 > 6 * len(count), versions
