"""``/subjects``: names, versions, registration, lookup, deletion."""

from __future__ import annotations

from typing import Final

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from registry.http.exchange import exchange_of
from registry.http.parameters import (
    AnyRequest,
    DeletedAsNegative,
    DeletedOnly,
    FindTags,
    Flag,
    ReferenceFormat,
    SubjectPrefix,
    context_of,
    form,
    page,
)
from registry.http.payloads import (
    RegisterSchemaRequest,
    RegisterSchemaResponse,
    SchemaBody,
    TagSchemaRequest,
    registered_body,
    schema_body,
    schema_tags,
)
from registry.http.registering import steps
from registry.http.schemas import raw_text
from registry.http.waiting import waiting_of
from registry.model import ANYWHERE, Subject
from registry.service import Registry


@get("/subjects", sync_to_thread=True)
def list_subjects(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject_prefix: SubjectPrefix = None,
    *,
    deleted: Flag = False,
    deleted_only: DeletedOnly = False,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[str]:
    """The names of subjects, sorted."""
    context = context_of(request)
    everywhere = ANYWHERE if context == "." else ""
    found = registry.lookup.subjects(
        everywhere if subject_prefix is None else subject_prefix,
        context=context,
        deleted=deleted,
        deleted_only=deleted_only,
        page=page(offset, limit),
    )
    return [str(subject) for subject in found]


@post("/subjects/{name:str}", status_code=200, sync_to_thread=True)
def look_up(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegisterSchemaRequest],
    format: FromQuery[str | None] = None,  # noqa: A002
    *,
    normalize: Flag = False,
    deleted: Flag = False,
) -> SchemaBody:
    """The version of a subject that holds this schema."""
    sent = data.content()
    found = registry.lookup.by_text(subject, sent, normalize=normalize, deleted=deleted)
    return schema_body(found, registry.lookup.text_for(sent, found, form(format)))


@delete("/subjects/{name:str}", status_code=200, sync_to_thread=True)
def delete_subject(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    *,
    permanent: Flag = False,
) -> list[int]:
    """Delete a subject: softly, then for good."""
    return registry.deletion.subject(subject, permanent=permanent, origin=exchange_of(request).origin)


@get("/subjects/{name:str}/metadata", sync_to_thread=True)
def with_metadata(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    key: FromQuery[list[str] | None] = None,
    value: FromQuery[list[str] | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002
    *,
    deleted: Flag = False,
) -> SchemaBody:
    """The newest version with all these metadata properties; keys and values go in pairs."""
    wanted = dict(zip(key or (), value or (), strict=False))
    found = registry.lookup.with_properties(subject, wanted, deleted=deleted)
    return schema_body(found, registry.lookup.text(found, form(format)))


@get("/subjects/{name:str}/versions", sync_to_thread=True)
def list_versions(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    *,
    deleted: Flag = False,
    deleted_only: DeletedOnly = False,
    deleted_as_negative: DeletedAsNegative = False,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[int]:
    """The version numbers of a subject."""
    found = registry.lookup.numbers(
        subject, deleted=deleted, deleted_only=deleted_only, deleted_beside_live=deleted_as_negative
    )
    shown = page(offset, limit).of(found)
    return [-number if gone and deleted_as_negative else number for number, gone in shown]


@post("/subjects/{name:str}/versions", status_code=200)
async def register(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegisterSchemaRequest],
    format: FromQuery[str | None] = None,  # noqa: A002
    *,
    normalize: Flag = False,
    force: Flag = False,
) -> RegisterSchemaResponse:
    """Register a schema under a subject, or find that it is there already."""
    origin = exchange_of(request).origin
    taken = steps(registry, subject, data, origin, form(format), normalize=normalize, force=force)
    return await waiting_of(request).settled(subject, taken, origin)


@get("/subjects/{name:str}/versions/{number:str}", sync_to_thread=True)
def get_version(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    format: FromQuery[str | None] = None,  # noqa: A002
    reference_format: ReferenceFormat = None,
    find_tags: FindTags = None,
    *,
    deleted: Flag = False,
) -> SchemaBody:
    """One version of a subject."""
    version = registry.lookup.version(subject, number, deleted=deleted)
    exchange_of(request).immutable = number.isdigit()
    text = registry.lookup.text(version, form(format))
    body = schema_body(version, text, qualify=reference_format == "qualified")
    if not find_tags:
        return body
    return msgspec.structs.replace(body, schema_tags=schema_tags(registry.lookup.tags(version, find_tags)))


@post("/subjects/{name:str}/versions/{number:str}/tags", status_code=200, sync_to_thread=True)
def amend(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    data: JSONBody[TagSchemaRequest],
) -> RegisterSchemaResponse:
    """Register a version that differs from this one in tags, metadata or rules only."""
    version = registry.amendments.amend(subject, number, data.amendment(), exchange_of(request).origin)
    return registered_body(version, version.content.text)


@get("/subjects/{name:str}/versions/{number:str}/schema", sync_to_thread=True)
def get_text(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    format: FromQuery[str | None] = None,  # noqa: A002
    *,
    deleted: Flag = False,
) -> Response[bytes]:
    """The text of one version, and nothing else."""
    version = registry.lookup.version(subject, number, deleted=deleted)
    exchange_of(request).immutable = number.isdigit()
    return raw_text(registry, version, form(format))


@get("/subjects/{name:str}/versions/{number:str}/referencedby", sync_to_thread=True)
def referenced_by(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    *,
    deleted: Flag = False,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[int]:
    """The ids of the schemas that refer to one version."""
    found = registry.lookup.referrers(subject, number, deleted=deleted)
    ids = list(dict.fromkeys(schema_id for _, _, schema_id in found))
    return page(offset, limit, most=registry.settings.limit_subjects_page).of(ids)


@delete("/subjects/{name:str}/versions/{number:str}", status_code=200, sync_to_thread=True)
def delete_version(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    number: FromPath[str],
    *,
    permanent: Flag = False,
) -> int:
    """Delete one version: softly, then for good."""
    return registry.deletion.version(subject, number, permanent=permanent, origin=exchange_of(request).origin)


HANDLERS: Final = (
    list_subjects,
    look_up,
    delete_subject,
    with_metadata,
    list_versions,
    register,
    get_version,
    amend,
    get_text,
    referenced_by,
    delete_version,
)
