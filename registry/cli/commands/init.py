"""``lineal init``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import click

from compat.gate import configuration as settings
from compat.gate.configuration import Configuration
from compat.gate.errors import Misconfigured
from compat.gate.mapping import subjects
from compat.gate.tree import FolderTree
from registry.cli.console import Console

_EXAMPLE: Final = Path("events/order-placed.avsc")


@click.command(
    epilog="""\b
Examples:
  lineal init
  lineal init --ci github > .github/workflows/schemas.yml
"""
)
@click.option("--ci", type=click.Choice(["github", "gitlab"]), help="Only print a CI job that runs the gate.")
@click.pass_obj
def command(console: Console, ci: str | None) -> None:
    """Write lineal.toml for the schema files in this folder, with an example if there are none."""
    if ci:
        console.report(_template(f"{ci}.yml"))
        return
    file = Path(settings.FILE_NAME)
    if file.exists():
        raise Misconfigured(f"{file} is already here: edit it, or remove it first")
    if not _has_schemas(Path.cwd()):
        _EXAMPLE.parent.mkdir(exist_ok=True)
        _EXAMPLE.write_text(_template("order-placed.avsc"), encoding="utf-8")
        console.report(f"written: {_EXAMPLE} (an example)")
    file.write_text(_template("lineal.toml"), encoding="utf-8")
    console.report(f"written: {file}")
    console.report("\nNext:\n  lineal check --list     see which file is which subject")
    console.report("  lineal lint             parse them all")
    console.report("  git commit, change a schema, then: lineal check --against git:HEAD")


def _has_schemas(folder: Path) -> bool:
    try:
        return bool(subjects(FolderTree(folder), Configuration()))
    except Misconfigured:  # files of one name are schemas, too; lineal.toml is where they get names of their own
        return True


def _template(name: str) -> str:
    return resources.files("registry.cli").joinpath("templates", name).read_text(encoding="utf-8")
