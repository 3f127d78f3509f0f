"""The real histories beside the checkout: every file of every release, with what it imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from compat.definition import Definition, Format, Reference

_IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Version:
    """One file at one release."""

    release: str
    definition: Definition


def histories(corpora: Path) -> dict[str, list[Version]]:
    """The versions of every file that has more than one, oldest first, by project and import path."""
    opentelemetry = sorted((corpora / "protobuf" / "opentelemetry").iterdir(), key=_numbers)
    pubsub = sorted((corpora / "protobuf" / "google-pubsub" / "revisions").iterdir())
    found: dict[str, list[Version]] = {}
    for release in opentelemetry:
        for name in _files(release):
            found.setdefault(f"opentelemetry {name}", []).append(Version(release.name, read(name, [release])))
    imports = corpora / "protobuf" / "google-pubsub" / "imports"
    for release in pubsub:
        for name in _files(release):
            found.setdefault(f"pubsub {name}", []).append(Version(release.name, read(name, [release, imports])))
    return {name: versions for name, versions in found.items() if len(versions) > 1}


def read(name: str, roots: Sequence[Path]) -> Definition:
    """A file and all it imports from the roots; what is in none of them is bundled."""
    text = next(root / name for root in roots if (root / name).exists()).read_text(encoding="utf-8")
    imported = (path for path in _IMPORT.findall(text) if any((root / path).exists() for root in roots))
    references = tuple(Reference(path, read(path, roots)) for path in imported)
    return Definition(Format.PROTOBUF, text, references)


def _files(release: Path) -> Iterator[str]:
    return (path.relative_to(release).as_posix() for path in sorted(release.rglob("*.proto")))


def _numbers(release: Path) -> list[int]:
    return [int(part) for part in release.name.removeprefix("v").split(".")]
