"""The bodies of the Confluent protocol. Unknown members are ignored; empty ones are left out of answers.

Members stand in the protocol's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import msgspec

from compat.definition import Format
from compat.entity import Entity, EntityKind, Tags
from registry.data_contract import completed, with_compiled
from registry.errors import InvalidSchemaText
from registry.model import (
    Association,
    Configuration,
    Content,
    Metadata,
    Resource,
    RuleSet,
    SchemaReference,
    Subject,
    Version,
)
from registry.service import Retagging
from registry.service.amendment import Amendment
from registry.service.definitions import qualified

Number: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of the bodies: camelCase, defaults left out."""


def _tags(sent: Sequence[SchemaTags] | None) -> Tags:
    found: dict[Entity, frozenset[str]] = {}
    for each in sent or ():
        entity = Entity(each.schema_entity.entity_path, each.schema_entity.entity_type)
        found[entity] = found.get(entity, frozenset()) | frozenset(each.tags)
    return found


def schema_tags(found: Tags) -> list[SchemaTags]:
    """Tags as the protocol shows them."""
    return [SchemaTags(SchemaEntity(entity.path, entity.kind), sorted(tags)) for entity, tags in sorted(found.items())]


class ReferenceBody(Wire, frozen=True):
    """A name used in the schema, and the subject and version it stands for."""

    name: str | None = None
    subject: str | None = None
    version: Number | None = None


class SchemaEntity(Wire, frozen=True):
    """A record or field: its full name, or in JSON Schema its path from ``$``."""

    entity_path: str
    entity_type: EntityKind


class SchemaTags(Wire, frozen=True):
    """The tags of one record or field."""

    schema_entity: SchemaEntity
    tags: list[str]


class RegisterSchemaRequest(Wire, frozen=True):
    """A schema that is sent to be registered, looked up or checked."""

    schema: str | None = None
    schema_type: str | None = None
    references: list[ReferenceBody] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    version: Number | None = None
    id: Number | None = None
    schema_tags_to_add: list[SchemaTags] | None = None
    schema_tags_to_remove: list[SchemaTags] | None = None
    propagate_schema_tags: bool | None = None

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
        return Content(format, self.schema or "", references, self.metadata, completed(self.rule_set))

    @property
    def retagging(self) -> Retagging | None:
        """The tags to be written into the schema, if it asks for any."""
        add, remove = _tags(self.schema_tags_to_add), _tags(self.schema_tags_to_remove)
        if not (add or remove or self.propagate_schema_tags):
            return None
        return Retagging(propagate=bool(self.propagate_schema_tags), add=add, remove=remove)

    @property
    def schema_id(self) -> int | None:
        """The id to be taken over, if one is given: some clients send -1 for none."""
        return None if self.id is None or self.id < 0 else self.id


class TagSchemaRequest(Wire, frozen=True):
    """What a new version has differently: tags, metadata, rules."""

    new_version: Number | None = None
    tags_to_add: list[SchemaTags] | None = None
    tags_to_remove: list[SchemaTags] | None = None
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    rules_to_merge: RuleSet | None = None
    rules_to_remove: list[str] | None = None

    def amendment(self) -> Amendment:
        return Amendment(
            number=self.new_version or 0,
            retagging=Retagging(add=_tags(self.tags_to_add), remove=_tags(self.tags_to_remove)),
            metadata=self.metadata,
            rule_set=completed(self.rule_set),
            rules_to_merge=completed(self.rules_to_merge),
            rules_to_remove=tuple(self.rules_to_remove or ()),
        )


class SchemaBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A version of a subject."""

    subject: str
    version: int
    id: int
    guid: str
    schema_type: str
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET
    schema: str
    schema_tags: list[SchemaTags] | msgspec.UnsetType = msgspec.UNSET
    """Those that ``findTags`` asks for."""
    ts: int
    """Milliseconds since 1970: when it was registered."""
    deleted: bool
    aliases: list[str] | msgspec.UnsetType = msgspec.UNSET
    """In a listing that asks for them."""
    associations: list[AssociationBody] | msgspec.UnsetType = msgspec.UNSET
    """In a listing that asks for them."""


class SchemaStringBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A schema by its id or GUID."""

    subject: str | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET
    id: int | msgspec.UnsetType = msgspec.UNSET
    """Not in the protocol; the stock Python client looks for it here when it is told to ``use.schema.id``."""
    guid: str
    schema_type: str
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET
    schema: str
    schema_tags: list[SchemaTags] | msgspec.UnsetType = msgspec.UNSET
    """Those that ``findTags`` asks for."""
    ts: int
    deleted: bool
    max_id: int | msgspec.UnsetType = msgspec.UNSET


class RegisterSchemaResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was registered, or was there already."""

    id: int
    version: int
    guid: str
    schema_type: str
    references: list[SchemaReference] | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    rule_set: RuleSet | msgspec.UnsetType = msgspec.UNSET
    schema: str
    ts: int
    deleted: bool


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
    profile: str | None = None
    rule_overrides: dict[str, str] | None = None
    json_formats: str | None = None
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


class AssociationBody(msgspec.Struct, frozen=True, rename="camel"):
    """That a resource uses a subject."""

    subject: str
    guid: str
    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    association_type: str
    lifecycle: str
    frozen: bool


class AssociationInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The same within an answer about the resource, with the schema where there is one to show."""

    subject: str
    association_type: str
    lifecycle: str
    frozen: bool
    schema: SchemaBody | msgspec.UnsetType = msgspec.UNSET


class AssociationResponse(Wire, frozen=True):
    """A resource and what it uses."""

    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    associations: list[AssociationInfo]


def association_body(found: Association) -> AssociationBody:
    """An association as the protocol shows it."""
    return AssociationBody(
        subject=str(found.subject),
        guid=found.guid,
        resource_name=found.resource.name,
        resource_namespace=found.resource.namespace,
        resource_id=found.resource.id,
        resource_type=found.resource.type,
        association_type=found.type,
        lifecycle=found.lifecycle.value,
        frozen=found.frozen,
    )


def association_response(
    resource: Resource, found: Sequence[Association], versions: Sequence[Version | None] = ()
) -> AssociationResponse:
    """The associations of a resource, with the versions that belong to them where some are given."""
    shown = [None if version is None else schema_body(version, version.content.text) for version in versions]
    schemas = shown or [None] * len(found)
    return AssociationResponse(
        resource_name=resource.name,
        resource_namespace=resource.namespace,
        resource_id=resource.id,
        resource_type=resource.type,
        associations=[
            AssociationInfo(str(each.subject), each.type, each.lifecycle.value, each.frozen, schema or msgspec.UNSET)
            for each, schema in zip(found, schemas, strict=True)
        ],
    )


def registered_body(version: Version, text: str) -> RegisterSchemaResponse:
    """What was registered, as the protocol answers it."""
    return RegisterSchemaResponse(
        id=version.schema_id,
        version=version.number,
        guid=version.guid,
        schema_type=version.content.format.value,
        schema=text,
        ts=milliseconds(version),
        deleted=version.deleted,
        **extras(version),
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
