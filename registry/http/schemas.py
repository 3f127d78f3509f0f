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
from registry.http.exchange import exchange_of
from registry.http.media import PROTOCOL
from registry.http.parameters import (
    AnyRequest,
    FetchMaxId,
    Flag,
    InSubject,
    LatestOnly,
    ReferenceFormat,
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
    extras,
    milliseconds,
    schema_body,
    subject_versions,
)
from registry.model import Version
from registry.service import Registry


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
    rule_type: RuleType = "",
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[SchemaBody]:
    """Schemas of the subjects that begin with a prefix."""
    found = registry.lookup.schemas(
        subject_prefix or "",
        context=context_of(request),
        deleted=deleted,
        latest_only=latest_only,
        page=page(offset, limit, most=registry.settings.limit_subjects_page),
    )
    return [
        schema_body(version, version.content.text)
        for version in found
        if not rule_type or rule_type in _rule_types(version)
    ]


@get("/schemas/ids/{number:str}", sync_to_thread=True)
def by_id(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    number: FromPath[str],
    within: InSubject = None,
    format: FromQuery[str | None] = None,  # noqa: A002
    reference_format: ReferenceFormat = None,
    *,
    fetch_max_id: FetchMaxId = False,
) -> SchemaStringBody:
    """The schema with an id."""
    scope = scope_of_query(request, within)
    version = registry.lookup.by_id(schema_id(number), scope)
    exchange_of(request).immutable = not fetch_max_id
    text = registry.lookup.text(version, form(format))
    highest = registry.lookup.highest_id(scope.context) if fetch_max_id else msgspec.UNSET
    body = _schema_string(version, text, qualify=reference_format == _QUALIFIED)
    return msgspec.structs.replace(body, subject=str(version.subject), version=version.number, max_id=highest)


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
    asked = page(offset, limit)
    return names[asked.offset :][: asked.limit]


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
    asked = page(offset, limit)
    return subject_versions(found[asked.offset :][: asked.limit])


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


def _rule_types(version: Version) -> set[str]:
    rule_set = version.content.rule_set
    if rule_set is None:
        return set()
    lists = (rule_set.migration_rules, rule_set.domain_rules, rule_set.encoding_rules)
    return {rule.type for rules in lists for rule in rules or () if rule.type}


_QUALIFIED: Final = "qualified"

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
