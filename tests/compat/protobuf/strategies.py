"""Schemas as small trees, their source text, and the changes that make a second schema of a first."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from compat.definition import Definition, Format, Reference

SCALARS = (
    "int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64", "fixed32", "sfixed32", "fixed64", "sfixed64",
    "float", "double", "string", "bytes",
)  # fmt: skip
FEW_SCALARS = ("int32", "string", "bytes")
KEYS = ("int32", "int64", "uint32", "bool", "sint64", "fixed32", "sfixed64", "string")
SINGLE, OPTIONAL, REQUIRED, REPEATED, MAP = "single", "optional", "required", "repeated", "map"
PROTO2, PROTO3, EDITION, NEXT_EDITION = "proto2", "proto3", "2023", "2024"
EDITIONS = (EDITION, NEXT_EDITION)
SHARED = "shop/shared.proto"
EXTENSIONS = (100, 101)


@dataclass(frozen=True)
class Enum:
    name: str
    values: tuple[tuple[str, int], ...]
    closed: bool = False
    """Asked for in an edition; proto2 closes, proto3 opens all."""


@dataclass(frozen=True)
class Field:
    number: int
    name: str
    type: str
    label: str = SINGLE
    key: str = "string"
    oneof: str = ""
    packed: bool | None = None
    delimited: bool = False
    unchecked: bool = False
    default: int | None = None
    json_name: str = ""


@dataclass(frozen=True)
class Message:
    name: str
    fields: tuple[Field, ...] = ()
    reserved: tuple[int, ...] = ()
    reserved_names: tuple[str, ...] = ()
    extended: tuple[Field, ...] = ()
    """Extension fields; proto3 has none."""
    extensible: bool = False


@dataclass(frozen=True)
class File:
    syntax: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...] = field(default=())
    package: str = "shop"
    shared: tuple[Message, ...] = ()
    """What stands in an imported file of the same package."""
    dense: bool = False
    """Whether few numbers and types are used, so that messages and the entries of maps resemble each other."""


# ------------------------------------------------------------------------------------------------ source text


def definition(file: File) -> Definition:
    """The file and what it imports."""
    if not file.shared:
        return Definition(Format.PROTOBUF, text(file))
    imported = Definition(Format.PROTOBUF, text(replace(file, messages=file.shared, enums=(), shared=())))
    return Definition(Format.PROTOBUF, text(file), (Reference(SHARED, imported),))


def text(file: File) -> str:
    """The source of a file; what its syntax cannot say is left out."""
    head = f'edition = "{file.syntax}";' if file.syntax in EDITIONS else f'syntax = "{file.syntax}";'
    enums = {f"{before}{enum.name}": enum for enum in file.enums for before in ("", f".{file.package}.")}
    lines = [head, f"package {file.package};"]
    if file.shared:
        lines.append(f'import "{SHARED}";')
    for message in file.messages:
        lines += _message(file, message, enums)
    for enum in file.enums:
        lines.append(f"enum {enum.name} {{")
        if file.syntax in EDITIONS and enum.closed:
            lines.append("  option features.enum_type = CLOSED;")
        lines += [f"  {name} = {number};" for name, number in enum.values]
        lines.append("}")
    return "\n".join(lines) + "\n"


def _message(file: File, message: Message, enums: dict[str, Enum]) -> list[str]:
    lines = [f"message {message.name} {{"]
    if message.reserved:
        lines.append(f"  reserved {', '.join(map(str, message.reserved))};")
    if message.reserved_names:
        names = (name if file.syntax in EDITIONS else f'"{name}"' for name in message.reserved_names)
        lines.append(f"  reserved {', '.join(names)};")
    if message.extensible and file.syntax != PROTO3:
        lines.append(f"  extensions {EXTENSIONS[0]} to {EXTENSIONS[-1]};")
    lines += [*_fields(file, message, enums), "}"]
    if message.extensible and message.extended and file.syntax != PROTO3:
        lines += [f"extend {message.name} {{", *(f"  {_field(file, each, enums)}" for each in message.extended), "}"]
    return lines


def _fields(file: File, message: Message, enums: dict[str, Enum]) -> list[str]:
    lines, done = [], set()
    for member in message.fields:
        if not member.oneof:
            lines.append(f"  {_field(file, member, enums)}")
        elif member.oneof not in done:
            done.add(member.oneof)
            lines.append(f"  oneof {member.oneof} {{")
            lines += [f"    {_field(file, other, enums)}" for other in message.fields if other.oneof == member.oneof]
            lines.append("  }")
    return lines


def _field(file: File, spec: Field, enums: dict[str, Enum]) -> str:  # noqa: C901 - one row per syntax
    if spec.label == MAP:
        unchecked = file.syntax in EDITIONS and spec.unchecked and "string" in {spec.key, spec.type}
        option = " [features.utf8_validation = NONE]" if unchecked else ""
        return f"map<{spec.key}, {spec.type}> {spec.name} = {spec.number}{option};"
    label, options = "", [f'json_name = "{spec.json_name}"'] if spec.json_name else []
    enum, scalar = enums.get(spec.type), spec.type in SCALARS
    if file.syntax == PROTO2 and spec.delimited and not scalar and enum is None and not spec.oneof:
        return _group(spec)
    numeric = enum is not None or (scalar and spec.type not in {"string", "bytes"})
    if spec.oneof:
        pass
    elif spec.label == REPEATED:
        label = "repeated "
        if numeric and spec.packed is not None:
            if file.syntax in EDITIONS:
                options += [] if spec.packed else ["features.repeated_field_encoding = EXPANDED"]
            else:
                options.append(f"packed = {str(spec.packed).lower()}")
    elif file.syntax == PROTO2:
        label = "required " if spec.label == REQUIRED else "optional "
    elif file.syntax == PROTO3:
        label = "optional " if spec.label in {OPTIONAL, REQUIRED} else ""
    elif spec.label == REQUIRED:
        options.append("features.field_presence = LEGACY_REQUIRED")
    elif spec.label == SINGLE and (scalar or (enum is not None and not enum.closed)):
        options.append("features.field_presence = IMPLICIT")
    if file.syntax in EDITIONS and spec.delimited and not scalar and enum is None:
        options.append("features.message_encoding = DELIMITED")
    if file.syntax in EDITIONS and spec.unchecked and spec.type == "string":
        options.append("features.utf8_validation = NONE")
    explicit = file.syntax == PROTO2 or (file.syntax in EDITIONS and spec.label == OPTIONAL)
    if spec.default is not None and explicit and not spec.oneof and spec.label == OPTIONAL and spec.type == "int32":
        options.append(f"default = {spec.default}")
    brackets = f" [{', '.join(options)}]" if options else ""
    return f"{label}{spec.type} {spec.name} = {spec.number}{brackets};"


def _group(spec: Field) -> str:
    label = {REPEATED: "repeated", REQUIRED: "required"}.get(spec.label, "optional")
    return f"{label} group G{spec.number} = {spec.number} {{ optional int32 inner = 1; optional string text = 2; }}"


# ------------------------------------------------------------------------------------------------ schemas


def schema(chance: random.Random, *, imports: bool = True) -> File:
    """A small file: one to three messages that may hold one another, up to two enums, sometimes an imported message."""
    syntax = chance.choice((PROTO2, PROTO3, PROTO3, EDITION, NEXT_EDITION))
    enums = tuple(
        Enum(name, _values(chance, name.upper()), closed=chance.random() < 0.4)
        for name in ("Colour", "Size")[: chance.randrange(3)]
    )
    names = ("Order", "Line", "Money")[: chance.randrange(1, 4)]
    file = File(syntax, tuple(Message(name) for name in names), enums, dense=chance.random() < 0.2)
    if imports and chance.random() < 0.2:
        bare = File(syntax, (), dense=file.dense)
        fields = tuple(_random_field(chance, bare, number) for number in _numbers(chance, bare))
        file = replace(file, shared=(Message("Shared", fields),))
    messages = tuple(_filled(chance, file, message) for message in file.messages)
    return replace(file, messages=tuple(map(_without_cycles, messages)))


def _filled(chance: random.Random, file: File, message: Message) -> Message:
    extensible = chance.random() < 0.2
    extended = [n for n in EXTENSIONS if extensible and chance.random() < 0.5]
    return replace(
        message,
        fields=tuple(_random_field(chance, file, number) for number in _numbers(chance, file)),
        reserved=tuple(number for number in (30, 99) if chance.random() < 0.15),
        reserved_names=tuple(name for name in ("f30", "old") if chance.random() < 0.15),
        extensible=extensible,
        extended=tuple(
            Field(n, f"{message.name.lower()}_x{n}", _random_type(chance, file), chance.choice((OPTIONAL, REPEATED)))
            for n in extended
        ),
    )


def _values(chance: random.Random, prefix: str) -> tuple[tuple[str, int], ...]:
    numbers = sorted({0, *chance.sample(range(-3, 9), 3)}, key=abs)
    return tuple((f"{prefix}_{'MINUS' if n < 0 else 'V'}{abs(n)}", n) for n in numbers)


def _numbers(chance: random.Random, file: File) -> list[int]:
    if file.dense:
        return sorted(chance.sample((1, 2, 3), chance.randrange(1, 4)))
    return sorted(chance.sample((1, 2, 3, 4, 5, 6, 15, 16, 17, 300), chance.randrange(0, 6)))


def _random_type(chance: random.Random, file: File) -> str:
    named = [each.name for each in (*file.messages, *file.enums, *file.shared)]
    if file.dense:
        return chance.choice((*named, *FEW_SCALARS))
    return chance.choice(named) if named and chance.random() < 0.35 else chance.choice(SCALARS)


def _random_field(chance: random.Random, file: File, number: int) -> Field:
    label = chance.choice((SINGLE, SINGLE, OPTIONAL, REPEATED, REPEATED, MAP, REQUIRED))
    oneof = chance.choice(("", "", "", "choice", "other")) if label in {SINGLE, OPTIONAL} else ""
    return Field(
        number=number,
        name=f"f{number}",
        type=_random_type(chance, file),
        label=label,
        key=chance.choice(("int32", "string") if file.dense else KEYS),
        oneof=oneof,
        packed=chance.choice((None, True, False)),
        delimited=chance.random() < 0.15,
        unchecked=chance.random() < 0.2,
        default=chance.choice((None, None, 5)),
        json_name=chance.choice(("", "", "", "", f"n{number}")),
    )


def _without_cycles(message: Message) -> Message:
    """A message that requires itself has no event: rare by nature, so rare here."""
    fields = tuple(
        replace(f, label=OPTIONAL) if f.label == REQUIRED and f.type[0].isupper() and f.number % 3 else f
        for f in message.fields
    )
    return replace(message, fields=fields)


# ------------------------------------------------------------------------------------------------ changes


def changed(chance: random.Random, file: File) -> File:
    """The file after one to three changes of any kind."""
    for _ in range(chance.randrange(1, 4)):
        file = chance.choice(CHANGES)(chance, file)
    return file


def grown(chance: random.Random, file: File) -> File:
    """The file with optional fields added under new numbers and messages added at the end: harmless both ways."""
    messages = []
    for message in file.messages:
        taken = {*message.reserved, *(field.number for field in message.fields)}
        fresh = [n for n in (7, 8, 9, 400, 401, 402) if n not in taken and chance.random() < 0.5]
        added = tuple(
            replace(_random_field(chance, file, n), oneof="", label=chance.choice((SINGLE, OPTIONAL, REPEATED, MAP)))
            for n in fresh
        )
        messages.append(replace(message, fields=(*message.fields, *added)))
    return replace(file, messages=tuple(messages))


def _on_field(edit: Callable[[random.Random, File, Field], Field | None]) -> Callable[[random.Random, File], File]:
    def change(chance: random.Random, file: File) -> File:
        full = [message for message in file.messages if message.fields]
        if not full:
            return file
        message = chance.choice(full)
        at = chance.randrange(len(message.fields))
        edited = edit(chance, file, message.fields[at])
        fields = (*message.fields[:at], *([edited] if edited else []), *message.fields[at + 1 :])
        return _with_message(file, message, replace(message, fields=fields))

    return change


def _with_message(file: File, old: Message, new: Message) -> File:
    return replace(file, messages=tuple(new if message is old else message for message in file.messages))


def _retype(chance: random.Random, file: File, spec: Field) -> Field:
    return replace(spec, type=_random_type(chance, file))


def _relabel(chance: random.Random, file: File, spec: Field) -> Field:
    return replace(spec, label=chance.choice((SINGLE, OPTIONAL, REQUIRED, REPEATED, MAP)), oneof="")


def _regroup(chance: random.Random, file: File, spec: Field) -> Field:
    return replace(spec, oneof=chance.choice(("", "choice", "other")), label=OPTIONAL)


def _renumber(chance: random.Random, file: File, spec: Field) -> Field:
    return replace(spec, number=chance.choice((20, 21, 22)))


def _add_field(chance: random.Random, file: File) -> File:
    message = chance.choice(file.messages)
    added = _random_field(chance, file, 30)
    free = (n for n in message.reserved if n != 30) if chance.random() < 0.5 else message.reserved
    names = (n for n in message.reserved_names if n != "f30") if chance.random() < 0.5 else message.reserved_names
    new = replace(message, reserved=tuple(free), reserved_names=tuple(names), fields=(*message.fields, added))
    return _with_message(file, message, new)


def _retire(chance: random.Random, file: File) -> File:
    """Remove a field and reserve its number and name."""
    full = [message for message in file.messages if message.fields]
    if not full:
        return file
    message = chance.choice(full)
    gone = chance.choice(message.fields)
    new = replace(
        message,
        fields=tuple(each for each in message.fields if each is not gone),
        reserved=(*message.reserved, gone.number),
        reserved_names=(*message.reserved_names, gone.name),
    )
    return _with_message(file, message, new)


def _exchange_names(chance: random.Random, file: File) -> File:
    full = [message for message in file.messages if len(message.fields) > 1]
    if not full:
        return file
    message = chance.choice(full)
    one, other, *rest = chance.sample(message.fields, len(message.fields))
    fields = (replace(one, name=other.name), replace(other, name=chance.choice((one.name, "fresh"))), *rest)
    return _with_message(file, message, replace(message, fields=tuple(sorted(fields, key=lambda f: f.number))))


def _claim_name(chance: random.Random, file: File) -> File:
    """A field goes, and its name in JSON to another."""
    full = [message for message in file.messages if len(message.fields) > 1]
    if not full:
        return file
    message = chance.choice(full)
    gone, heir, *rest = chance.sample(message.fields, len(message.fields))
    fields = (replace(heir, json_name=gone.json_name or gone.name), *rest)
    return _with_message(file, message, replace(message, fields=tuple(sorted(fields, key=lambda f: f.number))))


def _join(chance: random.Random, file: File) -> File:
    """Several single fields into one oneof."""
    full = [message for message in file.messages if len(message.fields) > 1]
    if not full:
        return file
    message = chance.choice(full)
    picked = chance.sample(message.fields, 2)
    fields = tuple(replace(f, oneof="choice", label=OPTIONAL) if f in picked else f for f in message.fields)
    return _with_message(file, message, replace(message, fields=fields))


def _free_reserved(chance: random.Random, file: File) -> File:
    message = chance.choice(file.messages)
    return _with_message(
        file, message, replace(message, reserved=(), reserved_names=(), extensible=chance.random() < 0.5)
    )


def _change_extensions(chance: random.Random, file: File) -> File:
    message = chance.choice(file.messages)
    extended = tuple(
        Field(n, f"{message.name.lower()}_x{n}", _random_type(chance, file), chance.choice((OPTIONAL, REPEATED)))
        for n in EXTENSIONS
        if chance.random() < 0.7
    )
    return _with_message(file, message, replace(message, extensible=True, extended=extended))


def _reorder(chance: random.Random, file: File) -> File:
    return replace(file, messages=tuple(chance.sample(file.messages, len(file.messages))))


def _add_message(chance: random.Random, file: File) -> File:
    if any(message.name == "Fresh" for message in file.messages):
        return file
    return replace(file, messages=(*file.messages, _filled(chance, file, Message("Fresh"))))


def _drop_held(chance: random.Random, file: File) -> File:
    """A message goes, and the fields that held it become numbers."""
    if len(file.messages) == 1:
        return file
    gone = chance.choice(file.messages)

    def kept(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(f, type="int32") if f.type == gone.name else f for f in fields)

    left = [message for message in file.messages if message is not gone]
    messages = tuple(replace(m, fields=kept(m.fields), extended=kept(m.extended)) for m in left)
    return replace(file, messages=messages)


def _change_shared(chance: random.Random, file: File) -> File:
    if not file.shared:
        return file
    inner = File(file.syntax, file.shared)
    return replace(file, shared=chance.choice(CHANGES[:12])(chance, inner).messages)


def _move(chance: random.Random, file: File) -> File:
    """A message that holds nothing of the file goes to the imported one, or comes back from it."""
    if file.shared and chance.random() < 0.5:
        return replace(file, messages=(*file.messages, *file.shared), shared=())
    local = {each.name for each in (*file.messages, *file.enums)}
    free = [m for m in file.messages if not {f.type for f in (*m.fields, *m.extended)} & local]
    if len(file.messages) == 1 or not free:
        return file
    moved = chance.choice(free)
    left = tuple(message for message in file.messages if message is not moved)
    return replace(file, messages=left, shared=(*file.shared, moved))


def _change_values(chance: random.Random, file: File) -> File:
    if not file.enums:
        return file
    enum = chance.choice(file.enums)
    kept = (enum.values[0], *(value for value in enum.values[1:] if chance.random() < 0.6))
    new = replace(enum, values=kept if chance.random() < 0.7 else (*kept, (f"{enum.name.upper()}_NEW", 11)))
    new = replace(new, closed=chance.choice((new.closed, not new.closed)))
    if chance.random() < 0.3:
        new = replace(new, values=(*new.values[:-1], (f"{enum.name.upper()}_RENAMED", new.values[-1][1])))
    return replace(file, enums=tuple(new if other is enum else other for other in file.enums))


def _remove_message(chance: random.Random, file: File) -> File:
    gone = file.messages[-1].name
    if len(file.messages) == 1 or any(f.type == gone for m in file.messages for f in (*m.fields, *m.extended)):
        return file
    return replace(file, messages=file.messages[:-1])


CHANGES: Sequence[Callable[[random.Random, File], File]] = (
    _on_field(_retype),
    _on_field(_retype),
    _on_field(_relabel),
    _on_field(_relabel),
    _on_field(_regroup),
    _on_field(_renumber),
    _on_field(lambda _, __, ___: None),
    _on_field(lambda _, __, spec: replace(spec, name=f"renamed{spec.number}")),
    _on_field(lambda _, __, spec: replace(spec, delimited=not spec.delimited)),
    _on_field(lambda _, __, spec: replace(spec, packed=not spec.packed)),
    _on_field(lambda _, __, spec: replace(spec, unchecked=not spec.unchecked)),
    _on_field(lambda chance, _, spec: replace(spec, key=chance.choice(KEYS))),
    _on_field(lambda _, __, spec: replace(spec, default=6)),
    _on_field(lambda _, __, spec: replace(spec, json_name=f"other{spec.number}")),
    _add_field,
    _retire,
    _exchange_names,
    _claim_name,
    _join,
    _free_reserved,
    _change_extensions,
    _reorder,
    _add_message,
    _drop_held,
    _change_shared,
    _change_shared,
    _move,
    _change_values,
    _change_values,
    _remove_message,
    lambda chance, file: replace(file, syntax=chance.choice((PROTO2, PROTO3, *EDITIONS))),
    lambda chance, file: replace(file, package=chance.choice(("shop", "store"))),
)


def pair(chance: random.Random) -> tuple[Definition, Definition]:
    """A writer and a reader."""
    first, second = file_pair(chance)
    return definition(first), definition(second)


def file_pair(chance: random.Random) -> tuple[File, File]:
    """The same, not yet as text."""
    first = schema(chance)
    return first, changed(chance, first)


def plain_pair(chance: random.Random) -> tuple[str, str]:
    """The sources of a writer and a reader that import nothing."""
    first = schema(chance, imports=False)
    second = changed(chance, first)
    return text(first), text(replace(second, messages=(*second.messages, *second.shared), shared=(), package="shop"))


seeds = st.integers(min_value=0, max_value=2**32 - 1)
files = seeds.map(lambda seed: schema(random.Random(seed)))
pairs = seeds.map(lambda seed: pair(random.Random(seed)))
