"""The documentation runs.

A page is a sequence of fenced blocks: a block with ``title="FILE"`` is written to that file, an ``sh`` or ``python``
block is run in the page's own folder, and a ``text`` block right after one is what it must have printed (``…`` stands
for anything, lines may be left out between the shown ones). ``<!-- exits N -->`` before a block says how it ends.
A page with ``server: demo`` in its front matter runs beside a server that was told the demo.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node import ROOT, WITH_PAGES, running

BIN = Path(sys.executable).parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
DEFAULT_ADDRESS = "127.0.0.1:8081"
BLOCK = re.compile(
    r"(?:<!-- exits (?P<exit>\d+) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<body>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    title: str | None
    body: str
    exit: int
    line: int


def blocks(text: str) -> Iterator[Block]:
    for match in BLOCK.finditer(text):
        indent = match["indent"]
        body = re.sub(rf"^{indent}", "", match["body"], flags=re.MULTILINE)
        line = text.count("\n", 0, match.start("language")) + 1
        yield Block(match["language"], match["title"], body, int(match["exit"] or 0), line)


def runs(page: Path) -> bool:
    return any(block.language in {"sh", "python"} for block in blocks(page.read_text("utf-8")))


def shown_in_order(expected: str, printed: str) -> str | None:
    """The first expected line that the output does not show, in order; None if all are there."""
    rest = iter(printed.splitlines())
    for line in (line.rstrip() for line in expected.splitlines()):
        if line in {"", "…"}:
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        if not any(pattern.fullmatch(got.rstrip()) for got in rest):
            return line
    return None


def run_page(page: Path, folder: Path, address: str) -> None:
    printed: str | None = None
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "LINEAL_REGISTRY": f"http://{address}",
    }
    for block in blocks(page.read_text("utf-8").replace(DEFAULT_ADDRESS, address)):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if block.title:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.body, "utf-8")
            continue
        if block.language == "text":
            if printed is not None:
                missing = shown_in_order(block.body, printed)
                assert missing is None, f"{where}: not printed: {missing!r}\n--- printed:\n{printed}"
            continue
        if block.language not in {"sh", "python"}:
            printed = None
            continue
        command = (
            ["bash", "-euo", "pipefail", "-c", block.body]
            if block.language == "sh"
            else [sys.executable, "-c", block.body]
        )
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        printed = done.stdout + done.stderr
        assert "Traceback" not in printed, f"{where}: a reader would see\n{printed}"
        assert done.returncode == block.exit, (
            f"{where}: exit {done.returncode}, not {block.exit}\n--- printed:\n{printed}"
        )


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if runs(page)])
def test_every_example_of_the_page_runs(page: Path, tmp_path: Path, told: Path) -> None:
    text = page.read_text("utf-8")
    if shutil.which("bash") is None:
        pytest.skip("the examples are written for bash")
    if "server: demo" in text[:200]:  # front matter, or a comment where a page is shown without its front matter
        (tmp_path / "server").mkdir()
        (tmp_path / "page").mkdir()
        copy = shutil.copy(told, tmp_path / "server")
        with running(f"sqlite:///{copy}", tmp_path / "server", WITH_PAGES) as url:
            run_page(page, tmp_path / "page", url.removeprefix("http://"))
    else:
        run_page(page, tmp_path, DEFAULT_ADDRESS)


def test_the_harness_notices_a_line_that_is_not_printed() -> None:
    assert shown_in_order("one\n…\nthree …", "zero\none\ntwo\nthree 3\n") is None
    assert shown_in_order("two\none", "one\ntwo\n") == "one"
