"""The bodies of the Confluent protocol. Unknown members are ignored; empty ones are left out of answers."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from compat.definition import Format
from registry.data_contract import with_compiled
from registry.errors import InvalidSchemaText
from registry.model import Configuration, Content, Metadata, RuleSet, SchemaReference, Subject, Version
from registry.service.definitions import qualified

VersionNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)]
SchemaId: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of the bodies: camelCase, defaults left out."""


class ReferenceBody(Wire, frozen=True):
    """A name used in the schema, and the subject and version it stands for."""

    name: str | None = None
    subject: str | None = None
    version: VersionNumber | None = None


class RegisterSchemaRequest(Wire, frozen=True):
    """A schema that is sent to be registered, looked up or checked."""

    schema: str | None = None
    schema_type: str | None = None
    references: list[ReferenceBody] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    version: VersionNumber | None = None
    id: SchemaId | None = None

    def content(self) -> Content:
        """Raises InvalidSchemaText for an unknown schemaType."""
        try:
            format = Format((self.schema_type or Format.AVRO).upper())  # noqa: A001
        except ValueError:
            known = ", ".join(Format)
            raise InvalidSchemaText(f"schemaType is '{self.schema_type}', not one of {known}") from None
        references = tuple(
            SchemaReference(item.name or "", item.subject or "", -1 if item.version is None else item.version)
            for item in self.references or ()
        )
        return Content(format, self.schema or "", references, self.metadata, self.rule_set)


class SchemaBody(msgspec.Struct, frozen=True, rename="camel"):
    """A version of a subject."""

    subject: str
    version: int
    id: int
    guid: str
    schema_type: str
    schema: str
    ts: int
    """Milliseconds since 1970: when it was registered."""
    deleted: bool
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET


class SchemaStringBody(msgspec.Struct, frozen=True, rename="camel"):
    """A schema by its id or GUID."""

    schema: str
    schema_type: str
    guid: str
    ts: int
    deleted: bool
    subject: str | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET
    max_id: int | msgspec.UnsetType = msgspec.UNSET


class RegisterSchemaResponse(msgspec.Struct, frozen=True, rename="camel"):
    """What was registered, or was there already."""

    id: int
    version: int
    guid: str
    schema_type: str
    schema: str
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET


class CompatibilityBody(msgspec.Struct, frozen=True):
    """The answer of a check; messages with ``verbose=true``."""

    is_compatible: bool
    messages: list[str] | msgspec.UnsetType = msgspec.UNSET


class ModeBody(Wire, frozen=True):
    """A mode; null clears it."""

    mode: str | None = None


class ConfigurationBody(Wire, frozen=True):
    """The settings of a scope after a change: as they were sent, with ``compatibility``."""

    compatibility: str | None = None
    compatibility_policy: str | None = None
    compatibility_group: str | None = None
    alias: str | None = None
    alias_for_deks: str | None = None
    normalize: bool | None = None
    validate_fields: bool | None = None
    validate_new_schemas: bool | None = None
    validate_rules: bool | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None


class SubjectVersion(msgspec.Struct, frozen=True):
    """A place where a schema stands."""

    subject: str
    version: int


class ContextId(msgspec.Struct, frozen=True):
    """A schema id in a context."""

    context: str
    id: int


def schema_body(version: Version, text: str, *, qualify: bool = False) -> SchemaBody:
    """A version as the protocol shows it."""
    return SchemaBody(
        subject=str(version.subject),
        version=version.number,
        id=version.schema_id,
        guid=version.guid,
        schema_type=version.content.format.value,
        schema=text,
        ts=milliseconds(version),
        deleted=version.deleted,
        **extras(version, qualify=qualify),
    )


def extras(version: Version, *, qualify: bool = False) -> dict[str, Any]:
    """References, metadata and rules, each only if there is any."""
    found: dict[str, Any] = {}
    references = list(version.content.references)
    if references:
        found["references"] = qualified(references, version.subject.context) if qualify else references
    if version.content.metadata is not None:
        found["metadata"] = version.content.metadata
    rule_set = with_compiled(version.content.rule_set, version.migration_rules)
    if rule_set is not None:
        found["rule_set"] = rule_set
    return found


def milliseconds(version: Version) -> int:
    """When it was registered, in milliseconds since 1970."""
    return int(version.registered.timestamp() * 1000)


def configuration_body(configuration: Configuration) -> ConfigurationBody:
    """Settings in the spelling of a change."""
    values = {name: getattr(configuration, name) for name in Configuration.__struct_fields__}
    return ConfigurationBody(compatibility=values.pop("compatibility_level"), **values)


def subject_versions(found: list[tuple[Subject, int]]) -> list[SubjectVersion]:
    """Places as the protocol shows them."""
    return [SubjectVersion(str(subject), number) for subject, number in found]
