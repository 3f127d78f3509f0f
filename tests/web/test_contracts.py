"""Who reads and writes: the matrix, its cells, applications, and the live readers that a change would break."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from registry.model import Build, Subject
from web import address

ORDER = Subject.parse("shop.OrderPlaced")
CART = Subject.parse("shop.CartLeft")
MAIL, TILL, STORM = Build("mail", "1.0"), Build("till", "2.0"), Build("storm & co/<b>", "#1 ?")


@pytest.fixture(scope="module", autouse=True)
def declared(registry: Any) -> None:
    """A reader that breaks on the refused change, one that reads through an upcaster, one with an awkward name."""
    contracts = registry.contracts
    contracts.declare_fields(ORDER, MAIL, ["order_id"], owner="team-mail")
    contracts.declare_fields(CART, MAIL, ["cart_id", "currency"])
    contracts.declare_versions(CART, STORM, 1, 1, owner="<i>storm</i>")
    contracts.declare_writer(CART, TILL, [2, 3], owner="team-till")
    contracts.record_deployment(MAIL, "prod")
    contracts.record_deployment(TILL, "prod")
    contracts.record_deployment(STORM, "staging")


def shown(browser: Any, url: str, status: int = 200) -> str:
    answer = browser.get(url)
    assert answer.status_code == status, answer.text[:600]
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_the_matrix_has_a_row_per_reader_and_every_cell_leads_to_its_finding(browser: Any) -> None:
    page = browser.get(address.readers(str(CART))).text
    cells = re.findall(r'<a class="cell (\w+)" href="([^"]+)" aria-label="([^"]+)"', page)
    assert [(css, label) for css, _, label in cells] == [
        ("lift", "mail 1.0 reading version 1: via upcaster, via v2"),
        ("good", "mail 1.0 reading version 2: direct"),
        ("good", "mail 1.0 reading version 3: direct"),
        ("good", "storm &amp; co/&lt;b&gt; #1 ? reading version 1: direct"),
        ("bad", "storm &amp; co/&lt;b&gt; #1 ? reading version 2: broken"),
        ("bad", "storm &amp; co/&lt;b&gt; #1 ? reading version 3: broken"),
    ]
    for _, url, _ in cells:
        assert browser.get(url.replace("&amp;", "&")).status_code == 200, url


def test_an_environment_narrows_the_matrix(browser: Any) -> None:
    staging = shown(browser, address.readers(str(CART), "staging"))
    assert "storm & co" not in staging  # as it was written, it would be markup
    assert "storm &amp; co/&lt;b&gt; #1 ?" in staging
    assert "mail 1.0" not in staging
    assert "No reader is live in nowhere" in shown(browser, address.readers(str(CART), "nowhere"))


def test_a_cell_says_why_with_the_event_that_proves_it(browser: Any) -> None:
    page = shown(browser, address.reading(str(CART), STORM, 2))
    assert "cannot read everything written with version 2" in page
    assert "READER_FIELD_WITHOUT_DEFAULT" in page
    assert "fails a reader with" in page


def test_a_cell_through_an_upcaster_leads_to_the_player(browser: Any) -> None:
    page = browser.get(address.reading(str(CART), MAIL, 1)).text
    assert "once upcasters have brought its events to version 2" in page
    assert address.player(str(CART), **{"from": 1, "to": 2}).replace("&", "&amp;") in page


@pytest.mark.parametrize(
    "url",
    [
        address.reading(str(CART), Build("nobody", "1"), 1),
        address.reading(str(CART), MAIL, 99),
        address.application("nobody"),
        address.readers("shop.Nothing"),
    ],
)
def test_what_is_not_there_is_a_friendly_404(browser: Any, url: str) -> None:
    assert "To the catalog" in shown(browser, url, 404)


def test_the_subject_says_who_writes_and_reads_it_by_environment(browser: Any) -> None:
    page = shown(browser, address.subject(str(CART)))
    told = page[page.index("Who writes and reads it") :]
    prod, staging = told.index(" prod "), told.index(" staging ")
    assert prod < told.index("till 2.0") < told.index("mail 1.0") < staging
    assert "writes v2, v3 (team-till)" in told
    assert "reads cart_id, currency (team-mail)" in told


def test_an_application_shows_what_it_reads_and_where_it_is_live(browser: Any) -> None:
    listing = browser.get(address.applications()).text
    assert address.application(STORM.application) in listing
    page = shown(browser, address.application("mail"))
    for words in ("team-mail", "shop.OrderPlaced", "shop.CartLeft", "needs cart_id, currency", "prod", "deployed"):
        assert words in page
    assert "&lt;i&gt;storm&lt;/i&gt;" in shown(browser, address.application(STORM.application))


def test_a_refused_attempt_and_a_difference_name_the_live_readers_they_break(browser: Any) -> None:
    refused = shown(browser, address.subject(str(ORDER), part="history"))
    assert "live reader" in refused
    assert "1 of 2 live readers cannot read v3." in shown(browser, address.difference(str(CART), 2, 3))


def test_a_draft_is_held_against_the_live_readers(browser: Any) -> None:
    fields = [{"name": "cents", "type": "int"}]
    text = json.dumps({"type": "record", "name": "CartLeft", "fields": fields})
    answer = browser.post(
        address.draft(), data={"subject": str(CART), "text": text, "format": "AVRO", "level": ""}
    ).text
    assert "2 of 2 live readers cannot read the draft." in answer
    assert "team-mail" in answer


def test_the_log_tells_it_in_words(browser: Any) -> None:
    page = shown(browser, "/catalog/changes")
    for words in ("mail 1.0 declares that it reads it", "till 2.0 declares that it writes versions 2, 3",
                  "mail 1.0 deployed to prod", "till is known, owned by team-till"):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("build", "environment", "said"),
    [
        (MAIL, "prod", "Yes: mail 1.0 may go live in prod."),
        (STORM, "prod", "No: something breaks if storm &amp; co/&lt;b&gt; #1 ? goes live in prod."),
        (Build("mail", "0.1"), "prod", "Nobody can say whether mail 0.1 may go live in prod."),
        (MAIL, "moon", "nothing is recorded as live in moon"),
    ],
)
def test_a_page_says_whether_a_build_may_go_live_and_leads_to_the_reasons(
    browser: Any, build: Build, environment: str, said: str
) -> None:
    here = address.application(build.application)
    assert "May it go live?" in shown(browser, here)
    answer = browser.get(here, params={"build": build.name, "env": environment})
    assert said in " ".join(re.sub(r"<[^>]+>", " ", answer.text).split()).replace("Nothing", "nothing")
    section = answer.text.split('id="going"')[1].split("</section>")[0]
    for url in re.findall(r'<a class="name" href="([^"]+)"', section):
        assert browser.get(url.replace("&amp;", "&")).status_code == 200, url
    assert build.name != STORM.name or "cannot read" in section or "readers/v/2" in section


def test_an_environment_that_cannot_be_is_refused_in_words(browser: Any) -> None:
    assert shown(browser, address.application("mail") + "?build=1.0&env=pr%09od", status=422)


def test_a_field_says_who_has_declared_that_it_reads_it(browser: Any) -> None:
    page = browser.get(address.subject(str(CART))).text
    rows = page.split('<li class="leaf"')[1:]
    leaves = {re.findall(r'class="fname">([^<]+)<', row)[0]: row for row in rows}
    assert "read by mail 1.0" in leaves["currency"]
    assert "read by" not in leaves["cents"]
