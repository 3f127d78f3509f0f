"""The catalog in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from registry.model import Build
from tests.browser.barriers import barriers, barriers_in_light_and_dark
from web import address

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
ORDER = address.subject("orders.OrderPlaced")
PAGES = {
    "catalog": "/",
    "search": "/catalog?q=order",
    "nothing found": "/catalog?q=zzz-nothing",
    "outline": ORDER,
    "text": f"{ORDER}/text",
    "grid": f"{ORDER}/grid",
    "player": f"{ORDER}/upcasters?from=1&step=2",
    "history": f"{ORDER}/history",
    "difference": address.difference("orders.OrderPlaced", 2, 3),
    "changes": "/catalog/changes",
    "draft": address.draft("orders.OrderPlaced"),
    "schema": address.schema_id(1),
    "past": f"{ORDER}?at=20",
    "readers": address.readers("orders.OrderPlaced"),
    "readers of one environment": address.readers("orders.OrderPlaced", "staging"),
    "no readers": address.readers("shop.common.Money"),
    "a reader that breaks": address.reading("orders.OrderPlaced", Build("loyalty", "0.9"), 5),
    "applications": address.applications(),
    "application": address.application("billing"),
    "refused": address.subject(":.bank:payments.MoneyTransferred", part="history"),
    "missing": "/catalog/subjects/orders.OrdrPlaced",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_no_page_has_a_barrier_in_light_or_dark_or_on_a_narrow_screen(visit: Open, path: str) -> None:
    page = visit(path, status=404 if path == PAGES["missing"] else 200)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert barriers_in_light_and_dark(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_barrier_is_noticed_in_each_scheme(chromium: Browser) -> None:
    with chromium.new_page() as page:
        page.set_content(
            """<html lang="en"><title>Faults</title><main><h1>Faults</h1><img src="data:,"><p>Unseen</p></main>
            <style>@media (prefers-color-scheme: dark) { p { background: #000; color: #333 } }</style>"""
        )
        assert [rule for rule, _, _ in barriers_in_light_and_dark(page)] == ["image-alt", "color-contrast"]


def test_search_answers_while_one_types_and_keeps_its_address(visit: Open) -> None:
    page = visit("/")
    page.get_by_role("searchbox", name="Search subjects").first.press_sequentially("shipp")
    listing = page.locator("#listing")
    expect(listing.get_by_role("heading", level=3)).to_have_text(["orders.OrderShipped"])
    expect(page).to_have_url(re.compile(r"q=shipp"))
    page.reload()
    expect(listing.get_by_role("heading", level=3)).to_have_text(["orders.OrderShipped"])


def test_search_works_without_scripts(visit: Open) -> None:
    page = visit("/", scripts=False)
    box = page.locator("#q")
    box.fill("shipp")
    box.press("Enter")
    expect(page.locator("#listing h3")).to_have_text(["orders.OrderShipped"])


def test_the_palette_opens_by_key_and_is_walked_with_arrows(visit: Open) -> None:
    page = visit("/catalog/changes")
    page.keyboard.press("/")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.type("orderplaced")
    expect(dialog.get_by_role("link").first).to_contain_text("OrderPlaced")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("orders.OrderPlaced"))


