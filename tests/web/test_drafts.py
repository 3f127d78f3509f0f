"""From a candidate to a version: the verdict, the upcaster drafted and proven, and both registered at once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.model import ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import Settings
from web import address
from web.app import pages
from web.site import Site

PLACED = Subject.parse("orders.Placed")
ID = '{"name": "id", "type": "string"}'
CENTS = '{"name": "cents", "type": "int"}'
CURRENCY = '{"name": "currency", "type": "string"}'
NOTE = '{"name": "note", "type": "string", "default": ""}'
UPCASTER = """upcast: 1
subject: orders.Placed
from: 1
to: 2
ops:
- add: {at: /currency, value: EUR}
"""


def schema(*fields: str) -> str:
    return f'{{"type": "record", "name": "Placed", "fields": [{", ".join(fields)}]}}'


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry.open(Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    opened.registration.register(PLACED, Content(Format.AVRO, schema(ID, CENTS)))
    yield opened
    opened.close()


@pytest.fixture
def browser(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(pages(Site.over(registry))) as client:
        yield client


def sent(text: str, **more: str) -> dict[str, str]:
    return {"subject": "orders.Placed", "text": text, "format": "AVRO", "level": "", **more}


def upcaster_in(answer: Response) -> tuple[str, str]:
    """The document in the form, and the mark of the draft."""
    text = re.search(r'<textarea id="upcaster"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    drafted = re.search(r'name="drafted" value="(\w*)"', answer.text)
    assert text
    assert drafted
    return html.unescape(text[1]), drafted[1]


def upcastable(registry: Registry) -> None:
    registry.configurations.configure(PLACED, ConfigurationChange(compatibility_policy="UPCASTABLE"))


def test_a_harmless_candidate_becomes_the_next_version(registry: Registry, browser: TestClient[Litestar]) -> None:
    typed = schema(ID, CENTS, NOTE).replace("}, {", "},\r\n{")
    answer = browser.post(address.draft(), data=sent(typed))
    assert "Register version 2<" in answer.text
    assert 'id="upcaster"' not in answer.text
    done = browser.post(address.REGISTER, data=sent(typed, why="customers write notes"))
    assert "Version 2 is registered." in done.text
    newest = registry.lookup.version(PLACED, "latest")
    assert (newest.number, newest.content.text) == (2, typed.replace("\r\n", "\n"))
    assert registry.catalog.latest_changes(limit=1)[0].origin.reason == "customers write notes"


def test_a_breaking_candidate_comes_with_a_drafted_upcaster(registry: Registry, browser: TestClient[Litestar]) -> None:
    answer = browser.post(address.draft(), data=sent(schema(ID, CENTS, CURRENCY)))
    text, drafted = upcaster_in(answer)
    assert "/currency" in text
    assert "This one was drafted from the difference." in answer.text
    assert "The settings refuse it, also with an upcaster." in answer.text
    assert f'href="{address.settings("orders.Placed")}"' in answer.text

    upcastable(registry)
    changed = schema(ID, CURRENCY)
    again = browser.post(address.draft(), data=sent(changed, upcaster=text, drafted=drafted))
    assert upcaster_in(again) != (text, drafted), "a draft that nobody has changed follows the candidate"
    own = browser.post(address.draft(), data=sent(changed, upcaster=UPCASTER, drafted=drafted))
    assert upcaster_in(own) == (UPCASTER, ""), "what somebody has written stays"
    assert "Not proven yet" in own.text, "cents vanish silently"
    assert "The upcaster has to be proven first." in own.text
    assert "Register version 2" not in own.text


def test_version_and_upcaster_are_registered_together_or_not_at_all(
    registry: Registry, browser: TestClient[Litestar]
) -> None:
    upcastable(registry)
    form = sent(schema(ID, CENTS, CURRENCY), upcaster=UPCASTER.replace("\n", "\r\n"))
    proven = browser.post(address.draft(), data=form)
    assert re.search(r"Proven: \d+ generated events came from v1 to v2 and were valid there\.", proven.text)
    assert "Register version 2 with its upcaster" in proven.text
    assert "would be refused without an upcaster" in proven.text

    before = registry.catalog.position()
    wrong = browser.post(address.REGISTER, data=form | {"upcaster": UPCASTER.replace("EUR", "7")})
    assert wrong.status_code == 422
    assert "It was not registered." in wrong.text
    assert "value: 7" in wrong.text, "what was typed is still there"
    assert registry.catalog.position() == before

    done = browser.post(address.REGISTER, data=form)
    assert "Version 2 is registered." in done.text
    (published,) = registry.upcasters.published(PLACED)
    assert (published.source, published.target) == (1, 2)


@pytest.mark.parametrize(
    ("upcaster", "said"),
    [
        ("ops: [", "no upcaster"),
        (UPCASTER.replace("to: 2", "to: 7"), "write from: 1, to: 2"),
        (UPCASTER.replace("orders.Placed", "others"), "write subject: orders.Placed"),
    ],
)
def test_a_document_that_cannot_be_read_says_why(browser: TestClient[Litestar], upcaster: str, said: str) -> None:
    answer = browser.post(address.draft(), data=sent(schema(ID, CENTS, CURRENCY), upcaster=upcaster))
    assert answer.status_code == 200
    assert said in html.unescape(answer.text)
    assert html.escape(upcaster.splitlines()[-1]) in answer.text or upcaster in html.unescape(answer.text)


def test_the_past_registers_nothing(registry: Registry, browser: TestClient[Litestar]) -> None:
    position = registry.catalog.position()
    registry.configurations.configure(PLACED, ConfigurationChange(normalize=True))
    text = schema(ID, CENTS, NOTE)
    answer = browser.post(address.draft(), data=sent(text), params={"at": position})
    assert "Nothing breaks" in answer.text
    assert "Register version" not in answer.text
    assert browser.post(address.REGISTER, data=sent(text), params={"at": position}).status_code == 422
    assert len(registry.catalog.subject(PLACED).versions) == 1
