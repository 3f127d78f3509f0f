"""``lineal rebuild``."""

from __future__ import annotations

import click

from registry.cli.console import Console
from registry.cli.store import database_option, entries, opened, settings_of


@click.command(
    epilog="""\b
Example:
  lineal rebuild --database sqlite:///var/lineal.db
"""
)
@database_option
@click.pass_obj
def command(console: Console, database: str | None) -> None:
    """Drop everything that is derived from the log and replay it. One transaction: all of it or nothing."""
    with opened(settings_of(database), existing=True) as registry, entries(console, "rebuild") as progress:
        count = registry.upkeep.rebuild(progress)
    console.report(f"rebuilt from {count:,} entries of the log")
