"""``/schemas``: by id, by GUID, and all of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from compat.definition import Format
from compat.engine import Form
from registry.errors import InvalidRequest
from registry.http.exchange import exchange_of
from registry.http.media import PROTOCOL
from registry.http.parameters import (
    AnyRequest,
    AssociationTypes,
    FetchMaxId,
    FindTags,
    Flag,
    InSubject,
    LatestOnly,
    Lifecycles,
    ReferenceFormat,
    ResourceType,
    RuleType,
    SubjectPrefix,
    context_of,
    form,
    page,
    schema_id,
    scope_of_query,
)
from registry.http.payloads import (
    ContextId,
    SchemaBody,
    SchemaStringBody,
    SubjectVersion,
    association_body,
    extras,
    milliseconds,
    schema_body,
    schema_tags,
    subject_versions,
)
from registry.model import AssociationFilter, Lifecycle, Version
from registry.service import Registry
from registry.service.answers import Listed


@get("/schemas/types", sync_to_thread=False)
def types() -> list[str]:
    """The formats this registry knows."""
    return [known.value for known in (Format.JSON, Format.PROTOBUF, Format.AVRO)]


@get("/schemas", sync_to_thread=True)
def list_schemas(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject_prefix: SubjectPrefix = "",
    *,
    deleted: Flag = False,
    latest_only: LatestOnly = False,
    aliases: Flag = False,
    rule_type: RuleType = "",
    resource_type: ResourceType = None,
    association_type: AssociationTypes = None,
    lifecycle: Lifecycles = None,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[SchemaBody]:
    """Schemas of the subjects that begin with a prefix."""
    wanted, unassociated = _associations(resource_type, association_type, lifecycle)
    found = registry.lookup.listed(
        subject_prefix or "",
        context=context_of(request),
        aliases=aliases,
        deleted=deleted,
        latest_only=latest_only,
        rule_type=rule_type,
        associations=wanted,
        unassociated=unassociated,
        page=page(offset, limit, most=registry.settings.limit_subjects_page),
    )
    return [_listed(each) for each in found]


@get("/schemas/ids/{number:str}", sync_to_thread=True)
def by_id(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    number: FromPath[str],
    within: InSubject = None,
    format: FromQuery[str | None] = None,  # noqa: A002
    reference_format: ReferenceFormat = None,
    find_tags: FindTags = None,
    *,
    fetch_max_id: FetchMaxId = False,
) -> SchemaStringBody:
    """The schema with an id."""
    scope = scope_of_query(request, within)
    version = registry.lookup.by_id(schema_id(number), scope)
    exchange_of(request).immutable = not fetch_max_id
    text = registry.lookup.text(version, form(format))
    highest = registry.lookup.highest_id(scope.context) if fetch_max_id else msgspec.UNSET
    tags = schema_tags(registry.lookup.tags(version, find_tags)) if find_tags else msgspec.UNSET
    body = _schema_string(version, text, qualify=reference_format == _QUALIFIED)
    return msgspec.structs.replace(
        body,
        subject=str(version.subject),
        version=version.number,
        id=version.schema_id,
        max_id=highest,
        schema_tags=tags,
    )


@get("/schemas/ids/{number:str}/schema", sync_to_thread=True)
def text_by_id(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    number: FromPath[str],
    within: InSubject = None,
    format: FromQuery[str | None] = None,  # noqa: A002
) -> Response[bytes]:
    """The text of the schema with an id, and nothing else."""
    version = registry.lookup.by_id(schema_id(number), scope_of_query(request, within))
    exchange_of(request).immutable = True
    return raw_text(registry, version, form(format))


@get("/schemas/ids/{number:str}/subjects", sync_to_thread=True)
def subjects_of_id(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    number: FromPath[str],
    within: InSubject = None,
    *,
    deleted: Flag = False,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[str]:
    """The subjects that hold an id."""
    found = registry.lookup.uses(schema_id(number), scope_of_query(request, within), deleted=deleted)
    names = list(dict.fromkeys(str(holder) for holder, _ in found))
    return page(offset, limit).of(names)


@get("/schemas/ids/{number:str}/versions", sync_to_thread=True)
def versions_of_id(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    number: FromPath[str],
    within: InSubject = None,
    *,
    deleted: Flag = False,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[SubjectVersion]:
    """The subjects and versions that hold an id."""
    found = registry.lookup.uses(schema_id(number), scope_of_query(request, within), deleted=deleted)
    return subject_versions(page(offset, limit).of(found))


@get("/schemas/guids/{guid:str}", sync_to_thread=True)
def by_guid(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    guid: FromPath[str],
    format: FromQuery[str | None] = None,  # noqa: A002
) -> SchemaStringBody:
    """The schema with a GUID."""
    version = registry.lookup.by_guid(unquote(guid))
    exchange_of(request).immutable = True
    return _schema_string(version, registry.lookup.text(version, form(format)))


@get("/schemas/guids/{guid:str}/ids", sync_to_thread=True)
def ids_of_guid(registry: NamedDependency[Registry], guid: FromPath[str]) -> list[ContextId]:
    """The ids a GUID has, by context; none for an unknown one."""
    return [ContextId(context, number) for context, number in registry.lookup.ids_of_guid(unquote(guid))]


def raw_text(registry: Registry, version: Version, wanted: Form | None) -> Response[bytes]:
    """The text of a schema as the whole answer."""
    return Response(registry.lookup.text(version, wanted).encode("utf-8", "replace"), media_type=PROTOCOL)


def _schema_string(version: Version, text: str, *, qualify: bool = False) -> SchemaStringBody:
    return SchemaStringBody(
        schema=text,
        schema_type=version.content.format.value,
        guid=version.guid,
        ts=milliseconds(version),
        deleted=version.deleted,
        **extras(version, qualify=qualify),
    )


def _associations(
    resource_type: str | None, types: list[str] | None, lifecycles: list[str] | None
) -> tuple[AssociationFilter | None, bool]:
    """The associations that a listing asks for, and whether subjects without any are shown too."""
    if not (resource_type or types or lifecycles):
        return None, False
    named = {name.upper() for name in lifecycles or ()}
    if unknown := named - {*Lifecycle, _NONE}:
        known = ", ".join((*Lifecycle, _NONE))
        raise InvalidRequest(f"lifecycle is '{', '.join(sorted(unknown))}', not one of {known}")
    wanted = AssociationFilter(resource_type, tuple(types or ()), tuple(Lifecycle(name) for name in named - {_NONE}))
    return None if named == {_NONE} else wanted, _NONE in named


def _listed(found: Listed) -> SchemaBody:
    body = schema_body(found.version, found.version.content.text)
    return msgspec.structs.replace(
        body,
        aliases=[str(alias) for alias in found.aliases] or msgspec.UNSET,
        associations=[association_body(each) for each in found.associations] or msgspec.UNSET,
    )


_QUALIFIED: Final = "qualified"
_NONE: Final = "NONE"
"""The lifecycle that stands for subjects which nothing uses."""

HANDLERS: Final = (
    types,
    list_schemas,
    by_id,
    text_by_id,
    subjects_of_id,
    versions_of_id,
    by_guid,
    ids_of_guid,
)
