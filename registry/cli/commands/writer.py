"""``lineal writer declare | withdraw``."""

from __future__ import annotations

from typing import Any, Final

import click

from compat.gate.errors import Misconfigured
from registry.cli import contracts
from registry.cli.console import Console
from registry.cli.contracts import build_options, owner_option
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_EXAMPLES: Final = """\b
Examples:
  lineal writer declare orders.OrderPlaced --app checkout --version 5.0 --writes 5
  lineal writer withdraw orders.OrderPlaced --app checkout --version 5.0

\b
Say where it is live with `lineal deploy record`.
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Declare which versions of a subject an application writes."""


@command.command(
    epilog="""\b
Example:
  lineal writer declare orders.OrderPlaced --app checkout --version 5.0 --writes 4,5
"""
)
@click.argument("subject")
@build_options
@click.option("--writes", default="latest", show_default=True, metavar="N,…", help="The versions it writes.")
@owner_option
@click.pass_obj
@project_options
def declare(
    project: Project, console: Console, subject: str, application: str, build: str, writes: str, owner: str | None
) -> None:
    """Declare which versions of SUBJECT a version of an application writes."""
    with Remote(project.configuration.registry) as remote:
        numbers = [_number(remote, subject, one.strip()) for one in writes.split(",")]
        body: dict[str, Any] = {"application": application, "build": build, "versions": numbers}
        declared = contracts.declare_writer(remote, subject, body | ({"owner": owner} if owner else {}))
    versions = ", ".join(map(str, declared.versions))
    console.report(f"{declared.application} {declared.build} writes {declared.subject}: version {versions}")


@command.command(
    epilog="""\b
Example:
  lineal writer withdraw orders.OrderPlaced --app checkout --version 4.2
"""
)
@click.argument("subject")
@build_options
@click.pass_obj
@project_options
def withdraw(project: Project, console: Console, subject: str, application: str, build: str) -> None:
    """Say that a version of an application does not write SUBJECT after all; the declaration stays in the log."""
    with Remote(project.configuration.registry) as remote:
        contracts.withdraw(remote, "writers", subject, application, build)
    console.report(f"{application} {build} writes {subject} no more")


def _number(remote: Remote, subject: str, written: str) -> int:
    if written == "latest":
        return remote.version(subject, written).version
    if not written.isdecimal():
        raise Misconfigured(f"--writes {written}: write version numbers separated by commas, or latest")
    return int(written)
