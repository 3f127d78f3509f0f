"""buf's rules for files, packages, services and extensions, one function each.

A definition is one file: what a file or package rule says about other files cannot arise here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from google.protobuf.descriptor_pb2 import DescriptorProto, MethodDescriptorProto

from compat.buf.pairs import Found, inner, messages, method_pairs, methods, spelt
from compat.buf.types import enum_no_delete, message_no_delete
from compat.protobuf.model import Schema
from compat.protobuf.words import plain, spelt_syntax

FILE_OPTIONS: Final = (
    "go_package", "java_package", "java_outer_classname", "java_multiple_files", "java_generic_services",
    "cc_generic_services", "cc_enable_arenas", "py_generic_services", "csharp_namespace", "objc_class_prefix",
    "php_class_prefix", "php_namespace", "php_metadata_namespace", "ruby_package", "swift_prefix", "optimize_for",
)  # fmt: skip
"""Options of files that change generated code; each has a rule of its name."""


def file_same_package(old: Schema, new: Schema) -> Iterator[Found]:
    """The package statement changed."""
    if old.package != new.package:
        what = f"the package is {new.package or '(none)'} instead of {old.package or '(none)'}"
        yield Found(what, plain(f"package {old.package}"), plain(f"package {new.package}"))


def file_same_syntax(old: Schema, new: Schema) -> Iterator[Found]:
    """The syntax changed; for buf all editions are one."""
    before, after = spelt_syntax(old), spelt_syntax(new)
    if old.file.syntax != new.file.syntax:
        yield Found(f"{before} became {after}", plain(before), plain(after))


def file_same_option(option: str) -> Callable[[Schema, Schema], Iterator[Found]]:
    """The rule for one option."""

    def check(old: Schema, new: Schema) -> Iterator[Found]:
        before, after = getattr(old.file.options, option), getattr(new.file.options, option)
        if before != after:
            what = f"the option {option} is {after!r} instead of {before!r}"
            yield Found(what, plain(f"{option} = {before}"), plain(f"{option} = {after}"))

    return check


def package_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """No file has the package any more."""
    if old.package and old.package != new.package:
        yield Found(f"the package {old.package} is gone", plain(f"package {old.package}"))


def in_same_package(
    rule: Callable[[Schema, Schema], Iterator[Found]], left: Callable[[Schema], Collection[object]] | None = None
) -> Callable[[Schema, Schema], Iterator[Found]]:
    """A rule about what is gone from a package. Where it has no message or enum left, buf says nothing of these."""

    def check(old: Schema, new: Schema) -> Iterator[Found]:
        if old.package == new.package and (left is None or left(new)):
            yield from rule(old, new)

    return check


package_message_no_delete = in_same_package(message_no_delete, messages)
package_enum_no_delete = in_same_package(enum_no_delete, lambda schema: schema.enum_names)


def service_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A service is gone from the file."""
    left = {service.name for service in new.file.service}
    for service in old.file.service:
        if service.name not in left:
            yield Found(f"the service {service.name} is gone", spelt(f"service {service.name}", service.name))


package_service_no_delete = in_same_package(service_no_delete)


def extension_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """An extension is gone from the file."""
    left = {inner(new, name) for name in _extensions(new)}
    for name in _extensions(old):
        if inner(old, name) not in left:
            yield Found(f"the extension {name} is gone", spelt(f"extension {name}", name))


package_extension_no_delete = in_same_package(extension_no_delete, lambda schema: list(_extensions(schema)))


def _extensions(schema: Schema) -> Iterator[str]:
    scope = f"{schema.package}." if schema.package else ""
    yield from (f"{scope}{field.name}" for field in schema.file.extension)
    for name in messages(schema):
        proto = DescriptorProto()
        schema.pool.FindMessageTypeByName(name).CopyToProto(proto)
        yield from (f"{name}.{field.name}" for field in proto.extension)


def rpc_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A method is gone from a service that is still there."""
    left = methods(new)
    services = {service.name for service in new.file.service}
    for name in methods(old):
        if name not in left and name.split(".")[-2] in services:
            yield Found(f"the method {name} is gone", spelt(f"rpc {name}", name))


def rpc_same_request_type(old: Schema, new: Schema) -> Iterator[Found]:
    """A method takes another message."""
    yield from _rpc(old, new, "request", lambda method: method.input_type)


def rpc_same_response_type(old: Schema, new: Schema) -> Iterator[Found]:
    """A method gives another message."""
    yield from _rpc(old, new, "response", lambda method: method.output_type)


def rpc_same_client_streaming(old: Schema, new: Schema) -> Iterator[Found]:
    """Only one version streams requests."""
    yield from _rpc(old, new, "streaming of requests", lambda method: method.client_streaming)


def rpc_same_server_streaming(old: Schema, new: Schema) -> Iterator[Found]:
    """Only one version streams responses."""
    yield from _rpc(old, new, "streaming of responses", lambda method: method.server_streaming)


def rpc_same_idempotency_level(old: Schema, new: Schema) -> Iterator[Found]:
    """A method promises something else about being repeated."""
    yield from _rpc(old, new, "idempotency level", lambda method: method.options.idempotency_level)


def _rpc(old: Schema, new: Schema, what: str, read: Callable[[MethodDescriptorProto], object]) -> Iterator[Found]:
    for name, before, after in method_pairs(old, new):
        was, now = read(before), read(after)
        if was != now:
            yield Found(f"the {what} of {name} changed", spelt(f"{was}", name), spelt(f"{now}", name))
