"""``lineal pull``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click

from compat.gate.configuration import SUFFIXES
from compat.gate.errors import CouldNotCheck, Misconfigured
from registry.cli.console import Console
from registry.cli.errors import Refusal
from registry.cli.lock import Lock, LockedReference, LockedSchema
from registry.cli.project import Project, project_options
from registry.cli.remote import Remote, RemoteVersion, in_context

_EXAMPLES: Final = """\b
Examples:
  lineal pull                                  the latest version of every subject
  lineal pull orders.OrderPlaced --out events
  lineal pull --all-versions                   the whole history: subject/v1.avsc, subject/v2.avsc …
  lineal pull --frozen                         exactly what lineal.lock says, or fail
"""

_ENDINGS: Final = {format_.value: suffix for suffix, format_ in SUFFIXES.items()}
_NAME_BYTES: Final = 200


@click.command(epilog=_EXAMPLES)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@click.option("--out", default="schemas", show_default=True, help="The folder to write to.")
@click.option("--all-versions", is_flag=True, help="Every live version, in a folder per subject.")
@click.option("--frozen", is_flag=True, help="Write the versions of lineal.lock; fail if the registry's text differs.")
@click.pass_obj
@project_options
def command(
    project: Project, console: Console, subjects: tuple[str, ...], out: str, *, all_versions: bool, frozen: bool
) -> int:
    """Write the schemas of a registry to files, what they refer to included, and lineal.lock beside lineal.toml.

    The lock names subject, version, id, hash and references of each file: commit it, and `lineal pull --frozen`
    gives the same bytes for ever.
    """
    with Remote(project.configuration.registry) as remote:
        if frozen:
            return _frozen(project, console, remote)
        with console.progress("pull", None) as step:
            versions = []
            for version in _versions(remote, subjects or remote.subjects(), all_versions=all_versions):
                versions.append(version)
                step(f"{version.subject} version {version.version}")
    folder = project.place(out)
    wanted = Counter(version.subject for version in versions)
    entries = []
    for version in versions:
        in_folder = all_versions or wanted[version.subject] > 1
        entries.append(_locked(version, f"{folder}/{_file_name(version, in_folder=in_folder)}"))
        _write(project.root / entries[-1].path, version.schema)
    pulled = {entry.subject for entry in entries}
    kept = [entry for entry in project.lock.schemas if entry.subject not in pulled]
    _remove(project, [entry for entry in project.lock.schemas if entry.subject in pulled], entries)
    Lock(remote.address, (*kept, *entries)).save(project.root)
    count = len(entries)
    console.report(f"{count} file{'s' * (count != 1)} written below {folder}, and lineal.lock")
    return 0


def _versions(remote: Remote, subjects: Iterable[str], *, all_versions: bool) -> Iterator[RemoteVersion]:
    """The versions asked for and, after each, those it refers to; none twice."""
    seen: set[tuple[str, int]] = set()
    pending: list[tuple[str, int | str]] = []
    for subject in subjects:
        numbers = remote.numbers(subject)
        if not numbers:
            raise Misconfigured(f"{remote.address} has no subject {subject}: `lineal pull` without one takes all")
        pending += [(subject, number) for number in (sorted(numbers) if all_versions else ["latest"])]
    while pending:
        subject, number = pending.pop(0)
        try:
            version = remote.version(subject, number)
        except Refusal as refusal:
            raise CouldNotCheck(f"{remote.address}, {subject} version {number}: {refusal.message}") from refusal
        if (version.subject, version.version) in seen:
            continue
        seen.add((version.subject, version.version))
        yield version
        pending += [(in_context(use.subject, version.subject), use.version) for use in version.uses]


def _remove(project: Project, before: Iterable[LockedSchema], now: Iterable[LockedSchema]) -> None:
    """Take away what an earlier pull wrote for the same subjects and this one did not, if nobody changed it."""
    written = {entry.path for entry in now}
    for entry in before:
        file = project.root / entry.path
        if entry.path not in written and file.is_file() and _hash_bytes(file.read_bytes()) == entry.sha256:
            file.unlink()


def _frozen(project: Project, console: Console, remote: Remote) -> int:
    if not project.lock.schemas:
        raise Misconfigured("--frozen needs a lineal.lock: run `lineal pull` once and commit it")
    different = []
    with console.progress("pull", len(project.lock.schemas)) as step:
        for entry in project.lock.schemas:
            try:
                version = remote.version(entry.subject, entry.version)
            except Refusal as refusal:
                different.append(f"{entry.subject} version {entry.version}: {refusal.message}")
                continue
            if _hash(version.schema) == entry.sha256:
                _write(project.root / entry.path, version.schema)
            else:
                different.append(f"{entry.subject} version {entry.version} has another text than lineal.lock says")
            step(entry.path)
    for line in different:
        console.report(f"{console.paint('error', 'differs')}  {line}")
    console.report(f"{len(project.lock.schemas) - len(different)} of {len(project.lock.schemas)} files are as locked")
    return 1 if different else 0


def _locked(version: RemoteVersion, path: str) -> LockedSchema:
    references = tuple(
        LockedReference(use.name, in_context(use.subject, version.subject), use.version) for use in version.uses
    )
    return LockedSchema(
        path, version.subject, version.version, version.id, version.schema_type, _hash(version.schema), references
    )


def _file_name(version: RemoteVersion, *, in_folder: bool) -> str:
    """A name every file system takes; what it cannot take is written as %XX, as in a URL."""
    name = quote(version.subject, safe=" ")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _NAME_BYTES:
        name = f"{name[:_NAME_BYTES]}-{_hash(version.subject)[:12]}"
    ending = _ENDINGS.get(version.schema_type, ".txt")
    return f"{name}/v{version.version}{ending}" if in_folder else f"{name}{ending}"


def _write(file: Path, schema: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(schema.encode("utf-8"))
    except OSError as cause:
        raise Misconfigured(f"{file} cannot be written: {cause.strerror}") from cause


def _hash(text: str) -> str:
    return _hash_bytes(text.encode("utf-8", "surrogatepass"))


def _hash_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
