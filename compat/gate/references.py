"""References between the files of one folder: which file defines the names that another uses. Asks no network."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from compat.definition import Definition, Format, Reference
from compat.gate.errors import Misconfigured
from compat.gate.mapping import SchemaFile, Subject

REFERENCE_DEPTH: Final = 32
"""How far files may refer to files."""

_AVRO_PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_AVRO_CONTAINERS: Final = frozenset({"record", "error", "enum", "fixed", "array", "map"})


@dataclass(frozen=True, slots=True)
class LocalReference:
    """A name used in a file, and the file that defines it."""

    name: str
    target: SchemaFile


Declared = Mapping[str, Mapping[str, tuple[str, int]]]
"""Per path, the names it refers to: each with the subject and version it stands for."""


class Workspace:
    """The subjects of a tree, with the references between their files resolved.

    ``declared`` is what a lock file knows, per path of the referring file: name to subject and version. It comes first.
    """

    def __init__(self, subjects: Sequence[Subject], declared: Declared | None = None) -> None:
        self.subjects = tuple(subjects)
        self._declared = declared or {}
        self._by_subject = {subject.name: subject for subject in subjects}
        self._by_path = {file.path: file for subject in subjects for file in subject.files}
        self._by_last_part: dict[str, list[SchemaFile]] = {}
        for path, file in self._by_path.items():
            self._by_last_part.setdefault(posixpath.basename(path), []).append(file)
        self._names: dict[str, _Names] = {}  # by text
        self._avro = _first_by_name(self._newest_first(Format.AVRO), lambda file: self._names_in(file.text).defined)
        self._json_ids = _first_by_name(self._newest_first(Format.JSON), _json_schema_ids)
        self._definitions: dict[str, Definition] = {}

    def definition(self, file: SchemaFile) -> Definition:
        """The text of a file with what its references stand for; names that no file defines stay unresolved.

        Raises Misconfigured where files refer to each other in a circle, or too deep.
        """
        return self._define(file, ())

    def references(self, file: SchemaFile) -> tuple[LocalReference, ...]:
        """The files a file refers to directly, in the order of use."""
        found = {reference.name: reference for reference in self._used(file) if reference.target.path != file.path}
        return tuple(found.values())

    def reference_paths(self, file: SchemaFile) -> dict[str, str]:
        """The path of every file that a file refers to, directly or not, by the name it is referred to with."""
        found: dict[str, str] = {}
        pending = [*self.references(file)]
        seen = {file.path}
        while pending:
            reference = pending.pop(0)
            found.setdefault(reference.name, reference.target.path)
            if reference.target.path not in seen:
                seen.add(reference.target.path)
                pending += self.references(reference.target)
        return found

    def in_order(self) -> tuple[Subject, ...]:
        """The subjects, each after those it refers to: the order in which a registry takes them."""
        placed: dict[str, Subject] = {}
        by_name = {subject.name: subject for subject in self.subjects}

        def place(subject: Subject, depth: int) -> None:
            if subject.name in placed or depth > REFERENCE_DEPTH:
                return
            for file in subject.files:
                for reference in self.references(file):
                    if reference.target.subject != subject.name:
                        place(by_name[reference.target.subject], depth + 1)
            placed.setdefault(subject.name, subject)

        for subject in self.subjects:
            place(subject, 0)
        return tuple(placed.values())

    def _define(self, file: SchemaFile, outer: tuple[str, ...]) -> Definition:
        if file.path in self._definitions:
            return self._definitions[file.path]
        if file.path in outer or len(outer) >= REFERENCE_DEPTH:
            circle = " → ".join([*outer, file.path])
            raise Misconfigured(f"these files refer to each other in a circle, or too deep: {circle}")
        references = tuple(
            Reference(reference.name, self._define(reference.target, (*outer, file.path)))
            for reference in self.references(file)
        )
        definition = Definition(file.format, file.text, references)
        self._definitions[file.path] = definition
        return definition

    def _used(self, file: SchemaFile) -> Iterator[LocalReference]:
        declared = self._declared.get(file.path, {})
        for name, target in _NAMED[file.format](self, file):
            target = self._declared_target(declared.get(name)) or target
            if target is not None:
                yield LocalReference(name, target)

    def _declared_target(self, declared: tuple[str, int] | None) -> SchemaFile | None:
        """The file of the version that a lock names, or the newest of its subject where one file is all there is."""
        if declared is None or (subject := self._by_subject.get(declared[0])) is None:
            return None
        if not subject.keeps_versions:
            return subject.head
        return next((file for file in subject.files if file.version == declared[1]), None)

    def _avro_uses(self, file: SchemaFile) -> Iterator[tuple[str, SchemaFile | None]]:
        names = self._names_in(file.text)
        for name in names.used:
            if name not in names.defined:
                yield name, self._avro.get(name)

    def _names_in(self, text: str) -> _Names:
        if text not in self._names:
            self._names[text] = _avro_names(text)
        return self._names[text]

    def _json_schema_uses(self, file: SchemaFile) -> Iterator[tuple[str, SchemaFile | None]]:
        folder = posixpath.dirname(file.path)
        for base, written in _json_schema_references(file.text):
            beside = posixpath.normpath(posixpath.join(folder, written))
            target = self._by_path.get(beside) or self._json_ids.get(urljoin(base, written))
            yield written, target

    def _protobuf_uses(self, file: SchemaFile) -> Iterator[tuple[str, SchemaFile | None]]:
        for imported in _protobuf_imports(file.text):
            yield imported, self._by_path.get(imported) or self._ending_with(imported, file)

    def _ending_with(self, imported: str, importer: SchemaFile) -> SchemaFile | None:
        """The file whose path ends like an import path; the one nearest to the importer if several do."""
        named_alike = self._by_last_part.get(posixpath.basename(imported), ())
        candidates = [file for file in named_alike if file.path.endswith(f"/{imported}")]
        if not candidates:
            return None
        return max(candidates, key=lambda file: (len(posixpath.commonprefix([file.path, importer.path])), file.path))

    def _newest_first(self, format_: Format) -> Iterator[SchemaFile]:
        for subject in self.subjects:
            yield from (file for file in reversed(subject.files) if file.format is format_)


_NAMED: Final = {
    Format.AVRO: Workspace._avro_uses,  # noqa: SLF001 - the table of the class's own methods
    Format.JSON: Workspace._json_schema_uses,  # noqa: SLF001
    Format.PROTOBUF: Workspace._protobuf_uses,  # noqa: SLF001
}


def _first_by_name(files: Iterable[SchemaFile], names: Callable[[SchemaFile], Iterable[str]]) -> dict[str, SchemaFile]:
    found: dict[str, SchemaFile] = {}
    for file in files:
        for name in names(file):
            found.setdefault(name, file)
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    defined: tuple[str, ...]
    used: tuple[str, ...]


def _avro_names(text: str) -> _Names:
    """The full names an Avro text defines and those it uses (specification: 'Names')."""
    defined: dict[str, None] = {}
    used: dict[str, None] = {}
    pending: list[tuple[Any, str]] = [(_parsed(text), "")]
    while pending:
        schema, namespace = pending.pop()
        if isinstance(schema, list):
            pending += [(branch, namespace) for branch in reversed(schema)]
        elif isinstance(schema, str):
            if schema not in _AVRO_PRIMITIVES:
                used.setdefault(schema if "." in schema or not namespace else f"{namespace}.{schema}")
        elif isinstance(schema, dict):
            pending += _inside_avro(schema, namespace, defined)
    return _Names(tuple(defined), tuple(used))


def _inside_avro(schema: dict[str, Any], namespace: str, defined: dict[str, None]) -> list[tuple[Any, str]]:
    """The schemas directly inside one; records the name it defines."""
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _AVRO_CONTAINERS:
        return [(kind, namespace)]
    if kind == "array":
        return [(schema.get("items"), namespace)]
    if kind == "map":
        return [(schema.get("values"), namespace)]
    name = schema.get("name")
    if not isinstance(name, str):
        return []
    if "." in name:
        namespace = name.rpartition(".")[0]
    elif isinstance(schema.get("namespace"), str):
        namespace = schema["namespace"]
    defined.setdefault(name if "." in name or not namespace else f"{namespace}.{name}")
    fields = schema.get("fields")
    if kind not in {"record", "error"} or not isinstance(fields, list):
        return []
    return [(field.get("type"), namespace) for field in reversed(fields) if isinstance(field, dict)]


def _json_schema_ids(file: SchemaFile) -> tuple[str, ...]:
    document = _parsed(file.text)
    identifier = document.get("$id", document.get("id")) if isinstance(document, dict) else None
    return (urldefrag(identifier).url,) if isinstance(identifier, str) and urldefrag(identifier).url else ()


def _json_schema_references(text: str) -> Iterator[tuple[str, str]]:
    """Each other document that a ``$ref`` names, with the base it is relative to; fragments cut off."""
    seen: set[str] = set()
    pending: list[tuple[Any, str]] = [(_parsed(text), "")]
    while pending:
        node, base = pending.pop()
        if isinstance(node, list):
            pending += [(item, base) for item in reversed(node)]
        elif isinstance(node, dict):
            identifier = node.get("$id", node.get("id"))
            if isinstance(identifier, str):
                base = urljoin(base, urldefrag(identifier).url)
            reference = node.get("$ref")
            if isinstance(reference, str):
                written = urldefrag(reference).url
                if written and urljoin(base, written) != base and written not in seen:
                    seen.add(written)
                    yield base, written
            pending += [(value, base) for key, value in reversed(node.items()) if key not in {"enum", "const"}]


_PROTOBUF_COMMENTS: Final = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_PROTOBUF_IMPORT: Final = re.compile(
    r"""(?:^|[;}])\s*import\s+(?:public\s+|weak\s+|option\s+)?["']([^"'\n]+)["']\s*;"""
)


def _protobuf_imports(text: str) -> tuple[str, ...]:
    """The import paths of a file, except those that every protoc brings along."""
    code = _PROTOBUF_COMMENTS.sub(lambda match: match.group(1) or " ", text)
    found = []
    start = 0
    while match := _PROTOBUF_IMPORT.search(code, start):
        found.append(match.group(1))
        start = match.end() - 1  # the semicolon also opens the next statement
    return tuple(path for path in dict.fromkeys(found) if not path.startswith("google/protobuf/"))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
