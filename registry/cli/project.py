"""The folder a command works on: its configuration, its lock, its subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click
import msgspec

from compat.gate import configuration as settings
from compat.gate import waivers
from compat.gate.configuration import Configuration, SchemaSet
from compat.gate.errors import Misconfigured
from compat.gate.mapping import Subject, subjects, within
from compat.gate.references import Declared, Workspace
from compat.gate.tree import FolderTree
from registry.cli.lock import Lock

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Project:
    """A folder of schema files."""

    root: Path
    configuration: Configuration
    lock: Lock

    @cached_property
    def workspace(self) -> Workspace:
        """The subjects of the folder. Raises Misconfigured."""
        return Workspace(subjects(FolderTree(self.root), self.configuration), self.declared)

    @property
    def declared(self) -> Declared:
        """The references that only the lock knows."""
        return self.lock.declared()

    @property
    def waivers_file(self) -> Path:
        """Where accepted findings are kept."""
        return self.root / waivers.FILE_NAME

    def chosen(self, paths: Sequence[str]) -> tuple[Subject, ...]:
        """The subjects with a file at or below ``paths`` (all without any). Raises Misconfigured if there is none."""
        places = self.places(paths)
        for path, place in zip(paths, places, strict=True):
            if not (self.root / place).exists():
                raise Misconfigured(f"{path} does not exist")
        found = tuple(
            subject for subject in self.workspace.subjects if any(within(file.path, places) for file in subject.files)
        )
        if not found:
            where = ", ".join(paths) or str(self.root)
            raise Misconfigured(
                f"no schema files in {where}: .avsc, .proto and JSON files with a $schema are looked for, "
                "or what [[schemas]] in lineal.toml says (`lineal init` writes one)"
            )
        return found

    def places(self, paths: Sequence[str]) -> list[str]:
        """``paths`` (from the current folder) as paths below the root. Raises Misconfigured if one is outside."""
        return [self.place(path) for path in paths]

    def place(self, path: str) -> str:
        """``path`` (from the current folder) as a path below the root. Raises Misconfigured if it is outside."""
        try:
            return Path(path).resolve().relative_to(self.root).as_posix()
        except ValueError:
            raise Misconfigured(f"{path} is outside {self.root}, the folder of {settings.FILE_NAME}") from None


def find(config: str | None, registry: str | None) -> Project:
    """The project around the current folder. Raises Misconfigured."""
    file = Path(config).resolve() if config else _nearest(Path.cwd())
    root = file.parent if file else Path.cwd().resolve()
    configuration = settings.load(file) if file else Configuration()
    if registry:
        configuration = msgspec.structs.replace(configuration, registry=registry)
    lock = Lock.load(root)
    if lock.schemas:
        locked = SchemaSet(glob="", map={entry.path: entry.subject for entry in lock.schemas})
        configuration = msgspec.structs.replace(configuration, schemas=(locked, *configuration.sets()))
    return Project(root, configuration, lock)


def _nearest(folder: Path) -> Path | None:
    """The lineal.toml of this folder or one above it, not beyond the work tree or the home directory."""
    for place in (folder, *folder.parents):
        if (place / settings.FILE_NAME).is_file():
            return (place / settings.FILE_NAME).resolve()
        if (place / ".git").exists() or place == Path.home():
            return None
    return None


def project_options(function: Callable[Concatenate[Project, P], R]) -> Callable[P, R]:
    """``--config`` and ``--registry``, handed to the command as one ``Project``, its first argument."""

    @click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False),
        help="The lineal.toml to use; else the nearest one above the current folder.",
    )
    @click.option(
        "--registry",
        metavar="URL",
        envvar="LINEAL_REGISTRY",
        help="Address of the registry; else LINEAL_REGISTRY, lineal.toml, http://127.0.0.1:8081.",
    )
    @wraps(function)
    def command(*arguments: P.args, **options: P.kwargs) -> R:
        config, registry = options.pop("config"), options.pop("registry")
        project = find(str(config) if config else None, str(registry) if registry else None)
        return function(project, *arguments, **options)

    return command
