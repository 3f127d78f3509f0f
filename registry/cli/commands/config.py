"""``lineal config show | set | remove``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

import click

from compat.criteria import FORMAT_MODES, PROFILES
from compat.level import Level
from registry.cli.console import Console
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote

_MEMBERS: Final = ("compatibility", "profile", "jsonFormats", "compatibilityPolicy", "ruleOverrides")
_POLICIES: Final = ("STRICT", "LENIENT", "UPCASTABLE")

_EXAMPLES: Final = """\b
Examples:
  lineal config show orders.OrderPlaced
  lineal config set --compatibility FULL_TRANSITIVE
  lineal config set :.bank: --json-formats assertion --rule lossy=block
  lineal config set orders.OrderPlaced --clear profile
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """What is in force for a SCOPE, and what is set there.

    A SCOPE is a subject, a context written as :.name:, or :.__GLOBAL: for every context; without one it is the default
    context. Any registry knows the level; the rest is lineal's own.
    """


_scope = click.argument("scope", required=False, default="")


@command.command()
@_scope
@click.pass_obj
@project_options
def show(project: Project, console: Console, scope: str) -> None:
    """What is in force, and what of it is set for the SCOPE itself."""
    with Remote(project.configuration.registry) as remote:
        own = remote.own("config", scope, dict[str, Any]) or {}
        in_force = remote.get(f"{_path(scope)}?defaultToGlobal=true", dict[str, Any])
        here = own if scope else {}  # what the root answers is what is in force there
    for name, value in sorted((own | in_force).items()):
        console.report("\t".join((name, _said(value), *(("set here",) if here.get(name) is not None else ()))))


@command.command("set", epilog="\b\nExample:\n  lineal config set orders.OrderPlaced --json-formats annotation\n")
@_scope
@click.option("--compatibility", type=click.Choice(list(Level.__members__), case_sensitive=False), help="The level.")
@click.option("--profile", type=click.Choice(PROFILES), help="Whose rules decide.")
@click.option("--json-formats", type=click.Choice(FORMAT_MODES), help="What `format` means in JSON Schemas.")
@click.option("--policy", type=click.Choice(_POLICIES), help="UPCASTABLE lets in what a proven upcaster comes with.")
@click.option(
    "--rule", "rules", multiple=True, metavar="RULE=ACTION",
    help="Block, warn, allow or ignore what a rule finds (repeatable).",
)  # fmt: skip
@click.option("--clear", multiple=True, type=click.Choice(_MEMBERS), help="No longer set this here (repeatable).")
@click.pass_obj
@project_options
def set_(
    project: Project,
    console: Console,
    scope: str,
    *,
    compatibility: str | None,
    profile: str | None,
    json_formats: str | None,
    policy: str | None,
    rules: tuple[str, ...],
    clear: tuple[str, ...],
) -> None:
    """Set what is given for the SCOPE; the rest stays."""
    given = {
        "compatibility": compatibility,
        "profile": profile,
        "jsonFormats": json_formats,
        "compatibilityPolicy": policy,
        "ruleOverrides": _actions(rules) or None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if both := sorted(set(changes) & set(clear)):
        raise click.UsageError(f"{both[0]} is to be set and cleared: choose one")
    if not changes and not clear:
        raise click.UsageError("nothing is to change: give --compatibility, --profile, --json-formats, …, or --clear")
    with Remote(project.configuration.registry) as remote:
        if rules:
            own = remote.own("config", scope, dict[str, Any]) or {}
            changes["ruleOverrides"] = (own.get("ruleOverrides") or {}) | _actions(rules)
        done = remote.put(_path(scope), changes | dict.fromkeys(clear), dict[str, Any])
    for name, value in sorted(done.items()):
        if value is not None:
            console.report(f"{name}\t{_said(value)}")


@command.command()
@_scope
@click.pass_obj
@project_options
def remove(project: Project, console: Console, scope: str) -> None:
    """Take away everything that is set for the SCOPE; it inherits again."""
    with Remote(project.configuration.registry) as remote:
        remote.delete(_path(scope), Any)
    console.note(f"nothing is set for {scope or 'the default context'} any more")


def _path(scope: str) -> str:
    return f"/config/{quote(scope, safe='')}" if scope else "/config"


def _actions(rules: Iterable[str]) -> dict[str, str]:
    """Raises click.UsageError."""
    found = {}
    for each in rules:
        rule, separator, action = each.partition("=")
        if not (rule and separator and action):
            raise click.UsageError(f"--rule {each} does not say what is done about it: write lossy=block")
        found[rule] = action
    return found


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={one}" for name, one in sorted(value.items()))
    return str(value).lower() if isinstance(value, bool) else str(value)
