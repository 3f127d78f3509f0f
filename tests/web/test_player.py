"""The player: one event along the upcasters, every state with an address, without scripts."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from compat.outline import Field, Kind, Type
from registry.model import Content, Subject
from registry.service import RegistrationOptions, Registry
from web import address
from web.chain import LONGEST
from web.elsewhere import held
from web.plausible import plausible
from web.where import where

Browser = TestClient[Litestar]
CART = "shop.CartLeft"
EVENT = {"id": "c-1", "cents": 250}


def play(browser: Browser, **state: object) -> str:
    answer = browser.get(address.player(CART, **state))
    assert answer.status_code == 200
    return answer.text


def events(html: str) -> list[Any]:
    """The event at every stop, as its copy button gives it."""
    return [json.loads(unescape(text)) for text in re.findall(r'id="frame-\d+" data-text="([^"]*)"', html)]


def lines(html: str, mark: str) -> list[str]:
    found = re.findall(rf'<span class="ln {mark}">(.*?)\n</span>', html)
    return [unescape(re.sub("<[^>]+>", "", line))[1:].strip() for line in found]


def shown(html: str) -> list[str]:
    """The titles of the stops that are not hidden."""
    return re.findall(r'data-title="([^"]*)" >', html)


def test_a_pasted_event_travels_to_the_latest_version(browser: Browser) -> None:
    html = play(browser, event=json.dumps(EVENT))
    assert events(html) == [
        EVENT,
        {"cart_id": "c-1", "cents": 250, "currency": "EUR"},
        {"cart_id": "c-1", "cents": 250, "currency": "EUR", "note": None},
    ]
    assert html.count("Valid under version") == 3


def test_every_step_shows_what_changed_and_by_which_operation(browser: Browser) -> None:
    html = play(browser, event=json.dumps(EVENT))
    assert lines(html, "removed") == ['"id": "c-1"']
    assert lines(html, "added") == ['"cart_id": "c-1",', '"currency": "EUR"', '"note": null']
    assert "Rename id to cart_id" in html
    assert "Add currency with the value &#34;EUR&#34;" in html
    assert "this step follows from the two schemas" in html


def test_the_address_says_which_stop_is_shown(browser: Browser) -> None:
    assert shown(play(browser, step=0)) == ["The event as it was written, version 1"]
    assert shown(play(browser, step=1)) == ["The event as it becomes, version 2"]
    assert shown(play(browser, step=99)) == ["The event as it becomes, version 3"]


def test_a_stop_s_links_keep_the_event(browser: Browser) -> None:
    html = play(browser, event=json.dumps(EVENT), step=0)
    urls = [unescape(url) for url in re.findall(r'data-move="1" href="([^"]*)"', html)]
    assert "c-1" in browser.get(urls[0]).text
    assert shown(browser.get(urls[0]).text) == ["The event as it becomes, version 2"]


def test_part_of_the_chain_can_be_played(browser: Browser) -> None:
    html = play(browser, **{"from": 1, "to": 2})
    assert len(events(html)) == 2


def test_an_event_can_travel_back_by_the_reversed_operations(browser: Browser) -> None:
    new = {"cart_id": "c-1", "cents": 250, "currency": "EUR"}
    html = play(browser, **{"from": 2, "to": 1}, event=json.dumps(new))
    assert events(html) == [new, EVENT]
    assert "Rename cart_id to id" in html
    assert "Remove currency" in html


def test_an_event_is_made_up_where_none_is_given_and_is_the_same_for_the_same_seed(browser: Browser) -> None:
    first, again, other = (events(play(browser, seed=seed)) for seed in (3, 3, 4))
    assert first == again != other
    assert set(first[0]) == {"id", "cents"}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{", "not JSON: "),
        ('{"id": 7}', "none of version 1"),
        ("[" * 5_000, "nested too deeply"),
        ('"' + "x" * LONGEST + '"', "an address carries"),
    ],
)
def test_what_cannot_travel_is_answered_in_words(browser: Browser, event: str, said: str) -> None:
    html = play(browser, event=event)
    assert said in unescape(html)
    assert 'aria-invalid="true"' in html
    assert events(html) == []


@pytest.mark.parametrize("state", [{"from": 99}, {"to": 99}, {"from": "one"}, {"step": "-1"}, {"seed": "9" * 30}])
def test_an_address_that_makes_no_sense_is_no_fault(browser: Browser, state: dict[str, object]) -> None:
    play(browser, **state)


def test_events_are_escaped(browser: Browser) -> None:
    html = play(browser, event=json.dumps({"id": "</pre><script>alert(1)</script>", "cents": 1}))
    assert "<script>alert" not in html


def test_a_subject_without_upcasters_says_how_to_write_one(browser: Browser) -> None:
    html = browser.get(f"{address.subject('shop.OrderPlaced')}/upcasters").text
    assert "No upcaster yet" in html
    assert "lineal upcaster draft shop.OrderPlaced --from 1 --to 2" in html
    assert f'href="{address.draft("shop.OrderPlaced")}"' in html


def refunds(registry: Registry, subject: str) -> Subject:
    """Version 2 calls a field otherwise, version 3 only adds one."""
    money = {"name": "cents", "type": "int"}
    note = {"name": "note", "type": ["null", "string"], "default": None}
    for fields in ([{"name": "id", "type": "string"}, money],
                   [{"name": "refund", "type": "string"}, money],
                   [{"name": "refund", "type": "string"}, money, note]):  # fmt: skip
        text = json.dumps({"type": "record", "name": "Refunded", "fields": fields})
        registry.registration.register(
            Subject.parse(subject), Content(Format.AVRO, text), RegistrationOptions(force=True)
        )
    return Subject.parse(subject)


def test_the_step_to_write_first_is_one_that_breaks(browser: Browser, registry: Registry) -> None:
    refunds(registry, "shop.Refunded")
    html = browser.get(f"{address.subject('shop.Refunded')}/upcasters").text
    assert "lineal upcaster draft shop.Refunded --from 1 --to 2" in html


def test_an_event_that_a_step_refuses_is_told_with_step_operation_and_place(
    browser: Browser, registry: Registry
) -> None:
    subject = refunds(registry, "shop.Returned")
    refusal = {"fail": {"when": "cents < 0", "reason": "a refund is what we pay"}}
    ops = [{"rename": {"at": "/id", "to": "refund"}}, refusal]
    registry.upcasters.publish(subject, {"upcast": 1, "subject": str(subject), "from": 1, "to": 2, "ops": ops})
    html = unescape(browser.get(address.player(str(subject), event='{"id": "r-1", "cents": -5}')).text)
    assert "The step to version 2 failed" in html
    assert "a refund is what we pay, at the root (/ops/1/fail)" in html
    assert "under version 3" not in html, "it travels no further"


def test_the_document_and_what_it_does_are_shown(browser: Browser) -> None:
    html = play(browser)
    assert "Everything was sold in euros then." in html
    assert "by anna" in html


def test_the_step_is_bridged_in_the_strip_and_in_the_grid(browser: Browser) -> None:
    assert "From version 1 to 2: via upcaster." in browser.get(address.subject(CART)).text
    grid = browser.get(f"{address.subject(CART)}/grid").text
    assert "Version 2 as reader, version 1 as writer: upcast" in grid
    assert "Version 1 as reader, version 2 as writer: breaks" in grid


def test_the_difference_points_to_the_upcasters_that_bridge_it(browser: Browser) -> None:
    html = browser.get(address.difference(CART, 1, 2)).text
    assert "Upcasters bring events of v1 to v2." in html
    assert "Upcasters bring" not in browser.get(address.difference(CART, 2, 1)).text


def test_a_made_up_event_looks_like_its_fields() -> None:
    text, whole = Type(Kind.STRING, "string"), Type(Kind.INTEGER, "int")
    outline = Type(
        Kind.RECORD,
        "record",
        fields=(
            Field("order_id", text, True),
            Field("email", text, True),
            Field("amount_cents", whole, True),
            Field("status", Type(Kind.ENUM, "enum", symbols=("NEW", "PAID")), True),
            Field("again", Type(Kind.REPEAT, "x"), False, default=None),
        ),
    )
    made = plausible(outline, 1)
    assert re.fullmatch(r"ord-\d{4}", made["order_id"])
    assert "@example.org" in made["email"]
    assert made["amount_cents"] >= 500
    assert made["status"] in {"NEW", "PAID"}
    assert made["again"] is None


def test_the_player_names_the_published_module_of_every_step(browser: Browser) -> None:
    html = play(browser, event=json.dumps(EVENT))
    urls = [unescape(url) for url in re.findall(r'data-module="([^"]*)"', html)]
    assert urls == [address.module(CART, 1, 2), address.module(CART, 2, 3)]
    answer = browser.get(urls[0])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "export function upcast(e)" in answer.text
    assert f"Brings events of {CART} from version 1 to version 2" in answer.text
    assert browser.get(address.module(CART, 1, 99)).status_code == 404
    assert browser.get(f"{address.subject(CART)}/upcasters/nonsense.js").status_code == 404


def test_where_the_steps_run_is_told_with_the_reasons(browser: Browser) -> None:
    html = play(browser)
    assert 'aria-label="Where the upcasters run"' in html
    rows = re.findall(r'<th scope="row">(v\d to v\d)</th>', html)
    assert rows[:2] == ["v1 to v2", "v2 to v1"]
    notes = [int(number) for number in re.findall(r'href="#why-(\d+)"', html)]
    assert set(notes) <= {int(number) for number in re.findall(r'id="why-(\d+)"', html)}


def test_reasons_are_numbered_and_each_is_told_once() -> None:
    said = [
        {"target": "Python", "direction": "up", "supported": True},
        {"target": "Python", "direction": "down", "supported": False, "reason": "no way back"},
        {"target": "stock Go", "direction": "up", "supported": True, "reason": "members are dropped"},
        {"target": "stock Go", "direction": "down", "supported": False, "reason": "no way back"},
    ]
    table = where([(1, 2, {"capabilities": said}), (2, 3, {})])
    assert (table.own, table.clients) == (("Python",), ("Go",))
    assert table.notes == ("Members are dropped", "No way back")
    told = [(row.words, [(one.tone.word, one.note) for one in row.abilities]) for row in table.rows]
    assert told == [
        ("v1 to v2", [("runs", 0), ("runs, see", 1)]),
        ("v2 to v1", [("no, see", 2), ("no, see", 2)]),
        ("v2 to v3", [("not known", 0), ("not known", 0)]),
        ("v3 to v2", [("not known", 0), ("not known", 0)]),
    ]


def test_engines_that_a_proof_was_held_to_are_told_in_both_directions() -> None:
    same = {"engine": "DuckDB", "direction": "up", "events": 40, "left_out": 10, "left_out_for": "NaN"}
    refused = {"engine": "DuckDB", "direction": "down", "events": 1, "declined": 2}
    neither = {"engine": "JSONata", "direction": "up", "events": 0, "reason": "it is not installed here"}
    rows = held({"compared": [same, refused, neither], "down": "derived"})
    assert [(row.engine, row.up.tone.word, row.down.tone.word) for row in rows] == [
        ("DuckDB", "the same", "the same"),
        ("JSONata", "not compared", "not compared"),
    ]
    assert rows[0].up.words == "for 40 events; 10 left out with NaN"
    assert rows[0].down.words == "for 1 event; 2 refused there"
    assert (rows[1].up.words, rows[1].down.words) == ("it is not installed here", "it was not asked for")
    before = held({"compared": [{"engine": "DuckDB", "events": 50}], "down": "none"})
    assert (before[0].up.words, before[0].down.words) == ("for 50 events", "there is no way down")
    assert held({}) == ()
