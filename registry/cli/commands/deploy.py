"""``lineal deploy record | end | list``."""

from __future__ import annotations

from typing import Final

import click

from registry.cli import contracts
from registry.cli.console import Console
from registry.cli.contracts import build_options
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_EXAMPLES: Final = """\b
Examples:
  lineal deploy record --app billing --version 3.2 --env prod
  lineal deploy record --app shop-app --version 2.0 --env prod --released
  lineal deploy list --env prod
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Say which version of an application is live in which environment."""


@command.command(
    epilog="""\b
Examples:
  lineal deploy record --app billing --version 3.2 --env prod
  lineal deploy record --app shop-app --version 2.0 --env prod --released
"""
)
@build_options
@click.option("--env", "environment", required=True, metavar="NAME", help="Where it is live.")
@click.option("--released", is_flag=True, help="It lives beside older versions, as an app on phones does.")
@click.pass_obj
@project_options
def record(
    project: Project, console: Console, application: str, build: str, environment: str, *, released: bool
) -> None:
    """Record that a version of an application is live. It takes the place of the one deployed there before."""
    mode = "released" if released else "deployed"
    body = {"application": application, "build": build, "environment": environment, "mode": mode}
    with Remote(project.configuration.registry) as remote:
        done = contracts.record(remote, body)
    console.report(f"{done.application} {done.build} is live in {done.environment} ({done.mode})")


@command.command(
    epilog="""\b
Example:
  lineal deploy end --app shop-app --version 1.0 --env prod
"""
)
@build_options
@click.option("--env", "environment", required=True, metavar="NAME", help="Where it was live.")
@click.pass_obj
@project_options
def end(project: Project, console: Console, application: str, build: str, environment: str) -> None:
    """Record that a version of an application is not live any more."""
    with Remote(project.configuration.registry) as remote:
        done = contracts.end(remote, application, build, environment)
    console.report(f"{done.application} {done.build} is not live in {done.environment} any more")


@command.command(
    "list",
    epilog="""\b
Example:
  lineal deploy list --env prod
""",
)
@click.option("--env", "environment", metavar="NAME", help="Only this environment.")
@click.pass_obj
@project_options
def listing(project: Project, console: Console, environment: str | None) -> None:
    """What is live where."""
    with Remote(project.configuration.registry) as remote:
        found = contracts.deployments(remote, environment)
    for one in found:
        console.report(f"{one.environment}\t{one.application}\t{one.build}\t{one.mode}\tsince {one.since[:10]}")
    if not found:
        console.note(f"nothing is recorded as live{f' in {environment}' if environment else ''}")
