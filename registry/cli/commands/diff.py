"""``lineal diff``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import click

from compat.check import judged
from compat.criteria import PROFILES
from compat.definition import Definition, Format
from compat.errors import InvalidSchema, LimitExceeded
from compat.formats import Parsed, parse
from compat.gate.configuration import SUFFIXES, criteria_named
from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.findings import Compared, GateFinding, from_verdict
from compat.gate.mapping import SchemaFile, subjects
from compat.gate.references import Workspace
from compat.gate.reports import document, text
from compat.gate.tree import GitTree
from compat.level import Direction
from compat.profile import Criteria
from compat.verdict import Difference, Fragment, Outcome, outcome
from registry.cli.console import Console
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote, past_versions

_EXAMPLES: Final = """\b
Examples:
  lineal diff old.avsc new.avsc
  lineal diff git:HEAD~3:events/order.avsc events/order.avsc
  lineal diff orders.OrderPlaced@2 orders.OrderPlaced@latest
"""

_SENTENCES: Final = {
    Direction.BACKWARD: "readers of {new} read what was written with {old}",
    Direction.FORWARD: "readers of {old} read what is written with {new}",
}
_MARKS: Final = {Outcome.COMPATIBLE: "good", Outcome.INCOMPATIBLE: "error", Outcome.UNKNOWN: "warning"}


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two schemas: what it was called, and what it is."""

    compared: Compared
    parsed: Parsed


@click.command(epilog=_EXAMPLES)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--profile",
    type=click.Choice(PROFILES, case_sensitive=False),
    help="Whose rules decide, instead of lineal.toml's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@project_options
def command(project: Project, console: Console, old: str, new: str, profile: str | None, *, as_json: bool) -> None:
    """Show everything that differs between two schemas, and who can read whom, with an event where not.

    OLD and NEW are each a file, SUBJECT@VERSION (@latest) of the registry, or git:REVISION:PATH.
    """
    with ExitStack() as stack:
        before, after = (_side(project, reference, stack) for reference in (old, new))
    if before.compared.definition.format is not after.compared.definition.format:
        formats = f"{before.compared.definition.format} and {after.compared.definition.format}"
        raise Misconfigured(f"{old} and {new} are of different formats ({formats}): nothing in them corresponds")
    differences = tuple(after.parsed.engine.differences(before.parsed.schema, after.parsed.schema))
    configuration = project.configuration
    criteria = criteria_named(profile or configuration.profile, configuration, "lineal.toml")
    verdicts = {direction: _verdict(before, after, direction, criteria) for direction in Direction}
    if as_json:
        console.report(json.dumps(_document(differences, verdicts), ensure_ascii=False, indent=2, default=str))
        return
    console.report("\n".join(_lines(console, before, after, differences, verdicts)))


def _side(project: Project, reference: str, stack: ExitStack) -> _Side:
    compared = _resolve(project, reference, stack)
    try:
        return _Side(compared, parse(compared.definition))
    except (InvalidSchema, LimitExceeded) as cause:
        raise Misconfigured(f"{reference}: {cause}") from cause


def _resolve(project: Project, reference: str, stack: ExitStack) -> Compared:
    if reference.startswith("git:"):
        revision, colon, path = reference.removeprefix("git:").partition(":")
        if not colon or not path or not revision:
            raise Misconfigured(f"{reference}: write git:REVISION:PATH, as in git:HEAD~1:events/order.avsc")
        return _from_git(project, reference, revision, path)
    if Path(reference).is_file():
        return _from_file(project, reference)
    subject, at, number = reference.rpartition("@")
    if at and subject and (number.isdecimal() or number == "latest"):
        remote = stack.enter_context(Remote(project.configuration.registry))
        (version,) = past_versions(remote, subject, [number])
        return Compared(f"{subject}@{version.number}", version.definition, version.path)
    raise Misconfigured(f"{reference} is neither a file, nor SUBJECT@VERSION, nor git:REVISION:PATH")


