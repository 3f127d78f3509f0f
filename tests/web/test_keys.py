"""The page of keys and roles: what admins of everything make and take away there, and that nobody else gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from registry.access.roles import grant
from registry.service import Registry
from registry.settings import Settings
from web import address
from web.app import create_app

KEY = re.compile(r'id="secret">(lk_[\w-]+)<')
Client = TestClient[ASGIApp]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}", access="on", access_admins="root")


@pytest.fixture
def keys(settings: Settings) -> dict[str, str]:
    """Of an admin of everything, and of an admin of some subjects."""
    registry = Registry.open(settings)
    registry.permissions.give(grant("some", "admin", ".", "orders."))
    made = {name: registry.permissions.create_key(name).text for name in ("root", "some")}
    registry.close()
    return made


@pytest.fixture
def browser(settings: Settings, keys: dict[str, str]) -> Iterator[Client]:
    with TestClient(create_app(settings)) as client:
        client.headers["Accept"] = "text/html"
        client.headers["Authorization"] = f"Bearer {keys['root']}"
        yield client


def whoami(browser: Client, key: str) -> int:
    return browser.get("/api/v1/whoami", headers={"Authorization": f"Bearer {key}", "Accept": "*/*"}).status_code


def test_a_key_is_made_shown_once_and_revoked(browser: Client) -> None:
    form = {"principal": "ci", "label": "the pipeline of orders", "days": "30"}
    made = browser.post(f"{address.ACCESS}/keys", data=form)
    found = KEY.search(made.text)
    assert found
    assert made.headers["cache-control"].endswith("no-store")
    assert whoami(browser, found[1]) == 200
    page = browser.get(address.ACCESS).text
    assert "the pipeline of orders" in page
    assert found[1] not in page
    key_id = found[1].split("_")[1]
    assert browser.post(f"{address.ACCESS}/keys/{key_id}/revoke", follow_redirects=False).status_code == 303
    assert whoami(browser, found[1]) == 401
    assert "1 key revoked or expired" in browser.get(address.ACCESS).text
    assert browser.post(f"{address.ACCESS}/keys/{key_id}/revoke").status_code == 404
    changes = browser.get(address.changes(what="access")).text
    assert "API key of ci revoked" in changes
    assert "__GLOBAL" not in changes, "a key is about no subject and no context"


def test_a_role_is_given_and_withdrawn(browser: Client) -> None:
    form = {"grantee": "ci", "role": "developer", "context": ".", "prefix": "orders."}
    assert browser.post(f"{address.ACCESS}/roles", data=form, follow_redirects=False).status_code == 303
    page = browser.get(address.ACCESS).text
    assert "Withdraw: ci, developer over subjects that begin with orders. in the default context" in page
    assert "in the server&#39;s settings" in page or "in the server's settings" in page, "root's stands there"
    browser.post(f"{address.ACCESS}/roles/withdraw", data=form)
    assert "Withdraw: ci" not in browser.get(address.ACCESS).text


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("keys", {"principal": "ci", "label": "x", "days": "soon"}, "whole number"),
        ("keys", {"principal": "ci", "label": "x", "days": "0"}, "whole number"),
        ("keys", {"principal": "", "label": "kept words", "days": ""}, "no principal"),
        ("roles", {"grantee": "ci", "role": "king", "context": "*", "prefix": "kept."}, "is no role"),
        ("roles", {"grantee": "ci", "role": "reader", "context": "*", "prefix": "kept*"}, "without stars"),
    ],
)
def test_a_form_that_cannot_be_served_comes_back(browser: Client, path: str, form: dict[str, str], said: str) -> None:
    answer = browser.post(f"{address.ACCESS}/{path}", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(f'value="{value}"' in answer.text for value in form.values() if value.startswith("kept"))


@pytest.mark.parametrize("who", ["some", ""])
def test_only_admins_of_everything_get_in(browser: Client, keys: dict[str, str], who: str) -> None:
    del browser.headers["Authorization"]
    if who:
        browser.headers["Authorization"] = f"Bearer {keys[who]}"
    expected = 403 if who else 303
    page = browser.get(address.ACCESS, follow_redirects=False)
    assert page.status_code == expected
    assert not who or "You are some. This needs the role admin over the whole registry" in page.text
    for path, form in (
        ("keys", {"principal": "root", "days": ""}),
        ("roles", {"grantee": "some", "role": "admin", "context": "*"}),
        ("roles/withdraw", {"grantee": "some", "role": "admin", "context": ".", "prefix": "orders."}),
        (f"keys/{keys['root'].split('_')[1]}/revoke", {}),
    ):
        answer = browser.post(f"{address.ACCESS}/{path}", data=form, follow_redirects=False)
        assert answer.status_code == expected, path
        assert KEY.search(answer.text) is None
    assert whoami(browser, keys["root"]) == 200
    assert f'href="{address.ACCESS}"' not in browser.get(address.settings(), follow_redirects=False).text


def test_without_access_control_the_page_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(database=f"sqlite:///{tmp_path / 'open.db'}"))) as browser:
        assert "everybody may do everything" in browser.get(address.ACCESS).text
