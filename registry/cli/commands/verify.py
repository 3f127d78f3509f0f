"""``lineal verify``."""

from __future__ import annotations

import click

from registry.cli.console import Console
from registry.cli.store import database_option, entries, opened, settings_of


@click.command(
    epilog="""\b
Example:
  lineal verify --database sqlite:///var/lineal.db

\b
Exit codes: 0 all is well · 1 something deviates, `lineal rebuild` makes it anew · 3 the database cannot be used.
"""
)
@database_option
@click.pass_obj
def command(console: Console, database: str | None) -> int:
    """Prove that what the registry serves is what its log says: replay the log and compare every row."""
    with opened(settings_of(database), existing=True) as registry, entries(console, "verify") as progress:
        position = registry.catalog.position()
        deviations = registry.upkeep.verify(progress)
    for deviation in deviations:
        console.report(f"{console.paint('error', deviation.table)} {deviation.key}")
        console.report(f"    kept      {deviation.kept or 'nothing'}")
        console.report(f"    replayed  {deviation.replayed or 'nothing'}")
    if deviations:
        console.report(f"{len(deviations)} rows deviate from the log: `lineal rebuild` makes them anew from it")
        return 1
    console.report(f"{console.paint('good', 'pass')}: every row is what the {position:,} entries of the log say")
    return 0
