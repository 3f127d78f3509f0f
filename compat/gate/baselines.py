"""Baselines that need no registry: another folder, a git revision, the folder's own history."""

from __future__ import annotations

from collections.abc import Collection

from compat.gate.configuration import Configuration
from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.judge import Past, PastVersion
from compat.gate.mapping import subjects
from compat.gate.references import Declared, Workspace
from compat.gate.tree import Tree


class TreeBaseline:
    """The same folder at another place or time, read with the same mapping from files to subjects."""

    complete = True

    def __init__(self, tree: Tree, configuration: Configuration, declared: Declared | None = None) -> None:
        self._tree = tree
        try:
            self._workspace = Workspace(subjects(tree, configuration), declared)
        except Misconfigured as cause:
            raise CouldNotCheck(f"{tree.name} cannot be mapped to subjects: {cause}") from cause
        self._known = {subject.name: subject for subject in self._workspace.subjects}

    @property
    def name(self) -> str:
        return self._tree.name

    def subjects(self) -> Collection[str]:
        return self._known.keys()

    def past(self, subject: str) -> Past | None:
        known = self._known.get(subject)
        if known is None:
            return None
        return Past(
            tuple(
                PastVersion(
                    self.name if file.version is None else f"version {file.version}",
                    file.version,
                    self._workspace.definition(file),
                    file.path,
                    self._workspace.reference_paths(file),
                )
                for file in known.files
            )
        )


class OwnHistory:
    """No baseline but the folder itself: only the versions it keeps are compared with each other."""

    complete = False
    name = "its own history"

    def subjects(self) -> Collection[str]:
        return ()

    def past(self, subject: str) -> Past | None:  # noqa: ARG002 - the protocol of baselines
        return None
