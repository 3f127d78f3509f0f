"""``lineal settings`` prints a file that can be edited and read back."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from registry.cli import run
from registry.settings import PREFIX, Settings, load


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["settings"]) == 0
    return capsys.readouterr().out


def test_every_setting_is_printed_with_its_variable_and_meaning(printed: str) -> None:
    blocks = {block.splitlines()[0].removeprefix("# "): block for block in printed.split("\n\n")[1:]}
    assert list(blocks) == [f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__]
    for block in blocks.values():
        assert len(block.splitlines()) > 2, f"says nothing of what it means: {block}"


def test_what_is_commented_out_is_the_default(printed: str, tmp_path: Path) -> None:
    names = "|".join(Settings.__struct_fields__)
    uncommented = re.sub(rf"^# ((?:{names}) = .*)$", r"\1", printed, flags=re.MULTILINE)
    assert len(tomllib.loads(uncommented)) == len(Settings.__struct_fields__)
    file = tmp_path / "lineal.toml"
    file.write_text(uncommented, "utf-8")
    assert load({}, file=file) == Settings()
    file.write_text(printed, "utf-8")
    assert load({}, file=file) == Settings()


def test_the_environment_says_the_same_as_the_file(tmp_path: Path) -> None:
    given = {"access": "on", "rate_per_second": 2.5, "metrics": "protected", "log": "json", "session_secure": True}
    file = tmp_path / "lineal.toml"
    file.write_text(
        "\n".join(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in given.items()), "utf-8"
    )
    variables = {f"{PREFIX}{name.upper()}": str(value).lower() for name, value in given.items()}
    assert load(variables) == load({}, file=file)
