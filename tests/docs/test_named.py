"""What pages name without running it exists: settings, commands with their options, files of settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from registry.cli.application import application
from registry.settings import PREFIX, load

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "upcasters" / "README.md", *(ROOT / "docs").rglob("*.md")])
SETTINGS = {f"{PREFIX}{name.upper()}" for name in load({}).__struct_fields__}
OF_COMMANDS = {"BUNDLE", "CLIENT_CERT", "CLIENT_KEY", "PASSWORD", "REGISTRY", "TOKEN"}
"""Read by the command line and the clients, not by the server."""


def shown() -> Iterator[tuple[str, str]]:
    """(page, command line) of what pages show for a terminal but no test runs."""
    for page in PAGES:
        for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^\$ (.*)$", block.replace("\\\n", " "), re.MULTILINE):
                yield str(page.relative_to(ROOT)), line


def words_for_lineal(line: str) -> list[str] | None:
    """The words after the last ``lineal`` that stands where a command stands; None where there is none."""
    words = shlex.split(line.replace("…", "0"), comments=True)
    for at in range(len(words) - 1, -1, -1):
        before = words[at - 1] if at else ""
        if words[at].rpartition("/")[2] == "lineal" and (before in {"", "lineal"} or "=" in before):
            rest = words[at + 1 :]
            return rest[: next((n for n, word in enumerate(rest) if word in {"|", ">", "&&"}), len(rest))]
    return None


COMMANDS = [(page, line) for page, line in shown() if words_for_lineal(line)]


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[line[:60] for _, line in COMMANDS])
def test_a_command_that_is_shown_exists_with_its_options(page: str, line: str) -> None:
    words, command, context = words_for_lineal(line) or [], application, click.Context(application)
    while isinstance(command, click.Group) and not words[0].startswith("-"):
        _, found, words = command.resolve_command(context, words)
        assert found is not None, page
        command = found  # type: ignore[assignment]
    try:
        command.make_context("lineal", words)
    except click.exceptions.Exit:
        pass  # --help
    except click.BadParameter as error:
        if "does not exist" not in error.message:  # as a file of the reader's does
            pytest.fail(f"{page}: {line}: {error.message}")


def test_commands_that_are_shown_are_found() -> None:
    assert words_for_lineal("A=1 .venv/bin/lineal serve --port 1 > log") == ["serve", "--port", "1"]
    assert words_for_lineal("podman compose exec lineal lineal key create ops") == ["key", "create", "ops"]
    assert words_for_lineal("systemctl stop lineal") is None
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b(?!_)", page.read_text("utf-8")))
    secrets = {name for name in named if name.startswith(f"{PREFIX}EXPORTER_")}  # called as people like
    assert named <= SETTINGS | secrets | {PREFIX + name for name in OF_COMMANDS}


@pytest.mark.parametrize("name", ["control-access", "use-tls"])
def test_a_file_of_settings_that_is_shown_is_one(name: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / f"{name}.md").read_text("utf-8")
    files = re.findall(r'^```toml title="settings.toml"\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    assert files
    for file in files:
        (tmp_path / "settings.toml").write_text(file)
        assert load({}, file=tmp_path / "settings.toml").access == "on"


def test_the_hooks_are_those_that_the_page_names() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    page = (ROOT / "docs" / "how-to" / "gate-changes-in-ci.md").read_text("utf-8")
    [shown_there] = re.findall(r"^```yaml\n(# \.pre-commit-config\.yaml\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    named = {hook["id"] for hook in yaml.safe_load(shown_there)["repos"][0]["hooks"]}
    assert named == {hook["id"] for hook in hooks}
