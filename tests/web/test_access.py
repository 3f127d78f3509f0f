"""The catalog with access control: sign in, see what one may, sign out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient
from prometheus_client import REGISTRY

from registry.access import passwords
from registry.access.roles import grant
from registry.access.sessions import COOKIE
from registry.http.door import PASSWORDS_AT_ONCE
from registry.model import Content, Format, Subject
from registry.service import Registry
from registry.settings import Settings
from web import address
from web.app import create_app

HIDDEN = "secret.Hush"


def text(name: str, field: str) -> str:
    return f'{{"type":"record","name":"{name}","doc":"About {field}.","fields":[{{"name":"{field}","type":"string"}}]}}'


class House:
    def __init__(self, client: TestClient[object], key: str) -> None:
        self.client = client
        self.key = key

    def sign_in(self, secret: str, **more: str) -> httpx.Response:
        data = {"user": "", "secret": secret, "next": "", **more}
        return self.client.post(address.SIGN_IN, data=data, follow_redirects=False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}", access="on")
    registry = Registry.open(settings)
    for subject, name, field in (("orders.A", "A", "id"), (HIDDEN, "Hush", "hush"), (":.vault:orders.V", "V", "hush")):
        registry.registration.register(Subject.parse(subject), Content(Format.AVRO, text(name, field)))
    key = registry.permissions.create_key("anna").text
    registry.permissions.give(grant("anna", "reader", ".", "orders."))
    registry.close()
    with TestClient(create_app(settings)) as client:
        client.headers["Accept"] = "text/html"
        yield House(client, key)


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(house: House) -> None:
    wanted = "/catalog/subjects/orders~3A?x=1"
    turned = house.client.get(wanted, follow_redirects=False)
    assert turned.status_code == 303
    form = house.client.get(turned.headers["location"])
    assert form.status_code == 200
    assert 'value="/catalog/subjects/orders~3A?x=1"' in form.text
    answer = house.sign_in(house.key, next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert house.key not in answer.headers["set-cookie"]
    page = house.client.get("/catalog")
    assert page.status_code == 200
    assert "anna" in page.text
    assert page.headers["cache-control"].startswith("private")


def test_pages_show_only_what_the_caller_may_see(house: House) -> None:
    house.sign_in(house.key)
    assert "orders.A" in house.client.get("/catalog").text
    for path in (
        "/catalog",
        "/",
        "/catalog?q=hush",
        "/catalog/search?q=hush",
        "/catalog/search?q=secret",
        "/catalog/changes",
        "/catalog/draft",
        "/catalog/subjects/secret",
    ):
        found = house.client.get(path).text.lower()
        assert "hush<" not in found, path
        assert "secret.hush" not in found, path
        assert "vault" not in found, path
    for path in (
        address.subject(HIDDEN),
        address.subject(HIDDEN, 1, "text"),
        address.subject(HIDDEN, 1, "download"),
        address.subject(":.vault:orders.V"),
        "/catalog/ids/2",
    ):
        assert house.client.get(path).status_code == 404, path
    assert house.client.get("/catalog/ids/1").status_code == 200


def test_signing_out_ends_it(house: House) -> None:
    house.sign_in(house.key)
    answer = house.client.post(address.SIGN_OUT, follow_redirects=False)
    assert answer.status_code == 303
    assert COOKIE not in house.client.cookies
    assert house.client.get("/catalog", follow_redirects=False).status_code == 303


def test_a_wrong_key_is_told_and_gives_no_cookie(house: House) -> None:
    password = house.sign_in("a password alone")
    assert (password.status_code, "That is no API key." in password.text) == (401, True)
    answer = house.sign_in("lk_000000000000_" + "x" * 43)
    assert answer.status_code == 401
    assert "not good" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/catalog/../x\nSet-Cookie: a", "/catalogue"],
)
def test_signing_in_leads_nowhere_else(house: House, elsewhere: str) -> None:
    assert house.sign_in(house.key, next=elsewhere).headers["location"] == address.CATALOG


def test_forms_of_other_sites_are_not_taken(house: House) -> None:
    data = {"secret": house.key}
    answer = house.client.post(address.SIGN_IN, data=data, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_part_of_a_page_sends_its_whole_page_to_sign_in(house: House) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://x/catalog/changes"}
    answer = house.client.get("/catalog?q=a", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/catalog/sign-in?next=%2Fcatalog%2Fchanges"


def test_a_key_in_the_header_does_as_well(house: House) -> None:
    assert house.client.get("/catalog", headers={"Authorization": f"Bearer {house.key}"}).status_code == 200


def test_the_cookie_opens_pages_and_nothing_else(house: House) -> None:
    house.sign_in(house.key)
    assert house.client.get("/subjects", headers={"Accept": "application/json"}).status_code == 401


def test_requests_of_pages_are_counted_and_numbered(house: House) -> None:
    def counted(route: str, status: int) -> float:
        labels = {"route": route, "status": str(status)}
        return REGISTRY.get_sample_value("lineal_requests_total", labels) or 0.0

    route = "GET /catalog/subjects/{name}"
    before, turned = counted(route, 200), counted("unmatched", 303)
    headers = {"Authorization": f"Bearer {house.key}", "X-Request-ID": "mine"}
    page = house.client.get(address.subject("orders.A"), headers=headers)
    assert (page.status_code, page.headers["x-request-id"]) == (200, "mine")
    assert counted(route, 200) == before + 1
    away = house.client.get(address.subject("orders.A"), follow_redirects=False)
    assert away.headers["x-request-id"] != "mine"
    assert counted("unmatched", 303) == turned + 1


def hashing() -> int:
    """How many threads look at a password."""
    at_work = 0
    for frame in sys._current_frames().values():
        while frame is not None and frame.f_code is not passwords.matches.__code__:
            frame = frame.f_back  # type: ignore[assignment]
        at_work += frame is not None
    return at_work


def test_many_who_sign_in_wait_for_each_other_and_nobody_else_does(house: House) -> None:
    """Looking at a password takes a tenth of a second and 32 MiB: a flood of them must not take every thread."""
    over, most = threading.Event(), 0

    def watch() -> None:
        nonlocal most
        while not over.wait(0.002):
            most = max(most, hashing())

    watching = threading.Thread(target=watch)
    watching.start()
    with ThreadPoolExecutor(4 * PASSWORDS_AT_ONCE) as pool:
        sent = [pool.submit(house.sign_in, "a guess", user=f"user{number}") for number in range(4 * PASSWORDS_AT_ONCE)]
    over.set()
    watching.join()
    assert {each.result().status_code for each in sent} == {401}
    assert 1 <= most <= PASSWORDS_AT_ONCE