def _from_file(project: Project, reference: str) -> Compared:
    try:
        path = project.place(reference)
    except Misconfigured:  # outside the folder there is nothing its references could mean
        content = Path(reference).read_text(encoding="utf-8-sig")
        return Compared(reference, Definition(_format(reference), content), reference)
    for subject in project.workspace.subjects:
        for file in subject.files:
            if file.path == path:
                return Compared(reference, project.workspace.definition(file), path)
    content = Path(reference).read_text(encoding="utf-8-sig")
    return Compared(reference, project.workspace.definition(_loose(path, content)), path)


def _from_git(project: Project, reference: str, revision: str, path: str) -> Compared:
    tree = GitTree(project.root, revision)
    place = project.place(path)
    if place not in tree.paths():
        raise CouldNotCheck(f"{path} is not in {revision}: `git ls-tree -r --name-only {revision}` lists what is")
    workspace = Workspace(subjects(tree, project.configuration), project.declared)
    known = {file.path: file for subject in workspace.subjects for file in subject.files}
    file = known.get(place) or _loose(place, tree.read([place])[place])
    return Compared(reference, workspace.definition(file), place)


def _loose(path: str, content: str) -> SchemaFile:
    """A file that no pattern of lineal.toml takes in."""
    return SchemaFile(path, _format(path), content, path, None)


def _format(path: str) -> Format:
    try:
        return SUFFIXES[PurePosixPath(path).suffix]
    except KeyError:
        raise Misconfigured(f"{path}: files end in {', '.join(SUFFIXES)}, so that their format is known") from None


def _verdict(
    before: _Side, after: _Side, direction: Direction, criteria: Criteria
) -> tuple[Outcome, tuple[GateFinding, ...]]:
    findings = tuple(judged(after.parsed, before.parsed, direction, criteria))
    found = (from_verdict("", finding, after.compared, before.compared, "") for finding in findings)
    return outcome(findings), tuple(found)


def _lines(
    console: Console,
    before: _Side,
    after: _Side,
    differences: Sequence[Difference],
    verdicts: dict[Direction, tuple[Outcome, tuple[GateFinding, ...]]],
) -> Iterator[str]:
    old, new = before.compared.name, after.compared.name
    count = len(differences)
    yield console.paint("bold", f"{count} difference{'s' * (count != 1)} from {old} to {new}")
    for difference in differences:
        yield f"  {text.shown(difference.message)} {console.paint('dim', f'[{difference.rule}]')}"
        for sign, fragment in (("-", difference.before), ("+", difference.after)):
            if fragment is not None and fragment.text:
                look = "error" if sign == "-" else "good"
                yield f"    {console.paint(look, sign)} {_place(fragment)}{text.shown(fragment.text)}"
    for direction, (answer, findings) in verdicts.items():
        yield ""
        sentence = _SENTENCES[direction].format(old=old, new=new)
        yield f"{console.paint(_MARKS[answer], answer.value)}: {sentence} ({direction})"
        for finding in findings:
            yield ""
            yield from (f"  {line}" for line in text.finding_lines(finding, console.paint))


def _place(fragment: Fragment) -> str:
    return f"line {fragment.place.line}: " if fragment.place.line else ""


def _document(
    differences: Sequence[Difference], verdicts: dict[Direction, tuple[Outcome, tuple[GateFinding, ...]]]
) -> dict[str, Any]:
    return {
        "differences": [
            {
                "rule": difference.rule,
                "message": difference.message,
                "before": _fragment(difference.before),
                "after": _fragment(difference.after),
            }
            for difference in differences
        ],
        "verdicts": {
            direction.value: {
                "outcome": answer.value,
                "findings": [document.as_finding(finding) for finding in findings],
            }
            for direction, (answer, findings) in verdicts.items()
        },
    }


def _fragment(fragment: Fragment | None) -> dict[str, Any] | None:
    if fragment is None:
        return None
    place = fragment.place
    return {"pointer": place.pointer, "line": place.line, "column": place.column, "text": fragment.text}
