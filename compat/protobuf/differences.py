"""Everything that changed between two schemas, for people: what concerns events, then names, comments and services."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import MethodDescriptorProto, ServiceDescriptorProto

from compat.budget import Budget
from compat.errors import LimitExceeded
from compat.protobuf.compare import Comparison
from compat.protobuf.model import Schema
from compat.protobuf.options import option_differences
from compat.protobuf.records import Enum, Field, Message
from compat.protobuf.words import fragment
from compat.verdict import Difference, Fragment, Incompatibility, Place


def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    """In the order of the newer text; what stands nowhere in it (imports, things removed) where the older has it."""
    found = [
        *_between(old, new),
        *_imports(old, new),
        *option_differences(old, new, _earlier),
        *_of_types(old, new),
        *_of_services(old, new),
    ]
    yield from sorted(found, key=_position)


def _position(difference: Difference) -> tuple[int, int]:
    for side in (difference.after, difference.before):
        if side is not None and side.place.line is not None:
            return side.place.line, side.place.column or 0
    return (0, 0) if not (difference.after or difference.before) else (1_000_000_000, 0)


def _between(old: Schema, new: Schema) -> Iterator[Difference]:
    """What the comparison of the newer as reader with the older as writer finds, harmless things included."""
    try:
        for cause in Comparison(new, old, Budget()).run():
            if isinstance(cause, Incompatibility):
                yield cause.difference
    except LimitExceeded:
        return  # what was found until here is true


def _imports(old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = set(old.file.dependency), set(new.file.dependency)
    for name in sorted(before - after):
        yield Difference("IMPORT_CHANGED", f"{name} is not imported any more", _text(f'import "{name}"'), None)
    for name in sorted(after - before):
        yield Difference("IMPORT_CHANGED", f"{name} is imported", None, _text(f'import "{name}"'))


def _of_types(old: Schema, new: Schema) -> Iterator[Difference]:
    for name in new.message_names:
        earlier = _earlier(old, new, name)
        if old.has_message(earlier):
            yield from _of_message(old.message(earlier), new.message(name))
    for name in new.enum_names:
        earlier = _earlier(old, new, name)
        enum = new.enum(name)
        if old.has_enum(earlier):
            yield from _of_enum(old.enum(earlier), enum)
        else:
            yield Difference("ENUM_ADDED", f"{name} was added", None, Fragment(enum.place, f"enum {name}"))
    for name in old.enum_names:
        if not new.has_enum(_earlier(new, old, name)):
            yield Difference("ENUM_REMOVED", f"{name} is gone", Fragment(old.enum(name).place, f"enum {name}"), None)


def _earlier(old: Schema, new: Schema, name: str) -> str:
    """The name a type of ``new`` has in ``old`` if only the package changed."""
    if old.package == new.package:
        return name
    inner = name.removeprefix(f"{new.package}.") if new.package else name
    return f"{old.package}.{inner}" if old.package else inner


def _of_message(old: Message, new: Message) -> Iterator[Difference]:
    yield from _words(new.name, old, new, f"message {old.name}", f"message {new.name}")
    for number, field in new.fields.items():
        earlier = old.fields.get(number)
        if earlier is not None:
            before, after = fragment(earlier).text, fragment(field).text
            yield from _words(f"{new.name}.{field.name}", earlier, field, before, after)


def _of_enum(old: Enum, new: Enum) -> Iterator[Difference]:
    if old.doc != new.doc:
        yield _doc(new.name, Fragment(old.place, f"enum {old.name}"), Fragment(new.place, f"enum {new.name}"))
    earlier = {value.name: value for value in old.values}
    for value in new.values:
        known = earlier.get(value.name)
        if known is None:
            continue
        before, after = Fragment(known.place, known.name), Fragment(value.place, value.name)
        if known.doc != value.doc:
            yield _doc(f"{new.name}.{value.name}", before, after)
        if known.deprecated != value.deprecated:
            yield _deprecated(f"{new.name}.{value.name}", before, after, now=value.deprecated)


def _words(
    name: str, old: Message | Field, new: Message | Field, before_text: str, after_text: str
) -> Iterator[Difference]:
    before, after = Fragment(old.place, before_text), Fragment(new.place, after_text)
    if old.doc != new.doc:
        yield _doc(name, before, after)
    if old.deprecated != new.deprecated:
        yield _deprecated(name, before, after, now=new.deprecated)


def _doc(name: str, before: Fragment, after: Fragment) -> Difference:
    return Difference("DOCUMENTATION_CHANGED", f"the comment of {name} is another one", before, after)


def _deprecated(name: str, before: Fragment, after: Fragment, *, now: bool) -> Difference:
    message = f"{name} is deprecated" if now else f"{name} is not deprecated any more"
    return Difference("DEPRECATED_CHANGED", message, before, after)


def _of_services(old: Schema, new: Schema) -> Iterator[Difference]:
    before = {service.name: service for service in old.file.service}
    after = {service.name: service for service in new.file.service}
    for name in before.keys() - after.keys():
        yield Difference("SERVICE_REMOVED", f"the service {name} is gone", _named(old, name, f"service {name}"), None)
    for name, service in after.items():
        earlier = before.get(name)
        if earlier is None:
            yield Difference(
                "SERVICE_ADDED", f"the service {name} was added", None, _named(new, name, f"service {name}")
            )
        else:
            yield from _of_methods(old, new, earlier, service)


def _of_methods(
    old: Schema, new: Schema, before: ServiceDescriptorProto, after: ServiceDescriptorProto
) -> Iterator[Difference]:
    earlier = {method.name: method for method in before.method}
    later = {method.name: method for method in after.method}
    for name in earlier.keys() - later.keys():
        place = _named(old, f"{before.name}.{name}", _signature(earlier[name]))
        yield Difference("METHOD_REMOVED", f"the method {before.name}.{name} is gone", place, None)
    for name, method in later.items():
        place = _named(new, f"{after.name}.{name}", _signature(method))
        if name not in earlier:
            yield Difference("METHOD_ADDED", f"the method {after.name}.{name} was added", None, place)
        elif _signature(method) != _signature(earlier[name]):
            was = _named(old, f"{before.name}.{name}", _signature(earlier[name]))
            yield Difference("METHOD_CHANGED", f"the method {after.name}.{name} is declared differently", was, place)


def _signature(method: MethodDescriptorProto) -> str:
    streams = ["stream " if flag else "" for flag in (method.client_streaming, method.server_streaming)]
    return f"rpc {method.name}({streams[0]}{method.input_type}) returns ({streams[1]}{method.output_type})"


def _text(text: str) -> Fragment:
    return Fragment(Place(""), text)


def _named(schema: Schema, name: str, text: str) -> Fragment:
    return Fragment(Place(f"{schema.package}.{name}" if schema.package else name), text)
