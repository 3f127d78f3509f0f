"""``lineal.lock``: which file holds which version of which registry, so that the same ones can be had again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import msgspec

from compat.gate.errors import Misconfigured
from compat.gate.references import Declared

FILE_NAME: Final = "lineal.lock"


class LockedReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name used in a schema and the version it stands for."""

    name: str
    subject: str
    """With its context, also where the schema itself leaves it out."""
    version: int


class LockedSchema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file that was pulled."""

    path: str
    """From the folder of the lock."""
    subject: str
    version: int
    id: int
    format: str
    sha256: str
    """Of the schema's text in UTF-8."""
    references: tuple[LockedReference, ...] = ()


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that was pulled, and where from."""

    registry: str = ""
    schemas: tuple[LockedSchema, ...] = ()

    @staticmethod
    def load(folder: Path) -> Lock:
        """The lock of a folder, empty if there is none. Raises Misconfigured."""
        file = folder / FILE_NAME
        if not file.exists():
            return Lock()
        try:
            return msgspec.toml.decode(file.read_bytes(), type=Lock)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise Misconfigured(f"{file}: {cause}. Run `lineal pull` again to write it anew") from cause

    def save(self, folder: Path) -> None:
        """Write the lock of a folder; the same content always gives the same bytes."""
        (folder / FILE_NAME).write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """The lock as TOML, sorted, so that it can be reviewed."""
        lines = ["# Written by `lineal pull`. Do not edit; commit it.", f"registry = {_quoted(self.registry)}"]
        for entry in sorted(self.schemas, key=lambda entry: (entry.subject, entry.version, entry.path)):
            lines += [
                "",
                "[[schemas]]",
                f"path = {_quoted(entry.path)}",
                f"subject = {_quoted(entry.subject)}",
                f"version = {entry.version}",
                f"id = {entry.id}",
                f"format = {_quoted(entry.format)}",
                f"sha256 = {_quoted(entry.sha256)}",
            ]
            if entry.references:
                lines += ["references = [", *(f"  {_inline(reference)}," for reference in entry.references), "]"]
        return "\n".join(lines) + "\n"

    def declared(self) -> Declared:
        """Per path, the names it refers to and the subjects and versions they stand for."""
        return {
            entry.path: {reference.name: (reference.subject, reference.version) for reference in entry.references}
            for entry in self.schemas
        }


def _inline(reference: LockedReference) -> str:
    return (
        f"{{ name = {_quoted(reference.name)}, subject = {_quoted(reference.subject)}, version = {reference.version} }}"
    )


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's, which also wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
