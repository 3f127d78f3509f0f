"""Options of the definition's own declarations that changed, custom ones by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message as Options

from compat.protobuf.model import Schema, declarations
from compat.protobuf.pool import with_known_options
from compat.verdict import Difference, Fragment, Place

_TOLD_BY_EFFECT: Final = frozenset({"features", "packed", "map_entry"})
"""Options of declarations inside a file whose effects are findings of their own."""
_TOLD_APART: Final = frozenset({"deprecated", *_TOLD_BY_EFFECT})

_SHOWN: Final = 200

Translate = Callable[[Schema, Schema, str], str]


def option_differences(old: Schema, new: Schema, earlier: Translate) -> Iterator[Difference]:
    """``earlier`` gives the name a type of ``new`` has in ``old``. The deprecation of messages is told elsewhere."""
    before, after = _known(old), _known(new)
    yield from _changed("", before.options, after.options, frozenset())
    ours = {name: each.proto for name, each in declarations(before)}
    for name, each in declarations(after):
        theirs: Any = ours.get(earlier(old, new, name))
        proto: Any = each.proto
        if theirs is None or type(theirs).__name__ != type(proto).__name__:
            continue
        is_message = hasattr(proto, "field")
        yield from _changed(name, theirs.options, proto.options, _TOLD_APART if is_message else _TOLD_BY_EFFECT)
        members = ("field", "oneof_decl") if is_message else ("value",)
        for member in members:
            yield from _of_members(name, getattr(theirs, member), getattr(proto, member), _TOLD_APART)
    scope = f"{new.package}." if new.package else ""
    yield from _of_members(new.package, before.extension, after.extension, _TOLD_APART)
    services = {service.name: service for service in before.service}
    for service in after.service:
        if service.name in services:
            known, name = services[service.name], f"{scope}{service.name}"
            yield from _changed(name, known.options, service.options, _TOLD_BY_EFFECT)
            yield from _of_members(name, known.method, service.method, _TOLD_BY_EFFECT)


def _known(schema: Schema) -> FileDescriptorProto:
    """The file with the custom options it can name."""
    custom = any(
        extension.extendee.startswith(".google.protobuf.")
        for file in schema.files.values()
        for extension in file.extension
    )
    return with_known_options(schema.descriptors, schema.file) if custom else schema.file


def _of_members(owner: str, old: Any, new: Any, told: frozenset[str]) -> Iterator[Difference]:
    before, scope = {each.name: each for each in old}, f"{owner}." if owner else ""
    for each in new:
        known = before.get(each.name)
        if known is not None and (known.HasField("options") or each.HasField("options")):
            yield from _changed(f"{scope}{each.name}", known.options, each.options, told)


def _changed(name: str, old: Options, new: Options, told: frozenset[str]) -> Iterator[Difference]:
    """``name`` of the declaration, empty for the file."""
    before, after = _assigned(old), _assigned(new)
    for option in sorted((before.keys() | after.keys()) - told):
        if before.get(option) != after.get(option):
            yield Difference(
                "DEPRECATED_CHANGED" if option == "deprecated" and told else "OPTION_CHANGED",
                f"the option {option} of {name or 'the file'} is {after.get(option, 'not set')[:_SHOWN]}",
                _fragment(name, option, before),
                _fragment(name, option, after),
            )


def _assigned(options: Options) -> Mapping[str, str]:
    return {
        f"({field.full_name})" if field.is_extension else field.name: _spelt(field, value)
        for field, value in options.ListFields()
    }


def _spelt(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None and not field.is_repeated:
        return str(field.enum_type.values_by_number[value].name)
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _fragment(name: str, option: str, assigned: Mapping[str, str]) -> Fragment | None:
    return Fragment(Place(name), f"{option} = {assigned[option][:_SHOWN]}") if option in assigned else None
