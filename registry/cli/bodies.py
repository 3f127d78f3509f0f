"""Schema files as the bodies of requests: with references to what the registry has."""

from __future__ import annotations

from typing import Any

from compat.gate.errors import Misconfigured
from compat.gate.mapping import SchemaFile
from compat.gate.references import Workspace
from registry.cli.remote import Remote, RemoteVersion, seen_from


class Bodies:
    """The files of a workspace for one registry."""

    def __init__(self, workspace: Workspace, remote: Remote) -> None:
        self._workspace = workspace
        self._remote = remote
        self.placed: dict[str, RemoteVersion] = {}
        """Where files are in the registry, by path."""

    def of(self, file: SchemaFile) -> dict[str, Any]:
        """A file as the protocol takes it. Raises Misconfigured where the registry lacks what it refers to."""
        references = []
        for reference in self._workspace.references(file):
            target = reference.target
            version = self.placed.get(target.path) or self._known(target, file)
            self.placed[target.path] = version
            named = seen_from(target.subject, file.subject)
            references.append({"name": reference.name, "subject": named, "version": version.version})
        return {"schema": file.text, "schemaType": file.format.value, "references": references}

    def _known(self, target: SchemaFile, referrer: SchemaFile) -> RemoteVersion:
        """The version of a file that was not placed before."""
        found = self._remote.find(target.subject, self.of(target))
        if found is None:
            raise Misconfigured(
                f"{referrer.path} refers to {target.path}, which {self._remote.address} does not have: push it too"
            )
        return found
