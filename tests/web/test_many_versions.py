"""The pages of a subject with more versions than a page shows: nothing is lost, and no more is read than is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.errors import SchemaNotFound
from registry.events import SchemaRegistered
from registry.identity import guid
from registry.model import ANONYMOUS, DEFAULT, Build, ConfigurationChange, Content, Metadata, Subject
from registry.references import define
from registry.service import Registry
from registry.service.definitions import identify, parse
from registry.settings import Settings
from registry.storage.reading import versions as reading
from web.since import EARLIER

ORDERS = Subject(name="orders")
MANY = 130
HERE = "/catalog/subjects/orders"


def registered(number: int) -> SchemaRegistered:
    """A version with a field that all have, one that came with version 100, and one of its own."""
    names = ["id", *(["late"] if number >= 100 else []), f"only{number}"]
    fields = [{"name": name, "type": "string", "default": ""} for name in names]
    text = json.dumps({"type": "record", "name": "Order", "fields": fields})
    content = Content(Format.AVRO, text)
    identity = identify(parse(define(content, [], depth=1, lenient=False)), content, ".")
    return SchemaRegistered(
        version=number,
        schema_id=number,
        guid=guid(text, (), None, None),
        format="AVRO",
        text=text,
        canonical_digest=identity.canonical,
        normalized_digest=identity.normalized,
        level="NONE",
        metadata=Metadata(properties={"tier": "gold"}) if number == 1 else None,
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    database = tmp_path_factory.mktemp("many") / "lineal.db"
    opened = Registry.open(Settings(database=f"sqlite:///{database}"))
    opened.configurations.configure(DEFAULT, ConfigurationChange(compatibility="NONE"))
    with opened.store.write(ANONYMOUS) as writing:
        writing.append(*((ORDERS, registered(number)) for number in range(1, MANY + 1)))
    opened.deletion.version(ORDERS, 20)
    opened.contracts.declare_fields(ORDERS, Build("billing", "7"), ["late"])
    opened.contracts.declare_versions(ORDERS, Build("archive", "1"), 3, 5)
    opened.contracts.declare_writer(ORDERS, Build("shop", "1"), [90])
    yield opened
    opened.close()


def rows(page: str) -> list[int]:
    """The versions in the table of the history."""
    return [int(number) for number in re.findall(r'<th scope="row"><a href="[^"]*">v(\d+)</a>', page)]


def link(page: str, words: str) -> str:
    (found,) = re.findall(rf'<a class="button" href="([^"]*)" rel="\w+">(?:(?!</a>).)*?{words}', page, re.DOTALL)
    return str(found).replace("&amp;", "&")


def test_the_history_leads_to_every_version(browser: TestClient[Litestar]) -> None:
    page = browser.get(f"{HERE}/history").text
    seen = rows(page)
    assert seen == list(range(MANY, MANY - 50, -1))
    assert "The newest versions" not in page
    while "Older versions<" in page:
        page = browser.get(link(page, "Older versions")).text
        seen += rows(page)
    assert seen == list(range(MANY, 0, -1))
    assert page.count("the first</span>") == 1
    assert rows(browser.get(link(page, "The newest versions")).text)[0] == MANY
    assert browser.get(f"{HERE}/history?below=-3&before=99999999999999999999").status_code == 200


def test_the_strip_of_an_old_version_is_about_it(browser: TestClient[Litestar]) -> None:
    page = browser.get(f"{HERE}/versions/40").text
    stops = [int(number) for number in re.findall(r'<span class="node">(\d+)</span>', page)]
    assert stops == list(range(32, 48))
    assert f"{MANY - 16} older versions" in page
    assert browser.get(f"{HERE}/versions/{MANY + 1}").status_code == 404
    assert browser.get(f"{HERE}/versions/0").status_code == 404
    assert "deleted" in browser.get(f"{HERE}/versions/20").text


def test_since_when_a_field_has_been_there(browser: TestClient[Litestar]) -> None:
    text = re.sub(r"<[^>]+>|\s+", " ", browser.get(HERE).text)
    assert re.search(r"late .*?since v?\s*100", text)
    assert "since v100 or before" not in text
    assert f"since v{MANY - EARLIER} or before" in text, "the field that all have, though no older one was looked at"
    old = re.sub(r"<[^>]+>|\s+", " ", browser.get(f"{HERE}/versions/30").text)
    assert "since v1 " in old
    assert "or before" not in old


def test_the_newest_version_with_a_property_is_found_however_old_it_is(registry: Registry) -> None:
    assert registry.lookup.with_properties(ORDERS, {"tier": "gold"}).number == 1
    with pytest.raises(SchemaNotFound):
        registry.lookup.with_properties(ORDERS, {"tier": "silver"})


def test_any_two_versions_can_be_chosen(browser: TestClient[Litestar]) -> None:
    page = browser.get(f"{HERE}/diff/19...20").text
    assert f'name="from" type="number" min="1" max="{MANY}" value="19"' in page
    assert f"{HERE}/diff/18...19" in page
    assert f"{HERE}/diff/20...21" in page
    apart = browser.get(f"{HERE}/diff/3...90").text
    assert "Step before" not in apart
    assert "Step after" not in apart
    chosen = browser.get(f"{HERE}/diff?to=21", follow_redirects=False)
    assert chosen.headers["location"] == f"{HERE}/diff/19...21"


def test_readers_over_the_last_versions(registry: Registry, browser: TestClient[Litestar]) -> None:
    page = browser.get(f"{HERE}/readers").text
    assert [int(number) for number in re.findall(r'<th scope="col">v(\d+)</th>', page)] == list(range(117, MANY + 1))
    assert f"{MANY - 1 - 14} older versions" in page
    whole = registry.readers.matrix(ORDERS)
    for number in (2, 4, 99, 100, MANY):
        column = whole.versions.index(number)
        for row in whole.rows:
            build = row.reader.build
            cell = browser.get(f"{HERE}/readers/v/{number}", params={"app": build.application, "build": build.name})
            expected = {"direct": "as it is", "upcaster": "brought its events", "broken": "cannot read"}
            assert expected[row.cells[column].way] in cell.text, (number, build)
    assert browser.get(f"{HERE}/readers/v/20", params={"app": "archive", "build": "1"}).status_code == 404
    assert "billing 7 reads orders: broken" in browser.get("/catalog/applications").text, (
        "of version 90, which is written"
    )


@pytest.mark.parametrize(
    ("path", "most"),
    [("", 30), ("/text", 30), ("/history", 80), ("/diff/129...130", 30), ("/grid", 60), ("/readers", 50)],
)
def test_no_more_is_read_than_is_shown(
    browser: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch, path: str, most: int
) -> None:
    browser.get(HERE + path)  # what is remembered is not read again
    made = []
    right = reading.to_version
    monkeypatch.setattr(reading, "to_version", lambda row: made.append(row) or right(row))  # type: ignore[func-returns-value]
    assert browser.get(HERE + path).status_code == 200
    assert 0 < len(made) <= most
