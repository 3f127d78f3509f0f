"""``lineal check``: the gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from compat.criteria import PROFILES
from compat.gate import waivers
from compat.gate.baselines import OwnHistory, TreeBaseline
from compat.gate.configuration import LEVELS, criteria_named, level_named
from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.findings import Report, Status, SubjectResult
from compat.gate.judge import Baseline, Policy, judge, removed
from compat.gate.mapping import Subject, within
from compat.gate.reports import REPORTS, document, text
from compat.gate.tree import FolderTree, GitTree
from compat.profile import Profile, Weight
from registry.cli.console import Console
from registry.cli.project import Project, project_options

_EXAMPLES: Final = """\b
Examples:
  lineal check                                    the folder against what lineal.toml says, else the registry
  lineal check --against git:origin/main          offline, against a branch
  lineal check events/order.avsc --against orders.OrderPlaced@3
  lineal check --against self                     only the versions kept in the folder, each after the one before
  lineal check --env prod                         also: does every reader that is live in prod still read it?
  lineal check --report github --report junit=out.xml --report markdown=$GITHUB_STEP_SUMMARY

\b
A subject the baseline does not know passes with a note. An unknown verdict blocks: accept it with `lineal waive`.
Exit codes: 0 pass · 1 findings · 2 wrong usage or configuration · 3 could not check.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--against",
    multiple=True,
    metavar="BASELINE",
    help="registry | http://… | git:REVISION | dir:FOLDER | SUBJECT@VERSION | self; else what lineal.toml says, else "
    "registry. May be repeated.",
)
@click.option(
    "--mode",
    type=click.Choice(LEVELS, case_sensitive=False),
    help="The level to hold everything to, instead of the registry's or lineal.toml's.",
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES, case_sensitive=False),
    help="Whose rules decide, instead of the registry's or lineal.toml's.",
)
@click.option(
    "--fail-on",
    type=click.Choice([weight.value for weight in Weight]),
    default=Weight.ERROR.value,
    show_default=True,
    help="The lightest finding that fails the gate.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORM[=FILE]",
    help=f"One of {', '.join(REPORTS)}; to stdout, or to a file. May be repeated.",
)
@click.option(
    "--env",
    "environment",
    metavar="NAME",
    help="Also hold the schemas against the readers that are live there, as a verdict of its own.",
)
@click.option("--require-known", is_flag=True, help="A subject the baseline does not have is an error.")
@click.option("--warn-only", is_flag=True, help="Report findings, but leave with 0.")
@click.option(
    "--on-unreachable",
    type=click.Choice(["fail", "warn"]),
    default="fail",
    show_default=True,
    help="Whether a baseline that cannot be read fails the run (exit code 3) or only warns.",
)
@click.option("--findings-exit-code", type=click.IntRange(1, 255), default=1, show_default=True)
@click.option("--list", "listing", is_flag=True, help="Only print which file is which version of which subject.")
@click.option("--report-schema", is_flag=True, help="Only print the JSON Schema of the JSON report.")
@click.pass_obj
@project_options
def command(
    project: Project,
    console: Console,
    paths: tuple[str, ...],
    against: tuple[str, ...],
    mode: str | None,
    profile: str | None,
    fail_on: str,
    reports: tuple[str, ...],
    environment: str | None,
    *,
    require_known: bool,
    warn_only: bool,
    on_unreachable: str,
    findings_exit_code: int,
    listing: bool,
    report_schema: bool,
) -> int:
    """Say what the schema files would break, with an event that proves each finding.

    Without PATH every schema file of the folder is checked: which files those are, and of which subjects, says
    lineal.toml (`lineal init` writes one; `lineal check --list` shows it).
    """
    if report_schema:
        console.report(document.report_schema())
        return 0
    outputs = [_output(report) for report in reports or ("text",)]
    chosen = project.chosen(paths)
    if listing:
        _list(console, chosen)
        return 0
    policy = Policy(
        level_named(project.configuration.level, "lineal.toml"),
        level_named(mode, "--mode") if mode else None,
        require_known,
        criteria_named(project.configuration.profile, project.configuration, "lineal.toml"),
        Profile(profile) if profile else None,
    )
    report = _run(project, console, chosen, paths, against or project.configuration.against, policy, Weight(fail_on))
    if environment is not None and report.failure is None:
        report = _with_readers(project, console, chosen, report, environment)
    accepted = waivers.load(project.waivers_file)
    report = waivers.applied(report, accepted, datetime.now(UTC).date(), whole=not paths)
    for form, file in outputs:
        _write(console, report, form, file)
    return _exit_code(console, report, warn_only, on_unreachable, findings_exit_code)


