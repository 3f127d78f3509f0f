"""From a definition to the files protoc compiles: names of imports, bundled files, base64 descriptors, bounds."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from compat.budget import Limits
from compat.definition import Definition
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.protobuf.canonical import tokens
from compat.protobuf.pool import with_known_options
from compat.protobuf.printer import print_file
from compat.protobuf.protoc import Protoc, SourceError
from compat.verdict import Place

MAIN_FILE: Final = "schema.proto"
"""The import path of the definition itself, which has no name of its own."""

MAX_FILES: Final = 500
"""Definitions that one schema may refer to, directly and indirectly."""

MAX_NESTING: Final = 90
"""Messages inside messages: a descriptor that is nested deeper is not parsed by the runtime."""

_NO_CHARACTER: Final = re.compile("[\0\ud800-\udfff]")
_BRACE: Final = re.compile(r"[{}]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*")
_MISSING_FILE: Final = "File not found."
_CONSEQUENCE: Final = re.compile(r'^Import "[^"]*" was not found or had errors\.')
_UNDEFINED: Final = re.compile(r'^"([^"]+)" is not defined\.|^"([^"]+)" is resolved to')


def compile_definition(definition: Definition, protoc: Protoc, limits: Limits) -> tuple[str, FileDescriptorSet]:
    """The text of the definition and its files, dependencies first, the definition's own last.

    A definition written as a base64 FileDescriptorProto is printed as text first.
    Raises InvalidSchema, UnresolvedReference, LimitExceeded.
    """
    references = _reference_files(definition, limits)
    referred: list[tuple[str, str]] = []
    for name, text in references.items():
        serialized = _serialized(text)
        referred.append((name, text if serialized is None else _printed(serialized, name, referred, protoc)))
    main = _main_name(references)
    serialized = _serialized(definition.text)
    text = definition.text if serialized is None else _printed(serialized, main, referred, protoc)
    return text, _compiled([*referred, (main, text)], protoc)


def _reference_files(definition: Definition, limits: Limits) -> dict[str, str]:
    """Every definition referred to, by import path, those without references of their own first."""
    found: dict[str, str] = {}
    _check_size(definition.text, limits)

    def collect(owner: Definition, depth: int) -> None:
        if depth > limits.reference_depth:
            raise LimitExceeded(
                "depth of references", limits.reference_depth, "let the schema import the deeper ones itself"
            )
        for reference in owner.references:
            known = found.get(reference.name)
            if known == reference.definition.text:
                continue
            _check_import_path(reference.name)
            _check_size(reference.definition.text, limits)
            if known is not None:
                raise InvalidSchema(
                    f"two references define {reference.name!r} differently: let all of them point to one version"
                )
            collect(reference.definition, depth + 1)
            found[reference.name] = reference.definition.text
            if len(found) > MAX_FILES:
                raise LimitExceeded("references of the schema", MAX_FILES, "join small files")

    collect(definition, 0)
    return found


def _check_size(text: str, limits: Limits) -> None:
    if len(text) > limits.text_bytes or len(text.encode("utf-8", "replace")) > limits.text_bytes:
        raise LimitExceeded("size of the definition (bytes)", limits.text_bytes, "split it into files it imports")
    if _NO_CHARACTER.search(text):
        raise InvalidSchema("the text holds a character that is none (NUL or half of a pair): remove it")
    _check_depth(text, limits)


def _check_depth(text: str, limits: Limits) -> None:
    """Braces inside braces: counted roughly first, by tokens (without strings and comments) only where it matters."""
    if _deepest(_BRACE.findall(text)) > limits.depth and _deepest(tokens(text)) > limits.depth:
        raise LimitExceeded("nesting of the definition", limits.depth, "declare inner messages side by side")


def _deepest(texts: Iterable[str]) -> int:
    depth = deepest = 0
    for text in texts:
        if text == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif text == "}":
            depth -= 1
    return deepest


def _check_import_path(name: str) -> None:
    parts = name.split("/")
    if (
        not name
        or len(name) > 1024
        or not name.isprintable()
        or set(name) & set(':="\\')
        or {"", ".", ".."} & set(parts)
    ):
        raise InvalidSchema(f"{name!r} cannot be imported: a reference's name is a path such as 'shop/money.proto'")


def _main_name(references: dict[str, str]) -> str:
    name = MAIN_FILE
    while name in references:
        name = f"_{name}"
    return name


def is_serialized(text: str) -> bool:
    """Whether a definition is written as a base64 FileDescriptorProto."""
    return _serialized(text) is not None


def _serialized(text: str) -> bytes | None:
    """The bytes of a base64 FileDescriptorProto; nothing if the text is Protobuf source."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data or None


def _printed(serialized: bytes, name: str, known: Sequence[tuple[str, str]], protoc: Protoc) -> str:
    """A serialized file as source text, its custom options by name where an import declares them."""
    file = FileDescriptorProto()
    try:
        file.ParseFromString(serialized)
    except DecodeError as error:
        raise InvalidSchema("the text is neither Protobuf source nor a base64 FileDescriptorProto") from error
    if not (file.message_type or file.enum_type or file.service or file.extension or file.dependency):
        raise InvalidSchema("the serialized FileDescriptorProto declares nothing")
    imports = "".join(f'import "{dependency}";\n' for dependency in file.dependency if '"' not in dependency)
    dependencies = _compiled([*known, (name, f'syntax = "proto3";\n{imports}')], protoc)
    return print_file(with_known_options(dependencies, file))


def _compiled(files: Sequence[tuple[str, str]], protoc: Protoc) -> FileDescriptorSet:
    answer = protoc.compile(files)
    if answer.set is None:
        raise _error(answer.errors, files[-1][0])
    compiled = FileDescriptorSet()
    try:
        compiled.ParseFromString(answer.set)
    except DecodeError as error:
        raise LimitExceeded("nesting of messages", MAX_NESTING, "declare inner messages side by side") from error
    return compiled


def _error(errors: Sequence[SourceError], main: str) -> InvalidSchema:
    """The most telling complaint: an import nobody provides, else what is said first and is no consequence of it."""
    for error in errors:
        if error.message == _MISSING_FILE:
            importing = [e for e in errors if e.line and f'"{error.file}"' in e.message]
            return UnresolvedReference(error.file, _place(importing[0], main) if importing else None)
    undefined = [error for error in errors if _UNDEFINED.match(error.message)]
    telling = [error for error in errors if error not in undefined and not _CONSEQUENCE.match(error.message)]
    if undefined and not telling:
        found = _UNDEFINED.match(undefined[0].message)
        return UnresolvedReference(found[1] or found[2] if found else "", _place(undefined[0], main))
    said = "; ".join(error.message if error.file == main else f"{error.file}: {error.message}" for error in telling[:3])
    return InvalidSchema(said or "protoc refuses it without saying why", _place(telling[0], main) if telling else None)


def _place(error: SourceError, main: str) -> Place | None:
    if not error.line:
        return None
    return Place("" if error.file == main else error.file, error.line, error.column)
