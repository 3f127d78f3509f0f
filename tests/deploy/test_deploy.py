"""What is deployed names commands, options, paths and settings that exist. No container engine is needed."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from registry.cli.application import application
from registry.http.operating import PATHS
from registry.settings import PREFIX, load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
SETTINGS = {f"{PREFIX}{name.upper()}" for name in load({}).__struct_fields__}


def instructions() -> list[tuple[str, str]]:
    """(instruction, its arguments) in order, without comments."""
    lines = [line.strip() for line in CONTAINERFILE.splitlines()]
    split = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in split]


def parsed(words: list[str]) -> click.Context:
    """A command of ``lineal`` with its options, as the command line itself reads them."""
    name, *options = words
    command = application.get_command(click.Context(application), name)
    assert command is not None, name
    return command.make_context(name, options)


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def test_the_container_starts_a_command_that_exists() -> None:
    given = dict(instructions())
    assert yaml.safe_load(given["ENTRYPOINT"]) == ["lineal"]
    context = parsed(yaml.safe_load(given["CMD"]))
    assert context.params["host"] == "0.0.0.0"  # noqa: S104
    assert str(context.params["port"]) == given["EXPOSE"]


def test_the_container_is_pinned_and_unprivileged() -> None:
    images = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert images
    assert all(re.fullmatch(r"docker\.io/[\w/]+:\d+\.\d+\.\d+[\w.-]*", image) for image in images)
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users == ["10001"]
    assert "--require-hashes" in CONTAINERFILE


def test_the_container_copies_what_is_there() -> None:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            assert [source for source in sources if not (ROOT / source).exists()] == []
    packages = re.findall(r'packages = \["([^\]]+)"\]', (ROOT / "pyproject.toml").read_text("utf-8"))[0].split('", "')
    copied = " ".join(rest for word, rest in instructions() if word == "COPY")
    assert [package for package in packages if package not in copied] == []


def test_every_setting_that_is_named_exists() -> None:
    files = [DEPLOY / name for name in ("Containerfile", "compose.yaml", "lineal.service")]
    named = {
        match for file in files for match in re.findall(r"\b(LINEAL_[A-Z_]+)(?:=|:\s)", file.read_text("utf-8"))
    } - {"LINEAL_DATABASE_PASSWORD"}
    assert named
    assert named <= SETTINGS


def test_the_settings_of_the_compose_file_load() -> None:
    service = compose()["services"]["lineal"]
    settings = load(service["environment"])
    assert settings.access == "on"
    assert service["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_services_that_are_deployed_are_watched_and_kept() -> None:
    whole = compose()
    for service in whole["services"].values():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"
    database = whole["services"]["postgres"]
    assert re.search(r":\d+\.\d+", database["image"])
    assert database["volumes"][0].split(":")[0] in whole["volumes"]
    assert set(database["secrets"]) <= whole["secrets"].keys()


@pytest.mark.parametrize("file", ["Containerfile", "compose.yaml"])
def test_what_is_asked_for_health_answers(file: str) -> None:
    [path] = re.findall(r"http://127\.0\.0\.1:8081(/[\w/]+)", (DEPLOY / file).read_text("utf-8"))
    assert path in PATHS


def test_the_unit_starts_a_command_that_exists(tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "lineal.service")
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "lineal"
    file = tmp_path / "lineal.toml"
    file.touch()
    assert parsed([str(file) if word == "/etc/lineal/lineal.toml" else word for word in words]).params["file"] == file
    assert int(unit["Service"]["TimeoutStopSec"]) > load({}).stop_seconds
