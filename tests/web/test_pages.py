from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.model import Content, Subject
from registry.service import Registry
from web import address, log

Browser = TestClient[Litestar]
ORDER = address.subject("shop.OrderPlaced")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
SHAPES = {"path", "circle", "rect"}


class Page(HTMLParser):
    """Reads a page as a browser would, and notes what must not be there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.headings = 0
        self.words: list[str] = []
        self.feed(html)
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID | SHAPES:
            self.open.append(tag)
        self.headings += tag == "h1"
        self.faults += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in given:
            self.faults.append("an inline script")
        if tag == "style":
            self.faults.append("an inline style sheet")
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if tag == "a" and given.get("href") is not None:
            self.links.append(str(given["href"]))
        for name in ("src", "srcset", "poster", "data"):
            if given.get(name):
                self.loads.append(str(given[name]))
        if tag == "link":
            self.loads.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID | SHAPES:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(browser: Browser, url: str, status: int = 200) -> Page:
    answer = browser.get(url)
    assert answer.status_code == status, f"{url}: {answer.status_code} {answer.text[:600]}"
    return Page(answer.text)


def test_every_link_of_every_page_leads_somewhere_and_every_page_keeps_the_rules(
    browser: Browser, story: SimpleNamespace
) -> None:
    waiting, seen = ["/"], set[str]()
    while waiting:
        url = waiting.pop()
        if url in seen or len(seen) > 400:
            continue
        seen.add(url)
        answer = browser.get(url, follow_redirects=False)
        assert answer.status_code in {200, 303}, f"{url}: {answer.status_code}\n{answer.text[:800]}"
        policy = answer.headers.get("content-security-policy", "")
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy, url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert story.hostile not in answer.text, url
        assert "<img src=x" not in answer.text, url
        page = Page(answer.text)
        assert page.faults == [], url
        assert page.headings == 1, url
        assert len(page.ids) == len(set(page.ids)), f"{url}: an id stands twice: {sorted(page.ids)}"
        assert all(urlsplit(load).netloc == "" for load in page.loads), url
        for link in page.links:
            target = urljoin(url, link.split("#")[0])
            endless = "seed=" in target and "seed=1" not in target  # another event, and another, and another
            endless = endless or ("at=" in target and "at=10" not in target)  # every moment has every page
            if urlsplit(target).netloc in {"", "testserver"} and target and not endless:
                waiting.append(target.removeprefix("http://testserver.local"))
    for name in ("shop.OrderPlaced", ":.depot:shop.ParcelPacked", "shop.Paid", *story.awkward):
        assert address.subject(name) in seen


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("orderpl", "shop.OrderPlaced"),
        ("weight", "shop.ParcelPacked"),
        ("committed to buy", "shop.OrderPlaced"),
        ("team-checkout", "shop.OrderPlaced"),
        ("words of the customer", "shop.OrderPlaced"),
        ("eröffnet", "konto/eröffnet v1"),
        ("日本", "日本語"),
        ("somebody paid", "shop.Paid"),
    ],
)
def test_search_finds_names_fields_documentation_and_owners(browser: Browser, asked: str, found: str) -> None:
    answer = browser.get("/catalog", params={"q": asked})
    titles = [
        unescape(re.sub("<[^>]+>", "", one)) for one in re.findall(r'<h3><a class="name"[^>]*>(.*?)</a>', answer.text)
    ]
    assert titles[:1] == [found]


def test_a_search_without_answer_says_what_to_do(browser: Browser) -> None:
    page = read(browser, "/catalog?q=zzz-nothing")
    assert "Nothing here is called that" in page.text
    assert "/catalog" in page.links


def test_lists_are_filtered_by_context_and_format(browser: Browser) -> None:
    text = read(browser, "/catalog?context=.depot").text
    assert "shop.ParcelPacked" in text
    assert "shop.Paid" not in text
    text = read(browser, "/catalog?format=PROTOBUF").text
    assert "shop.Paid" in text
    assert "shop.ParcelPacked" not in text


def test_htmx_gets_the_list_alone(browser: Browser) -> None:
    answer = browser.get("/catalog?q=paid", headers={"HX-Request": "true", "HX-Target": "listing"})
    assert "<html" not in answer.text
    assert "shop.Paid" in re.sub("</?mark>", "", answer.text)
    assert "HX-Request" in answer.headers["vary"]


def test_the_palette_names_fields_with_their_address(browser: Browser) -> None:
    answer = browser.get("/catalog/search?q=weight")
    assert f'href="{address.subject(":.depot:shop.ParcelPacked")}#f:weight"' in answer.text
    assert "field of shop.ParcelPacked" in answer.text


def test_the_subject_shows_outline_documentation_and_since_when(browser: Browser) -> None:
    page = read(browser, ORDER)
    assert "A customer has committed to buy." in page.text
    assert "f:note" in page.ids
    assert "text or nothing" in page.text
    assert "new in v2" in page.text
    assert "required, no default" in page.text
    assert "team-checkout" in page.text
    assert "default null" in page.text


def test_an_older_version_has_its_own_page_and_its_own_fields(browser: Browser) -> None:
    page = read(browser, address.subject("shop.OrderPlaced", 1))
    assert "f:order_id" in page.ids
    assert "f:note" not in page.ids


def test_refused_attempts_show_reason_and_witness(browser: Browser) -> None:
    text = read(browser, ORDER).text
    assert "Refused attempts" in text
    assert "currency" in text
    assert "fails a reader" in text
    assert "ci-bot" in text


def test_who_changed_what_and_why(browser: Browser) -> None:
    text = read(browser, f"{ORDER}/history").text
    assert "version 2 registered" in text
    assert "by anna: “first of its kind”" in text


def test_the_text_is_shown_and_can_be_downloaded_as_it_was_registered(browser: Browser, story: SimpleNamespace) -> None:
    assert '"order_id"' in read(browser, f"{ORDER}/text").text
    answer = browser.get(address.subject("shop.OrderPlaced", 1, "download"))
    assert answer.text == story.orders[0]
    assert 'filename="shop.OrderPlaced-v1.avsc"' in answer.headers["content-disposition"]


def test_a_difference_has_its_own_address_and_speaks_of_both_directions(browser: Browser) -> None:
    text = read(browser, address.difference("shop.OrderPlaced", 1, 2)).text
    assert "v2 reads everything v1 writes." in text
    assert "v1 reads everything v2 writes." in text
    assert "note" in text


def test_the_form_of_the_difference_works_without_a_script(browser: Browser) -> None:
    answer = browser.get(f"{ORDER}/diff?from=2&to=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == address.difference("shop.OrderPlaced", 2, 1)


def test_the_grid_says_who_reads_whom(browser: Browser) -> None:
    answer = browser.get(f"{ORDER}/grid")
    assert "Version 2 as reader, version 1 as writer: reads" in answer.text


def test_a_draft_is_judged_with_a_witness_and_registers_nothing(
    browser: Browser, registry: Registry, story: SimpleNamespace
) -> None:
    before = registry.catalog.position()
    form = {"subject": "shop.OrderPlaced", "text": story.broken, "format": "AVRO", "level": ""}
    answer = browser.post("/catalog/draft", data=form)
    text = Page(answer.text).text
    assert answer.status_code == 200
    assert "This candidate would be refused." in text
    assert "This event, valid under v2, fails a reader with the draft:" in text
    assert registry.catalog.position() == before


def test_a_harmless_draft_is_let_in(browser: Browser, story: SimpleNamespace) -> None:
    form = {"subject": "shop.OrderPlaced", "text": story.orders[1], "format": "AVRO", "level": "FULL_TRANSITIVE"}
    assert "Nothing breaks" in browser.post("/catalog/draft", data=form).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "{"}, "Invalid schema"),
        ({"text": ""}, "paste a schema"),
        ({"subject": ""}, "fill in its name"),
        ({"format": "XML"}, "Choose a format"),
        ({"level": "SIDEWAYS"}, "Choose a format and a level"),
    ],
)
def test_a_draft_that_is_wrong_is_answered_in_words(
    browser: Browser, story: SimpleNamespace, change: dict[str, str], said: str
) -> None:
    form = {"subject": "shop.OrderPlaced", "text": story.orders[0], "format": "AVRO", "level": ""} | change
    answer = browser.post("/catalog/draft", data=form)
    assert answer.status_code == 200
    assert said in Page(answer.text).text


def test_the_draft_form_begins_with_the_latest_version(browser: Browser) -> None:
    assert "order_id" in browser.get(address.draft("shop.OrderPlaced")).text


def test_a_schema_is_found_by_its_id(browser: Browser, registry: Registry) -> None:
    version = registry.lookup.version(Subject.parse("shop.OrderPlaced"), "latest")
    page = read(browser, address.schema_id(version.schema_id))
    assert "shop.OrderPlaced" in page.text
    assert address.subject("shop.OrderPlaced", 2) in page.links


def test_the_owner_leads_to_what_else_is_owned(browser: Browser) -> None:
    page = read(browser, ORDER)
    there = address.catalog(q="team-checkout")
    assert there in page.links
    assert "shop.OrderPlaced" in read(browser, there).text


def test_changes_are_newest_first(browser: Browser) -> None:
    text = read(browser, "/catalog/changes").text
    assert text.index("hostile") < text.index("shop.OrderPlaced")


def test_changes_are_narrowed_to_what_is_looked_for(browser: Browser) -> None:
    page = read(browser, address.changes(what="refusals"))
    assert "a candidate was refused: 1 finding" in page.text
    assert "version 1 registered" not in page.text
    assert "Nothing of this kind" in read(browser, address.changes(what="deployments")).text
    assert "version 1 registered" in read(browser, address.changes(what="nonsense")).text


def test_the_older_changes_of_a_kind_are_of_that_kind_too(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE", 5)
    seen, url = [], address.changes(what="schemas")
    while url:
        page = read(browser, url)
        seen += re.findall(r"position (\d+)", page.text)
        url = next((link for link in page.links if "before=" in link), "")
        assert not url or "what=schemas" in url
    assert seen == sorted(seen, key=int, reverse=True)
    assert len(seen) == len(set(seen)) > 10


@pytest.mark.parametrize(
    "url",
    [
        "/catalog/subjects/shop.OrdrPlaced",
        "/catalog/subjects/shop.OrderPlaced/versions/9",
        "/catalog/subjects/shop.OrderPlaced/diff/1...9",
        "/catalog/subjects/shop.OrderPlaced/diff/one...two",
        "/catalog/ids/4711",
        "/catalog/nowhere",
    ],
)
def test_what_is_not_there_is_a_friendly_404(browser: Browser, url: str) -> None:
    page = read(browser, url, 404)
    assert "Nothing is here" in page.text
    assert page.headings == 1
    assert page.faults == []


def test_a_misspelt_subject_is_answered_with_the_right_one(browser: Browser) -> None:
    assert ORDER in read(browser, "/catalog/subjects/shop.OrdrPlaced", 404).links


def test_a_number_that_is_none_is_answered_in_words(browser: Browser) -> None:
    assert "page" in read(browser, "/catalog?page=many", 400).text


HUGE = "9" * 30
ODD = ["", "-1", HUGE, "9" * 400, "1.5", "%00", "\u0663", "' OR 1=1 --", "..", "%2F"]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "url",
    [
        "/catalog?page={}",
        "/catalog?q={}",
        "/catalog?context={}",
        "/catalog?format={}",
        "/catalog/search?q={}",
        "/catalog/changes?before={}",
        f"{ORDER}/history?before={{}}",
        f"{ORDER}/versions/{{}}",
        f"{ORDER}/versions/{{}}/download",
        f"{ORDER}/diff/1...{{}}",
        f"{ORDER}/diff?to={{}}",
        "/catalog/ids/{}",
        "/catalog/ids/1?context={}",
        "/catalog/subjects/{}",
        "/catalog/draft?subject={}",
    ],
)
def test_no_address_is_a_fault_of_the_server(browser: Browser, url: str, value: str) -> None:
    answer = browser.get(url.format(value), follow_redirects=False)
    assert answer.status_code in {200, 303, 400, 404, 422}


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"\xff\xfe", "application/x-www-form-urlencoded", 200),
        (b"subject=a&subject=b", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 200),
        (b"x" * 5_000_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_no_form_is_a_fault_of_the_server(browser: Browser, body: bytes, type_: str, status: int) -> None:
    answer = browser.post("/catalog/draft", content=body, headers={"Content-Type": type_})
    assert answer.status_code == status
    assert Page(answer.text).headings == 1


def test_static_files_are_kept_for_ever(browser: Browser) -> None:
    [sheet] = [load for load in read(browser, "/").loads if load.endswith(".css")]
    answer = browser.get(sheet)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def test_nothing_leads_to_what_was_deleted_for_good(browser: Browser, registry: Registry) -> None:
    gone = Subject.parse("gone.Soon")
    registry.registration.register(gone, Content(Format.AVRO, '"string"'))
    assert "/catalog/subjects/gone.Soon" in browser.get("/catalog/changes").text
    for permanent in (False, True):
        registry.deletion.subject(gone, permanent=permanent)
    for path in ("/catalog", "/catalog/changes"):
        text = browser.get(path).text
        assert "gone.Soon" in text
        assert "/catalog/subjects/gone.Soon" not in text
