"""The picture of who writes and reads: every box and line once, nothing on top of anything, and how readers get on."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model import Build, Subject
from web import address
from web.layered import COLUMNS, HEAD, layout

CART, PARCEL = Subject.parse("shop.CartLeft"), Subject.parse(":.depot:shop.ParcelPacked")
TILL, MAIL, STORM = Build("till", "2.0"), Build("mail", "1.0"), Build("storm <b>", "1")

KEYS = st.lists(st.integers(0, 9), max_size=8, unique=True)


@given(KEYS, KEYS, KEYS, st.data())
def test_boxes_and_ports_never_hide_each_other(left: list[int], middle: list[int], right: list[int], data: Any) -> None:
    columns = [[f"{name}{key}" for key in keys] for name, keys in (("w", left), ("s", middle), ("r", right))]
    possible = [*itertools.product(*columns[:2]), *itertools.product(*columns[1:])]
    joints = data.draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    placed = layout(columns, joints)
    assert set(placed.boxes) == {key for column in columns for key in column}
    assert set(placed.ports) == set(joints)
    for number, column in enumerate(columns):
        boxes = sorted((placed.boxes[key] for key in column), key=lambda box: box.top)
        assert all((box.left, box.width) == COLUMNS[number] for box in boxes)
        assert all(one.top + one.height < other.top for one, other in itertools.pairwise(boxes))
        assert all(box.top >= HEAD and box.top + box.height <= placed.height for box in boxes)
    for side in (0, 1):
        ports = [(joint[side], placed.ports[joint][side]) for joint in joints]
        assert len(set(ports)) == len(ports)
        assert all(placed.boxes[key].top < at < placed.boxes[key].top + placed.boxes[key].height for key, at in ports)


def test_what_can_be_straight_is_straight_and_lines_do_not_cross_without_need() -> None:
    placed = layout([["w1", "w2"], ["s1", "s2"], ["r1"]], [("w1", "s2"), ("w2", "s1"), ("s1", "r1")])
    assert all(leave == reach for leave, reach in placed.ports.values())


@pytest.fixture(scope="module", autouse=True)
def declared(registry: Any) -> None:
    contracts = registry.contracts
    contracts.declare_versions(CART, STORM, 1, 1, owner="<i>storm</i>")
    contracts.declare_fields(CART, MAIL, ["currency"], owner="team-mail")
    contracts.declare_writer(CART, TILL, [2], owner="team-till")
    contracts.declare_writer(PARCEL, TILL, [1])
    contracts.record_deployment(MAIL, "prod")
    contracts.record_deployment(STORM, "staging")


def lines(browser: Any, url: str) -> dict[str, str]:
    answer = browser.get(url)
    assert answer.status_code == 200, answer.text[:600]
    return {words: css for css, words in re.findall(r'<g class="edge (\w+)"[^>]*><title>([^<]+)</title>', answer.text)}


def test_the_picture_joins_everybody_and_says_how_readers_get_on_with_what_is_written(browser: Any) -> None:
    assert lines(browser, address.applications()) == {
        "till 2.0 writes v2 of shop.CartLeft": "plain",
        "till 2.0 writes v1 of :.depot:shop.ParcelPacked": "plain",
        "mail 1.0 reads shop.CartLeft: direct": "good",
        "storm &lt;b&gt; 1 reads shop.CartLeft: broken": "bad",
    }


def test_an_environment_narrows_the_picture(browser: Any) -> None:
    assert set(lines(browser, f"{address.applications()}?env=prod")) == {"mail 1.0 reads shop.CartLeft: direct"}
    assert "live in nowhere" in browser.get(f"{address.applications()}?env=nowhere").text


def test_an_application_is_shown_with_those_it_shares_events_with(browser: Any) -> None:
    assert set(lines(browser, address.application("mail"))) == {
        "till 2.0 writes v2 of shop.CartLeft",
        "mail 1.0 reads shop.CartLeft: direct",
        "storm &lt;b&gt; 1 reads shop.CartLeft: broken",
    }


def test_every_box_leads_somewhere_and_says_in_words_what_its_lines_show(browser: Any) -> None:
    boxes = re.findall(
        r'<a class="box" href="([^"]+)"[^>]*aria-label="([^"]+)"', browser.get(address.applications()).text
    )
    assert {label for _, label in boxes} >= {
        "shop.CartLeft 1 writer, 2 readers",
        "till team-till; till 2.0 writes v2 of shop.CartLeft; till 2.0 writes v1 of :.depot:shop.ParcelPacked",
    }
    assert all(browser.get(url.replace("&amp;", "&")).status_code == 200 for url, _ in boxes)
