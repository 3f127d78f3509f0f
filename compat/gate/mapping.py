"""Which file is which version of which subject.

Two layouts. One file per subject (``order-placed.avsc``): the file is what comes next. A folder of versions
(``order-placed/v1.avsc``, ``order-placed/v2.avsc``): the folder is the subject, the files are its history.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from compat.definition import Format
from compat.gate.configuration import DEFAULT_SETS, SUFFIXES, Configuration, SchemaSet
from compat.gate.errors import Misconfigured
from compat.gate.tree import Tree

VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stem": "the file's name without its ending; in a folder of versions, the folder's name",
        "dir": "the folder's path",
        "parent": "the folder's name",
        "namespace": "the namespace of an Avro record",
        "name": "the name of an Avro type",
        "title": "the title of a JSON Schema",
        "id": "the $id of a JSON Schema",
        "package": "the package of a Protobuf file",
        "message": "the first message of a Protobuf file",
    }
)
"""What a subject template may use."""

_VERSION: Final = re.compile(r"v?(\d{1,9})")
_PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One file that holds one version of one subject."""

    path: str
    format: Format
    text: str
    subject: str
    version: int | None
    """Its number in a folder of versions, None where the file alone is the subject."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject and its files, oldest first; one file unless the folder keeps every version."""

    name: str
    files: tuple[SchemaFile, ...]
    level: str | None = None
    profile: str | None = None

    @property
    def head(self) -> SchemaFile:
        """The newest file."""
        return self.files[-1]

    @property
    def keeps_versions(self) -> bool:
        """Whether the folder holds the history, not the newest version alone."""
        return self.head.version is not None


def subjects(tree: Tree, configuration: Configuration) -> tuple[Subject, ...]:
    """The subjects of a tree, by name. Raises Misconfigured where two files claim one version or a name is missing."""
    taken = {path: entry for path in tree.paths() if (entry := _set_of(path, configuration)) is not None}
    texts = tree.read(tuple(taken))
    claimed = [(file, entry) for path, entry in taken.items() if (file := _file(path, texts[path], entry)) is not None]
    claimed.sort(key=lambda pair: (pair[0].subject, pair[0].version or 0, pair[0].path))
    return tuple(
        _subject(name, [file for file, _ in group], group[0][1])
        for name, group in ((name, list(pairs)) for name, pairs in groupby(claimed, key=lambda pair: pair[0].subject))
    )


def _subject(name: str, files: Sequence[SchemaFile], chosen: SchemaSet) -> Subject:
    for earlier, later in pairwise(files):
        if earlier.version is None or later.version is None or earlier.version == later.version:
            raise Misconfigured(
                f"{earlier.path} and {later.path} are both subject {name!r}: "
                "give them different names in lineal.toml ([[schemas]] subject or [schemas.map]; `lineal init` writes "
                "one where there is none), "
                "or number the versions v1, v2 … in a folder of the subject's name"
            )
    return Subject(name, tuple(files), chosen.level, chosen.profile)


def _set_of(path: str, configuration: Configuration) -> SchemaSet | None:
    for entry in configuration.sets():
        if path in entry.map or _pattern(entry.glob).fullmatch(path):
            return entry
    return None


def _file(path: str, text: str, entry: SchemaSet) -> SchemaFile | None:
    format_ = entry.format or SUFFIXES.get(PurePosixPath(path).suffix)
    if format_ is None:
        raise Misconfigured(
            f'{path}: the format cannot be told from its name; say format = "AVRO", "JSON" or "PROTOBUF" '
            f"beside glob = {entry.glob!r} in lineal.toml"
        )
    if entry in DEFAULT_SETS and format_ is Format.JSON and not _looks_like_json_schema(text):
        return None
    version = _version(path)
    if path in entry.map:
        return SchemaFile(path, format_, text, entry.map[path], version)
    return SchemaFile(path, format_, text, _subject_name(path, format_, text, entry.subject), version)


def _version(path: str) -> int | None:
    match = _VERSION.fullmatch(_stem(path))
    return int(match.group(1)) if match else None


def _stem(path: str) -> str:
    return PurePosixPath(path).stem.removesuffix(".schema")


def _looks_like_json_schema(text: str) -> bool:
    document = _json(text)
    return isinstance(document, dict) and "$schema" in document and isinstance(document["$schema"], str)


def _subject_name(path: str, format_: Format, text: str, template: str) -> str:
    values = {**_from_path(path), **_FROM_TEXT[format_](text)}
    if (
        format_ is not Format.PROTOBUF
        and not set(_PLACEHOLDER.findall(template)) <= values.keys()
        and _json(text) is None
    ):
        return path  # its text names nothing: whoever parses it says what is wrong with it

    def value(match: re.Match[str]) -> str:
        variable = match.group(1)
        if variable not in VARIABLES:
            known = ", ".join(f"{{{name}}}" for name in VARIABLES)
            raise Misconfigured(f"lineal.toml: {{{variable}}} in subject = {template!r} is none of {known}")
        if (found := values.get(variable)) is None:
            raise Misconfigured(
                f"{path} has no {{{variable}}} ({VARIABLES[variable]}), which subject = {template!r} needs: "
                "add it to the file, choose another template, or name the subject in [schemas.map]"
            )
        return found

    return _PLACEHOLDER.sub(value, template)


def _from_path(path: str) -> dict[str, str]:
    where = PurePosixPath(path)
    if _version(path) is not None:
        where = where.parent
    stem = where.name if _version(path) is not None else _stem(path)
    return {"stem": stem or "schema", "dir": where.parent.as_posix(), "parent": where.parent.name or "."}


def _from_avro(text: str) -> dict[str, str]:
    document = _json(text)
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        return {}
    namespace, _, name = document["name"].rpartition(".")
    if not namespace and isinstance(document.get("namespace"), str):
        namespace = document["namespace"]
    return {"name": name} | ({"namespace": namespace} if namespace else {})


def _from_json_schema(text: str) -> dict[str, str]:
    document = _json(text)
    if not isinstance(document, dict):
        return {}
    found = {"title": document.get("title"), "id": document.get("$id", document.get("id"))}
    return {name: value for name, value in found.items() if isinstance(value, str)}


_PROTOBUF_NOISE: Final = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)


def _from_protobuf(text: str) -> dict[str, str]:
    code = _PROTOBUF_NOISE.sub(" ", text)
    found = {
        "package": re.search(r"(?:^|[;}])\s*package\s+([\w.]+)\s*;", code),
        "message": re.search(r"(?:^|[;}])\s*message\s+(\w+)\s*\{", code),
    }
    return {name: match.group(1) for name, match in found.items() if match}


_FROM_TEXT: Final[Mapping[Format, Callable[[str], dict[str, str]]]] = MappingProxyType(
    {Format.AVRO: _from_avro, Format.JSON: _from_json_schema, Format.PROTOBUF: _from_protobuf}
)


def _json(text: str) -> Any:
    """The document a text stands for, None where it stands for none: whether it is a schema is judged later."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def within(path: str, roots: Iterable[str]) -> bool:
    """Whether ``path`` is one of ``roots`` or below one; no roots means everywhere."""
    chosen = list(roots)
    return not chosen or any(root in {".", path} or path.startswith(f"{root}/") for root in chosen)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """``*`` and ``?`` stay in one folder, ``**/`` crosses any number of them."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./"))
    meaning = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(piece, re.escape(piece)) for piece in pieces))
