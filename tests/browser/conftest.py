"""A real server over a small real registry, and a real Chromium that watches for errors."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

from tests.node import WITH_PAGES, running

CHROMIUM = next(
    (found for name in ("chromium-headless-shell", "chromium", "chromium-browser") if (found := shutil.which(name))),
    None,
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
]

NOT_FOUND = 404
PATIENCE = 30_000
"""Milliseconds for what takes a few, on a machine that has nothing else to do."""
Open = Callable[..., Page]
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="session")
def server(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of lineal, told the demo's story."""
    folder = tmp_path_factory.mktemp("browser")
    with running(f"sqlite:///{shutil.copy(told, folder)}", folder, WITH_PAGES) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for these tests, and no longer: its event loop would be in the way of the tests that come after."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium-headless-shell (or chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, server: str) -> Iterator[Open]:
    """Opens a page; at the end of the test nothing may have complained and nothing foreign been asked for."""
    complaints: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"console {message.type}: {message.text}")

    def answered(response: Response) -> None:
        if not response.url.startswith((server, "data:")):
            complaints.append(f"asked a foreign server: {response.url}")
        if response.status >= 500:
            complaints.append(f"{response.status} for {response.url}")

    def open_(
        path: str, *, scheme: Scheme = "light", width: int = 1280, scripts: bool = True, status: int = 200
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("response", answered)
        answer = page.goto(f"{server}{path}")
        assert answer is not None
        assert answer.status == status, path
        if status == NOT_FOUND:  # which the browser reports as an error of its own
            complaints[:] = [one for one in complaints if "status of 404" not in one]
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
