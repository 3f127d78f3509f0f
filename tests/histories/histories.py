"""The real schema histories, read from their files into the order in which they happened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compat.definition import Format

IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;', re.MULTILINE)

IGLU_ROOT = "http://iglucentral.com/schemas/"
IGLU = re.compile(r'"\$ref"\s*:\s*"http://iglucentral\.com/schemas/([^/"]+)/([^/"]+)/jsonschema/([^#"]+)')


@dataclass(frozen=True)
class Publication:
    """One schema as it was published: the subject, a label for people, its text and the subjects it uses by name."""

    subject: str
    label: str
    format: Format
    text: str
    uses: Mapping[str, str]
    """Name in the text to subject; the version is whatever that subject has at that moment."""


@dataclass(frozen=True)
class Chapter:
    """What was published together, each after what it uses: a subject's whole history, or one release of many files."""

    title: str
    publications: tuple[Publication, ...]


def iglu(corpora: Path) -> Iterator[Chapter]:
    """519 subjects, a chapter each: their versions in the order model, revision, addition. Those in use come first."""
    root = corpora / "json-schema" / "iglu"
    chapters = []
    for folder in sorted(path for path in root.glob("*/*") if path.is_dir()):
        name = folder.relative_to(root).as_posix()
        files = sorted(folder.glob("*.json"), key=lambda file: [int(part) for part in file.stem.split("-")])
        texts = [(file.stem, read(file)) for file in files]
        versions = tuple(Publication(name, label, Format.JSON, text, iglu_uses(text)) for label, text in texts)
        chapters.append(Chapter(name, versions))
    yield from sorted(chapters, key=lambda chapter: any(version.uses for version in chapter.publications))


def iglu_uses(text: str) -> dict[str, str]:
    found = dict.fromkeys(IGLU.findall(text))
    return {f"{IGLU_ROOT}{vendor}/{name}/jsonschema/{version}": f"{vendor}/{name}" for vendor, name, version in found}


def lsst(corpora: Path) -> Iterator[Chapter]:
    """One chapter per release: the named schemas of an alert packet, the packet that refers to them last."""
    for folder in sorted((corpora / "avro" / "lsst").iterdir(), key=lambda path: dotted(path.name)):
        texts = {file.stem: read(file) for file in sorted(folder.glob("*.avsc"))}
        subjects = {name: f"lsst.{name.rpartition('.')[2]}" for name in texts}
        publications = [
            Publication(subjects[name], folder.name, Format.AVRO, text, avro_uses(name, text, subjects))
            for name, text in texts.items()
        ]
        yield Chapter(f"lsst {folder.name}", tuple(sorted(publications, key=lambda each: len(each.uses))))


def avro_uses(own: str, text: str, subjects: Mapping[str, str]) -> dict[str, str]:
    mentioned = re.findall(r'"(lsst\.[\w.]+)"', text)
    return {name: subjects[name] for name in dict.fromkeys(mentioned) if name in subjects and name != own}


def opentelemetry(corpora: Path) -> Iterator[Chapter]:
    """One chapter per release of the protocol; a subject is a file, named by its import path."""
    root = corpora / "protobuf" / "opentelemetry"
    for folder in sorted(root.iterdir(), key=lambda path: dotted(path.name.removeprefix("v"))):
        yield Chapter(f"opentelemetry {folder.name}", protobuf(folder.name, [folder]))


def pubsub(corpora: Path) -> Iterator[Chapter]:
    """What Pub/Sub imports, then one chapter per revision of its own files."""
    root = corpora / "protobuf" / "google-pubsub"
    yield Chapter("google imports", protobuf("imports", [root / "imports"]))
    for folder in sorted((root / "revisions").iterdir()):
        own = {file.relative_to(folder).as_posix() for file in folder.rglob("*.proto")}
        everything = protobuf(folder.name, [folder, root / "imports"])
        yield Chapter(f"pubsub {folder.name}", tuple(each for each in everything if each.subject in own))


def protobuf(label: str, roots: list[Path]) -> tuple[Publication, ...]:
    """The files below some folders, each after its imports; the first folder that has a path wins."""
    texts: dict[str, str] = {}
    for root in roots:
        for file in sorted(root.rglob("*.proto")):
            texts.setdefault(file.relative_to(root).as_posix(), read(file))
    placed: dict[str, Publication] = {}

    def place(path: str) -> None:
        if path in placed:
            return
        imported = [name for name in IMPORT.findall(texts[path]) if name in texts]
        for name in imported:
            place(name)
        placed[path] = Publication(path, label, Format.PROTOBUF, texts[path], {name: name for name in imported})

    for path in texts:
        place(path)
    return tuple(placed.values())


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def dotted(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


CORPORA: Mapping[str, Callable[[Path], Iterator[Chapter]]] = {
    "iglu": iglu,
    "lsst": lsst,
    "opentelemetry": opentelemetry,
    "pubsub": pubsub,
}


def samples(corpora: Path) -> Iterator[tuple[str, object]]:
    """The real alert of each LSST release as JSON."""
    for file in sorted((corpora / "avro" / "lsst").glob("*/sample_data/alert.json")):
        yield file.parent.parent.name, json.loads(read(file))