def _baseline(target: str, project: Project, chosen: Sequence[Subject], stack: ExitStack) -> Baseline:
    """What ``--against`` names. Raises Misconfigured, CouldNotCheck."""
    kind, _, rest = target.partition(":")
    if target == "self":
        return OwnHistory()
    if kind == "git" and rest:
        return TreeBaseline(GitTree(project.root, rest), project.configuration, project.declared)
    if kind == "dir" and rest:
        tree = FolderTree(Path(rest), target)
        return TreeBaseline(tree, project.configuration, project.declared)
    from registry.cli.remote import Remote, RemoteBaseline, VersionBaseline  # a gate offline starts without HTTP

    if target == "registry":
        return RemoteBaseline(stack.enter_context(Remote(project.configuration.registry)))
    if kind in {"http", "https"}:
        return RemoteBaseline(stack.enter_context(Remote(target)))
    subject, at, number = target.rpartition("@")
    if at and subject and (number.isdecimal() or number == "latest"):
        if len(chosen) != 1:
            raise Misconfigured(f"--against {target} is for one file: name it before the options")
        return VersionBaseline(stack.enter_context(Remote(project.configuration.registry)), subject, number)
    raise Misconfigured(
        f"--against {target}: write registry, http://host:port, git:REVISION, dir:FOLDER, SUBJECT@VERSION or self"
    )


def _run(
    project: Project,
    console: Console,
    chosen: Sequence[Subject],
    paths: tuple[str, ...],
    targets: Sequence[str],
    policy: Policy,
    fail_on: Weight,
) -> Report:
    """Every chosen subject against every target; a report with a failure where one of them gives no answer."""
    results: list[SubjectResult] = []
    try:
        with ExitStack() as stack, console.progress("check", len(chosen) * len(targets)) as step:
            for target in targets:
                against = _baseline(target, project, chosen, stack)
                for result in judge(project.workspace, chosen, against, policy):
                    results.append(result)
                    step(f"{result.subject} {result.standing}")
                results += _removed(project, against, paths)
    except CouldNotCheck as cause:
        return Report(tuple(results), fail_on, failure=str(cause))
    return Report(tuple(results), fail_on)


def _with_readers(
    project: Project, console: Console, chosen: Sequence[Subject], report: Report, environment: str
) -> Report:
    """Every subject's first result with the live readers' verdict; a failure where the registry gives none."""
    from registry.cli.readers import with_readers
    from registry.cli.remote import Remote

    heads = {subject.name: subject.head for subject in chosen}
    results: list[SubjectResult] = []
    try:
        with (
            Remote(project.configuration.registry) as remote,
            console.progress(f"readers in {environment}", len(heads)) as step,
        ):
            for result in report.results:
                if (head := heads.pop(result.subject, None)) is None:
                    results.append(result)
                    continue
                results.append(with_readers(result, head, project.workspace, remote, environment))
                step(result.subject)
    except CouldNotCheck as cause:
        return replace(report, failure=str(cause))
    return replace(report, results=tuple(results))


def _removed(project: Project, against: Baseline, paths: tuple[str, ...]) -> Iterator[SubjectResult]:
    places = project.places(paths)
    known = {subject.name for subject in project.workspace.subjects}
    return (result for result in removed(known, against) if within(result.path, places))


def _list(console: Console, chosen: Sequence[Subject]) -> None:
    for subject in chosen:
        for file in subject.files:
            version = "head" if file.version is None else f"v{file.version}"
            console.report(f"{subject.name}\t{version}\t{file.format.value}\t{file.path}")


def _output(written: str) -> tuple[str, Path | None]:
    form, _, file = written.partition("=")
    if form not in REPORTS:
        raise Misconfigured(f"--report {written}: the forms are {', '.join(REPORTS)}; write FORM or FORM=FILE")
    return form, Path(file) if file else None


def _write(console: Console, report: Report, form: str, file: Path | None) -> None:
    if file is None:
        console.report(text.render(report, console.paint) if form == "text" else REPORTS[form](report))
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(REPORTS[form](report), encoding="utf-8")
    except OSError as cause:
        raise Misconfigured(f"--report {form}={file}: {cause.strerror}") from cause
    console.note(f"report written: {file}")


def _exit_code(console: Console, report: Report, warn_only: bool, on_unreachable: str, findings: int) -> int:  # noqa: FBT001
    if report.status is Status.COULD_NOT_CHECK:
        if on_unreachable == "warn":
            console.warn(f"nothing was decided: {report.failure}")
            return 0
        return 3
    if report.status is Status.FINDINGS:
        return 0 if warn_only else findings
    return 0
