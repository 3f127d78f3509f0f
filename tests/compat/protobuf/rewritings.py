"""Other texts of the same schema, and other schemas that take and give the same events."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.compat.protobuf.strategies import (
    EDITION,
    EDITIONS,
    MAP,
    OPTIONAL,
    PROTO2,
    REQUIRED,
    SCALARS,
    SINGLE,
    Field,
    File,
    Message,
)

AGAIN = "Again"
"""What the name of a copy ends in."""


def respelt(chance: random.Random, file: File) -> File:
    """The same file: fields, extensions, messages and enums in another order, names in full, defaults spelt out."""
    own = {each.name for each in (*file.messages, *file.enums, *file.shared)}

    def field(spec: Field, *, extension: bool = False) -> Field:
        if spec.type in own and chance.random() < 0.5:
            spec = replace(spec, type=f".{file.package}.{spec.type}")
        if spec.packed is None and chance.random() < 0.5:
            spec = replace(spec, packed=file.syntax != PROTO2)
        if not spec.json_name and not extension and chance.random() < 0.5:
            spec = replace(spec, json_name=spec.name)  # no generated name has anything to turn into camel case
        return spec

    def shuffled(fields: tuple[Field, ...], *, extensions: bool = False) -> tuple[Field, ...]:
        return tuple(chance.sample([field(spec, extension=extensions) for spec in fields], len(fields)))

    messages = [
        replace(m, fields=shuffled(m.fields), extended=shuffled(m.extended, extensions=True)) for m in file.messages
    ]
    enums = [replace(e, values=(e.values[0], *chance.sample(e.values[1:], len(e.values) - 1))) for e in file.enums]
    return replace(
        file,
        messages=tuple(chance.sample(messages, len(messages))),
        enums=tuple(chance.sample(enums, len(enums))),
        shared=tuple(replace(m, fields=tuple(chance.sample(m.fields, len(m.fields)))) for m in file.shared),
    )


def in_edition(_: random.Random, file: File) -> File | None:
    """A proto2 or proto3 file in edition 2023, its features saying what the syntax implied; None if it has a group."""
    if file.syntax in EDITIONS:
        return file
    old = file.syntax == PROTO2
    enums = tuple(replace(enum, closed=old) for enum in file.enums)
    holders = (*file.messages, *file.shared)
    if old and any(_may_be_group(spec) for message in holders for spec in (*message.fields, *message.extended)):
        return None

    def message(each: Message) -> Message:
        fields = tuple(_field_in_edition(file.syntax, spec) for spec in each.fields)
        extended = tuple(_field_in_edition(file.syntax, spec) for spec in each.extended)
        return replace(each, fields=fields, extended=extended if old else (), extensible=each.extensible and old)

    return File(EDITION, tuple(map(message, file.messages)), enums, file.package, tuple(map(message, file.shared)))


def _may_be_group(spec: Field) -> bool:
    return spec.delimited and spec.type not in SCALARS and not spec.oneof and spec.label != MAP


def _field_in_edition(syntax: str, spec: Field) -> Field:
    old = syntax == PROTO2
    label, default = spec.label, spec.default if old and spec.label == OPTIONAL else None
    if (old and label == SINGLE) or (not old and label == REQUIRED):
        label = OPTIONAL
    packed = bool(spec.packed) if old else spec.packed is not False
    return replace(spec, label=label, default=default, packed=packed, delimited=False, unchecked=old)


def split(chance: random.Random, file: File) -> File | None:
    """The same types in two files: one that holds no other of the file is imported. None if there is none.

    A type that nothing holds has to stay: the messages of an imported file are no events of the importing schema.
    For the same reason only the file itself is read as before, not every other schema.
    """
    if file.shared:
        return None
    held = {spec.type for message in file.messages for spec in (*message.fields, *message.extended)}
    own = {each.name for each in (*file.messages, *file.enums)}
    free = [m for m in file.messages if m.name in held and not m.extended and not {f.type for f in m.fields} & own]
    if not free or len(file.messages) == 1:
        return None
    moved = chance.choice(free)
    return replace(file, messages=tuple(m for m in file.messages if m is not moved), shared=(moved,))


def unrolled(chance: random.Random, file: File) -> File | None:
    """A field holds a copy of its message, whose own fields lead to the original. None if no field holds a message."""
    by_name = {message.name: message for message in file.messages}
    holders = [m for m in file.messages if any(spec.type in by_name for spec in m.fields)]
    if not holders:
        return None
    holder = chance.choice(holders)
    spec = chance.choice([spec for spec in holder.fields if spec.type in by_name])
    copy = replace(by_name[spec.type], name=f"{spec.type}{AGAIN}", extended=())
    if by_name[spec.type].extended:
        return None  # the extensions belong to the original alone
    fields = tuple(replace(each, type=copy.name) if each is spec else each for each in holder.fields)
    messages = tuple(replace(m, fields=fields) if m is holder else m for m in file.messages)
    return replace(file, messages=(*messages, copy))


Rewriting = Callable[[random.Random, File], File | None]
REWRITINGS: Mapping[str, Rewriting] = {each.__name__: each for each in (respelt, in_edition, split, unrolled)}
