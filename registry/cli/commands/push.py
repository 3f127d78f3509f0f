"""``lineal push``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.findings import Report, Standing, Status, SubjectResult
from compat.gate.judge import Policy, judge
from compat.gate.mapping import SchemaFile, Subject
from compat.gate.reports import text
from registry.cli.bodies import Bodies
from registry.cli.console import Console
from registry.cli.errors import Refusal
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote, RemoteBaseline
from upcasters.document import load
from upcasters.errors import InvalidDocument

_EXAMPLES: Final = """\b
Examples:
  lineal push events/ --dry-run
  lineal push --registry http://127.0.0.1:8081
  lineal push --upcaster upcasters/order-placed-2-3.yaml
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be registered and what would be refused.")
@click.option(
    "--upcaster",
    "upcasters",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Leads from the latest version of its subject to the one pushed: both are published, or neither. "
    "Where compatibilityPolicy is UPCASTABLE, that lets a breaking version in. May be repeated.",
)
@click.pass_obj
@project_options
def command(
    project: Project, console: Console, paths: tuple[str, ...], *, dry_run: bool, upcasters: tuple[Path, ...]
) -> int:
    """Register schema files, each after those it refers to, and print where every version now is.

    What the registry already has is left alone, so a push can be repeated. A refused schema is explained with the
    event that it would break; the others are registered all the same.
    """
    chosen = {subject.name for subject in project.chosen(paths)}
    subjects = [subject for subject in project.workspace.in_order() if subject.name in chosen]
    with Remote(project.configuration.registry) as remote, console.progress("push", len(subjects)) as step:
        if dry_run:
            return _rehearse(project, console, remote, subjects)
        push = _Push(project, console, remote, dict(map(_upcaster, upcasters)))
        for subject in subjects:
            push.subject(subject)
            step(subject.name)
    return 1 if push.refused else 0


@dataclass
class _Push:
    """One run: what was registered, what was refused."""

    project: Project
    console: Console
    remote: Remote
    upcasters: dict[str, str] = field(default_factory=dict)
    """Texts of the upcasters that go along, by subject."""
    refused: set[str] = field(default_factory=set)
    bodies: Bodies = field(init=False)

    def __post_init__(self) -> None:
        self.bodies = Bodies(self.project.workspace, self.remote)

    def subject(self, subject: Subject) -> None:
        """Register the files of a subject, oldest first, up to the first that is refused."""
        for file in subject.files:
            if blocked := self._blocked(file):
                self.refused.add(subject.name)
                self.console.report(f"{subject.name}  {self.console.paint('error', 'waits')}  for {', '.join(blocked)}")
                return
            try:
                self._file(file)
            except Refusal as refusal:
                self.refused.add(subject.name)
                self._explain(subject, file, refusal)
                return

    def _file(self, file: SchemaFile) -> None:
        body = self.bodies.of(file)
        found = self.remote.find(file.subject, body)
        if not found and file.subject in self.upcasters:
            body["upcaster"] = {"text": self.upcasters.pop(file.subject)}
        word = self.console.paint("dim", "unchanged ") if found else self.console.paint("good", "registered")
        version = found or self.remote.register(file.subject, body)
        self.bodies.placed[file.path] = version
        about = f"version {version.version}  id {version.id}  {self.remote.url(version)}"
        self.console.report(f"{file.subject}  {word}  {about}")

    def _blocked(self, file: SchemaFile) -> list[str]:
        uses = self.project.workspace.references(file)
        return sorted({use.target.subject for use in uses} & self.refused)

    def _explain(self, subject: Subject, file: SchemaFile, refusal: Refusal) -> None:
        console = self.console
        console.report(f"{subject.name}  {console.paint('error', 'refused   ')}  {file.path}: {refusal.message}")
        if not refusal.incompatible:
            return
        try:
            results = tuple(_judged(self.project, self.remote, [subject]))
        except CouldNotCheck as cause:
            console.warn(f"the reason cannot be worked out here: {cause}")
            return
        for finding in Report(results).findings:
            console.report("\n".join(["", *text.finding_lines(finding, console.paint), ""]))


def _upcaster(path: Path) -> tuple[str, str]:
    """The subject and the text of an upcaster. Raises Misconfigured."""
    text = path.read_text("utf-8")
    try:
        return load(text).subject, text
    except InvalidDocument as error:
        raise Misconfigured(f"{path} is no upcaster: {error}") from error


def _judged(project: Project, remote: Remote, subjects: Sequence[Subject]) -> Iterator[SubjectResult]:
    return judge(project.workspace, subjects, RemoteBaseline(remote), Policy())


def _rehearse(project: Project, console: Console, remote: Remote, subjects: Sequence[Subject]) -> int:
    report = Report(tuple(_judged(project, remote, subjects)))
    console.report(text.render(report, console.paint))
    fine = {Standing.NEW, Standing.COMPATIBLE}
    would = [result.subject for result in report.results if result.standing in fine]
    console.report(f"would register: {', '.join(would) or 'nothing'}")
    return 1 if report.status is Status.FINDINGS else 0