def test_the_palette_opens_with_control_k_and_closes_with_escape(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_link_to_a_field_opens_what_hides_it(visit: Open) -> None:
    page = visit(ORDER)
    link = page.locator(".tree li li .anchor").last
    target = link.get_attribute("href")
    page.goto(f"{page.url.split('#')[0]}{target}")
    page.evaluate("for (const part of document.querySelectorAll('.tree details')) part.open = false")
    page.reload()
    expect(page.locator(f"[id='{str(target).removeprefix('#')}']")).to_be_in_viewport()


def test_a_box_with_the_focus_keeps_its_lines_and_fades_the_others(visit: Open) -> None:
    page = visit(address.applications())
    page.locator(".box", has_text="loyalty").focus()
    expect(page.locator(".edge.on")).to_have_count(1)
    expect(page.locator(".edge.bad")).to_have_css("opacity", "1")
    expect(page.locator(".edge.good").first).not_to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("loyalty")


def test_from_the_list_to_the_reason_of_a_step(visit: Open) -> None:
    page = visit("/")
    page.get_by_role("link", name="orders.OrderPlaced", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("orders.OrderPlaced")
    page.get_by_role("link", name=re.compile("From version 2 to 3")).click()
    expect(page).to_have_url(re.compile(r"diff/2\.\.\.3$"))
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()


def test_a_witness_can_be_copied(visit: Open) -> None:
    page = visit(f"{ORDER}/history")
    page.locator("details", has_text="finding against").first.locator("summary").first.click()
    page.get_by_role("button", name="Copy event").first.click()
    expect(page.get_by_role("status")).to_have_text("Copied to the clipboard")
    assert isinstance(json.loads(page.evaluate("navigator.clipboard.readText()")), dict)


def test_the_player_is_played_by_keyboard_and_every_state_has_an_address(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1")
    titles = page.locator("[data-step]:not([hidden]) h3").first
    expect(titles).to_contain_text("version 1")
    page.keyboard.press("ArrowRight")
    expect(titles).to_contain_text("version 2")
    expect(page).to_have_url(re.compile(r"step=1"))
    page.keyboard.press("ArrowRight")
    expect(titles).to_contain_text("version 3")
    page.keyboard.press("ArrowLeft")
    expect(titles).to_contain_text("version 2")
    page.keyboard.press("End")
    last = titles.text_content()
    page.reload()
    expect(titles).to_have_text(str(last))
    expect(page.locator("[data-step]:not([hidden]) .verdict.good")).to_be_visible()
    assert page.locator("[data-step] .ln.added").count() > 0


def test_the_published_module_runs_in_the_player_and_says_what_the_server_says(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1")
    steps = page.locator("[data-step][data-module]")
    count = steps.count()
    assert count > 1
    expect(page.locator('[data-step][data-agrees="true"]')).to_have_count(count)
    expect(page.locator('[data-step][data-agrees="false"]')).to_have_count(0)


def test_a_typed_event_is_brought_over_in_the_browser_at_once(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1&to=2&step=1")
    expect(page.locator('[data-step][data-agrees="true"]')).to_have_count(1)
    first, second = page.locator("[data-step] pre[data-text]").all()[:2]
    event = json.loads(str(first.get_attribute("data-text"))) | {"note": "<b>typed</b>"}
    was = second.inner_html()
    page.get_by_text("Bring your own event").click()
    box = page.get_by_label("The event, as JSON")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    box.fill(json.dumps(event))
    expect(page.locator("[data-live]")).to_contain_text("computed in this browser")
    shown = page.locator("[data-step]:not([hidden])")
    expect(shown.locator("[data-verdict]")).to_contain_text("Computed in this browser")
    assert shown.locator(".ln.added, .ln.changed, .ln.removed").count() > 0
    assert requests == []
    expect(first).to_contain_text("<b>typed</b>")
    box.fill(json.dumps(event | {"total": 2**60}))
    expect(page.locator("[data-live]")).to_contain_text("would round")
    box.fill("{")
    expect(page.locator("[data-live]")).to_contain_text("Not JSON yet")
    box.fill("")
    expect(page.locator("[data-live]")).to_be_empty()
    assert second.inner_html() == was
    page = visit(f"{ORDER}/upcasters?from=1")
    page.get_by_text("Bring your own event").click()
    page.get_by_label("The event, as JSON").fill(json.dumps(event))
    expect(page.locator("[data-live]")).to_contain_text("computed in this browser")
    assert page.locator("[data-step][data-refused]").count() == 0
    page = visit(f"{address.subject('orders.OrderShipped')}/upcasters?from=1")
    page.get_by_text("Bring your own event").click()
    event = json.loads(str(page.locator("[data-step] pre[data-text]").first.get_attribute("data-text")))
    wrong = {name: "x" if isinstance(value, float | int) else value for name, value in event.items()}
    page.get_by_label("The event, as JSON").fill(json.dumps(wrong))
    expect(page.locator("[data-live]")).to_contain_text("The step to version 3 refuses it")


def test_where_upcasters_run_is_a_table_whose_reasons_are_reached_by_keyboard(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1")
    table = page.get_by_role("region", name="Where the upcasters run")
    expect(table.get_by_role("columnheader", name="PostgreSQL")).to_be_visible()
    expect(table.get_by_role("columnheader", name=".NET")).to_be_visible()
    link = table.get_by_role("link").first
    link.focus()
    target = str(link.get_attribute("href"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{re.escape(target)}$"))
    expect(page.locator(target)).to_be_in_viewport()


def test_an_upcaster_says_which_engines_it_was_held_to(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters")
    page.locator("#edges ~ details summary").first.click()
    table = page.get_by_role("region", name="Engines held to v1 to v2")
    for direction in ("v1 to v2", "v2 to v1"):
        expect(table.get_by_role("columnheader", name=direction)).to_be_visible()
    expect(table.get_by_role("row", name="DuckDB columns")).to_contain_text("events")
    expect(table.get_by_role("row", name="PostgreSQL view")).to_contain_text("no PostgreSQL server is named")
    page.locator("#edges ~ details summary").nth(1).click()
    expect(page.get_by_role("region", name="Engines held to v2 to v3")).to_contain_text("64 bits are computed with")


def test_the_player_works_without_scripts(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1", scripts=False)
    page.locator("[data-step]:not([hidden])").get_by_role("link", name="Next").click()
    expect(page.locator("[data-step]:not([hidden]) h3").first).to_contain_text("version 2")


def test_an_event_that_does_not_fit_is_answered_with_its_place(visit: Open) -> None:
    page = visit(f"{ORDER}/upcasters?from=1")
    page.get_by_text("Bring your own event").click()
    page.get_by_label("The event, as JSON").fill('{"not": "an order"}')
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#event-error")).to_be_visible()


def test_a_draft_is_judged_in_place(visit: Open) -> None:
    page = visit(address.draft("orders.OrderPlaced"))
    text = json.loads(page.get_by_label("Candidate schema").input_value())
    text["fields"].append({"name": "surprise", "type": "string"})
    page.get_by_label("Candidate schema").fill(json.dumps(text))
    page.get_by_role("button", name="Tell me what breaks").click()
    expect(page.locator("#answer")).to_contain_text("This candidate would be refused.")
    expect(page.locator("#answer .witness").first).to_contain_text("surprise")


def test_what_scripts_bring_has_no_barrier_either(visit: Open) -> None:
    page = visit(address.draft("orders.OrderPlaced"))
    page.get_by_label("Candidate schema").fill('"string"')
    page.get_by_role("button", name="Tell me what breaks").click()
    expect(page.locator("#answer .verdict").first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("order")
    expect(page.get_by_role("dialog").get_by_role("link").first).to_be_visible()
    assert barriers(page) == []


def test_a_page_asks_for_little(visit: Open) -> None:
    page = visit(ORDER)
    sizes = page.evaluate("""performance.getEntriesByType("resource").map(one => [one.name, one.decodedBodySize])""")
    scripts = sum(size for name, size in sizes if name.endswith(".js"))
    assert 50_000 < scripts < 70_000


def test_the_theme_is_chosen_and_remembered(visit: Open) -> None:
    page = visit("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    button = page.get_by_role("button", name=re.compile("Theme"))
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark


def test_the_system_s_dark_mode_is_followed(visit: Open) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert visit("/", scheme="dark").evaluate(paper) != visit("/").evaluate(paper)


def test_the_keyboard_reaches_the_content_first(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#content$"))


def test_one_travels_from_the_log_to_a_moment_walks_there_and_comes_back(visit: Open) -> None:
    page = visit("/catalog/changes")
    page.get_by_role("link", name=re.compile(r"as it was here \(position 45\)")).click()
    banner = page.get_by_role("region", name="A moment of the past")
    expect(banner).to_contain_text("after 45 of")
    page.get_by_role("listitem").get_by_role("link", name="orders.OrderPlaced").first.click()
    expect(page).to_have_url(re.compile(r"orders\.OrderPlaced\?at=45$"))
    expect(banner).to_contain_text("Nothing later is shown")
    page.get_by_role("link", name="One change later").click()
    expect(banner).to_contain_text("after 46 of")
    page.get_by_role("navigation", name="Parts of this subject").get_by_role("link", name="History").click()
    expect(page).to_have_url(re.compile(r"/history\?at=46$"))
    page.get_by_role("link", name="Back to now").click()
    expect(page).to_have_url(re.compile(r"/history$"))
    expect(banner).to_have_count(0)


def test_a_search_in_the_past_stays_there(visit: Open) -> None:
    page = visit("/catalog?at=12")
    with page.expect_response(re.compile("/catalog\\?.*at=12")):
        page.get_by_role("searchbox", name="Search subjects").first.press_sequentially("order", delay=20)
    expect(page.locator("#listing")).to_contain_text("orders.OrderPlaced")
    expect(page).to_have_url(re.compile(r"at=12"))
    page.reload()
    expect(page.get_by_role("region", name="A moment of the past")).to_be_visible()


def test_a_moment_is_chosen_by_its_date(visit: Open) -> None:
    page = visit("/catalog/changes")
    page.get_by_label("See the catalog as it was at (UTC)").fill("2026-02-01T12:00")
    page.get_by_role("button", name="Go there").click()
    expect(page.get_by_role("region", name="A moment of the past")).to_contain_text("As of 27 January 2026")


def test_the_keyboard_goes_from_the_matrix_to_the_event_that_breaks_a_reader(visit: Open) -> None:
    page = visit(address.readers("orders.OrderPlaced"))
    page.get_by_label("Environment", exact=True).select_option("staging")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(re.compile("env=staging"))
    page.get_by_role("link", name="loyalty 0.9 reading version 5: broken").press("Enter")
    expect(page.locator(".witness").first).to_contain_text("PLACED")
    page.get_by_role("link", name="All readers").press("Enter")
    expect(page.get_by_role("link", name="billing 3.2 reading version 2: via upcaster")).to_be_visible()


def test_a_draft_names_the_live_readers_it_breaks(visit: Open) -> None:
    page = visit(address.draft("orders.OrderPlaced"))
    text = json.loads(page.get_by_label("Candidate schema").input_value())
    text["fields"] = [field for field in text["fields"] if field["name"] != "total"]
    page.get_by_label("Candidate schema").fill(json.dumps(text))
    page.get_by_role("button", name="Tell me what breaks").click()
    expect(page.locator("#answer")).to_contain_text("3 of 4 live readers cannot read the draft.")
    expect(page.locator("#answer").get_by_role("link", name="billing 3.2")).to_be_visible()
