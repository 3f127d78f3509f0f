"""``lineal export``."""

from __future__ import annotations

from pathlib import Path

import click

from compat.gate.errors import Misconfigured
from registry import archive
from registry.cli.console import Console
from registry.cli.store import database_option, entries, opened, settings_of


@click.command(
    epilog="""\b
Examples:
  lineal export backup.lineal.gz
  lineal export backup.lineal.gz --database postgresql://lineal@db/lineal
"""
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@database_option
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.pass_obj
def command(console: Console, file: Path, database: str | None, *, force: bool) -> None:
    """Write the whole registry to one file: its log, compressed, with a checksum. The server may go on meanwhile.

    `lineal import FILE` makes the same registry from it: ids, versions, deletions, settings, times, actors.
    """
    if file.exists() and not force:
        raise Misconfigured(f"{file} is there already: choose another name, or --force to replace it")
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with (
            opened(settings_of(database), existing=True) as registry,
            entries(console, "export") as progress,
            unfinished.open("wb") as target,
        ):
            for piece in registry.transfer.export(progress):
                target.write(piece)
        position = archive.header(unfinished).position  # not the end of the log, which may have moved on
        unfinished.replace(file)
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be written: {cause.strerror}") from cause
    finally:
        unfinished.unlink(missing_ok=True)
    console.report(f"exported {position:,} entries of the log to {file} ({file.stat().st_size:,} bytes)")
