"""``lineal reader declare | matrix | withdraw``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from compat.gate.configuration import SUFFIXES
from compat.gate.errors import Misconfigured
from registry.cli import contracts
from registry.cli.console import Console
from registry.cli.contracts import Cell, Matrix, Row, build_options, owner_option
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_EXAMPLES: Final = """\b
Examples:
  lineal reader declare orders.OrderPlaced --app billing --version 3.2 --fields "order_id,total.amount,email?"
  lineal reader declare orders.OrderPlaced --app audit --version 1.0 --schema reader.avsc
  lineal reader declare orders.OrderPlaced --app fraud --version 2.1 --versions 4-5
  lineal reader matrix orders.OrderPlaced --env prod

\b
A reader is what one version of an application needs of a subject. Say where it is live with `lineal deploy record`.
"""

_LOOKS: Final = {"direct": "good", "upcaster": "info", "broken": "error", "unknown": "warning"}
_WORDS: Final = {"direct": "direct", "upcaster": "upcaster", "broken": "BROKEN", "unknown": "unknown"}


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Declare what an application reads, and see which versions it can read."""


@command.command(
    epilog="""\b
Examples:
  lineal reader declare orders.OrderPlaced --app billing --version 3.2 --fields "order_id,total.amount,email?"
  lineal reader declare orders.OrderPlaced --app fraud --version 2.1 --versions 4-5
"""
)
@click.argument("subject")
@build_options
@click.option(
    "--fields", metavar="LIST", help="Names joined by dots, separated by commas; ? after one that may be missing."
)
@click.option(
    "--schema", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The schema it decodes with."
)
@click.option("--versions", metavar="N[-M]", help="The versions it has code for.")
@owner_option
@click.pass_obj
@project_options
def declare(
    project: Project,
    console: Console,
    subject: str,
    application: str,
    build: str,
    fields: str | None,
    schema: Path | None,
    versions: str | None,
    owner: str | None,
) -> None:
    """Declare what a version of an application reads of SUBJECT, in one of three ways.

    The fields it needs, a whole schema, or the versions it was written for. A field that no version has is refused.
    The answer says at once how it reads each version.
    """
    body: dict[str, Any] = {"application": application, "build": build} | ({"owner": owner} if owner else {})
    if sum(given is not None for given in (fields, schema, versions)) != 1:
        raise Misconfigured("say what is read with exactly one of --fields, --schema and --versions")
    if fields is not None:
        body["fields"] = [field.strip() for field in fields.split(",")]
    elif schema is not None:
        body["schema"] = _schema(schema)
    else:
        body["versions"] = _range(versions or "")
    with Remote(project.configuration.registry) as remote:
        declared = contracts.declare_reader(remote, subject, body)
        found = contracts.matrix(remote, subject, None)
    console.report(f"{declared.application} {declared.build} reads {declared.subject}: {declared.need.words}")
    rows = [row for row in found.readers if (row.application, row.build) == (application, build)]
    for line in _lines(console, found, rows):
        console.report(line)


@command.command(
    epilog="""\b
Example:
  lineal reader matrix orders.OrderPlaced --env prod
"""
)
@click.argument("subject")
@click.option("--env", "environment", metavar="NAME", help="Only the readers that are live there.")
@click.pass_obj
@project_options
def matrix(project: Project, console: Console, subject: str, environment: str | None) -> None:
    """How every reader of SUBJECT reads every version: directly, through upcasters, not, or unknown."""
    with Remote(project.configuration.registry) as remote:
        found = contracts.matrix(remote, subject, environment)
    if not found.readers:
        where = f" that is live in {environment}" if environment else ""
        console.report(f"{found.subject} has no declared reader{where}")
    for line in _lines(console, found, found.readers):
        console.report(line)


@command.command(
    epilog="""\b
Example:
  lineal reader withdraw orders.OrderPlaced --app billing --version 3.1
"""
)
@click.argument("subject")
@build_options
@click.pass_obj
@project_options
def withdraw(project: Project, console: Console, subject: str, application: str, build: str) -> None:
    """Say that a version of an application does not read SUBJECT after all; the declaration stays in the log."""
    with Remote(project.configuration.registry) as remote:
        contracts.withdraw(remote, "readers", subject, application, build)
    console.report(f"{application} {build} reads {subject} no more")


def _schema(file: Path) -> dict[str, str]:
    if file.suffix not in SUFFIXES:
        raise Misconfigured(f"--schema {file}: the name tells the format, so it ends in {', '.join(SUFFIXES)}")
    try:
        return {"schema": file.read_text(encoding="utf-8-sig"), "schemaType": SUFFIXES[file.suffix].value}
    except UnicodeDecodeError as cause:
        raise Misconfigured(f"--schema {file} is not UTF-8 text (byte {cause.start})") from cause


def _range(written: str) -> dict[str, int]:
    first, dash, last = written.partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        raise Misconfigured(f"--versions {written}: write one version or a range, such as 3 or 2-4")
    return {"first": int(first), "last": int(last or first)}


def _lines(console: Console, found: Matrix, rows: Sequence[Row]) -> Iterator[str]:
    """A line per reader, then a line per version that it does not read."""
    names = max((len(f"{row.application} {row.build}") for row in rows), default=0)
    if rows:
        yield console.paint("dim", f"{'':<{names}}  " + "  ".join(f"v{number:<7}" for number in found.versions))
    for row in rows:
        where = f"  live in {', '.join(row.environments)}" if row.environments else ""
        cells = "  ".join(console.paint(_LOOKS[cell.way], f"{_WORDS[cell.way]:<8}") for cell in row.cells)
        yield f"{f'{row.application} {row.build}':<{names}}  {cells}{console.paint('dim', where)}"
    for row in rows:
        failing = [cell for cell in row.cells if cell.way in {"broken", "unknown"}]
        yield from (f"  {row.application} {row.build}, v{cell.version}: {reason(cell)}" for cell in failing)


def reason(cell: Cell) -> str:
    """The first obstacle in words."""
    for obstacle in cell.obstacles:
        return f"{obstacle['rule']}: {obstacle['message']}"
    return "what it was written for is gone"
