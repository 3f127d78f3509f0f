"""``lineal lint``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import click

from compat.formats import parse
from compat.gate.baselines import OwnHistory
from compat.gate.configuration import level_named
from compat.gate.findings import GateFinding, Report, Spot, Standing, Status, SubjectResult, fingerprint
from compat.gate.judge import Policy, judge
from compat.gate.reports import REPORTS, text
from compat.gate.rules import MISSING_DOCUMENTATION, UNKNOWN_SUBJECT
from compat.outline import Field, Kind, Type
from compat.profile import Weight
from registry.cli.console import Console
from registry.cli.project import Project, project_options

_EXAMPLES: Final = """\b
Examples:
  lineal lint
  lineal lint events/order.avsc --fail-on warning
"""

_SHOWN: Final = 5


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--fail-on",
    type=click.Choice([weight.value for weight in Weight]),
    default=Weight.ERROR.value,
    show_default=True,
    help="The lightest finding that fails the run; fields without documentation are warnings.",
)
@click.option("--report", "form", type=click.Choice(list(REPORTS)), default="text", show_default=True)
@click.pass_obj
@project_options
def command(project: Project, console: Console, paths: tuple[str, ...], fail_on: str, form: str) -> int:
    """Parse every schema file and its references, check the versions kept in folders, and look for documentation.

    Offline: needs no registry and no baseline.
    """
    chosen = project.chosen(paths)
    policy = Policy(level_named(project.configuration.level, "lineal.toml"))
    results = []
    with console.progress("lint", len(chosen)) as step:
        for subject, result in zip(chosen, judge(project.workspace, chosen, OwnHistory(), policy), strict=True):
            results.append(_linted(project, subject.name, result))
            step(f"{result.subject} {results[-1].standing}")
    report = Report(tuple(results), Weight(fail_on))
    console.report(text.render(report, console.paint) if form == "text" else REPORTS[form](report))
    return 1 if report.status is Status.FINDINGS else 0


def _linted(project: Project, name: str, result: SubjectResult) -> SubjectResult:
    """The result without 'this subject is new', with what its documentation lacks."""
    findings = [finding for finding in result.findings if finding.rule is not UNKNOWN_SUBJECT]
    if result.standing is not Standing.INVALID:
        findings += _undocumented(project, name)
    standing = Standing.COMPATIBLE if result.standing is Standing.NEW else result.standing
    return replace(result, findings=tuple(findings), standing=standing)


def _undocumented(project: Project, name: str) -> Iterator[GateFinding]:
    subject = next(subject for subject in project.workspace.subjects if subject.name == name)
    parsed = parse(project.workspace.definition(subject.head))
    fields = list(_fields(parsed.engine.outline(parsed.schema)))
    missing = [path for path, field in fields if not field.doc]
    if not missing:
        return
    shown = ", ".join(missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
    message = f"{len(missing)} of {len(fields)} fields say nothing about themselves: {shown}"
    mark = fingerprint(name, MISSING_DOCUMENTATION.name)
    yield GateFinding(MISSING_DOCUMENTATION, Weight.WARNING, name, message, Spot(subject.head.path), mark)


def _fields(outline: Type) -> Iterator[tuple[str, Field]]:
    """Every field of an outline with its path; an outline is finite, recursion is cut where it was made."""
    pending: list[tuple[str, Type]] = [("", outline)]
    while pending:
        path, type_ = pending.pop()
        if type_.kind is Kind.REPEAT:
            continue
        for field in type_.fields:
            yield f"{path}{field.name}", field
            pending.append((f"{path}{field.name}.", field.type))
        pending += [(path, inner) for inner in (type_.items, *type_.variants) if inner is not None]
