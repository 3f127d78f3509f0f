"""``/associations``: which resources (topics) use which subjects."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

import msgspec
from litestar import delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from registry.errors import InvalidAssociation, RegistryError
from registry.http import errors
from registry.http.exchange import exchange_of
from registry.http.parameters import (
    AnyRequest,
    AssociationTypes,
    CascadeLifecycle,
    DryRun,
    IncludeSchemas,
    LifecycleName,
    ResourceType,
    context_of,
    page,
)
from registry.http.payloads import (
    AssociationBody,
    AssociationResponse,
    RegisterSchemaRequest,
    Wire,
    association_body,
    association_response,
)
from registry.model import Association, AssociationFilter, Lifecycle, Page, Resource, Subject, context_name
from registry.service import Registry
from registry.service.associations import Change, Operation

_TOPIC: Final = "topic"


class AssociationChange(Wire, frozen=True):
    """An association to be made, changed or (in a batch) removed."""

    op_type: str | None = None
    """CREATE, UPSERT or DELETE; of a batch only."""
    subject: str | None = None
    association_type: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: RegisterSchemaRequest | None = None
    normalize: bool | None = None
    cascade_lifecycle: bool | None = None


class ResourceNamed(Wire, frozen=True):
    """The resource that a request is about."""

    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None

    def resource(self, identifier: str | None = None) -> Resource:
        """With the id of the path, where there is one. Raises InvalidAssociation if body and path name two."""
        if identifier is not None and self.resource_id not in (None, "", identifier):
            raise InvalidAssociation(f"the body names resource '{self.resource_id}', the path '{identifier}'")
        return Resource(
            identifier or self.resource_id or "",
            self.resource_name or "",
            self.resource_namespace or "",
            self.resource_type or _TOPIC,
        )


class AssociationRequest(ResourceNamed, frozen=True):
    """The associations of one resource."""

    associations: list[AssociationChange] | None = None


class AssociationQuery(ResourceNamed, frozen=True):
    """A resource whose associations are asked for: by its id, or by namespace and name."""

    association_types: list[str] | None = None
    lifecycle: str | None = None


class BatchRequest(Wire, frozen=True):
    """Changes of many resources, each on its own."""

    requests: list[AssociationRequest] | None = None


class BatchQuery(Wire, frozen=True):
    """Questions about many resources."""

    requests: list[AssociationQuery] | None = None


class BatchResult(Wire, frozen=True):
    """What became of one request of a batch."""

    error: errors.ErrorMessage | None = None
    result: AssociationResponse | None = None


class BatchResponse(msgspec.Struct, frozen=True):
    """One result per request, in order."""

    results: list[BatchResult]


@get("/associations/subjects/{name:str}", sync_to_thread=True)
def of_subject(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    resource_type: ResourceType = None,
    association_type: AssociationTypes = None,
    lifecycle: LifecycleName = None,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[AssociationBody]:
    """The resources that use a subject."""
    wanted = _wanted(resource_type, association_type, lifecycle)
    return _bodies(registry.associations.of_subject(subject, wanted, _page(registry, offset, limit)))


@get("/associations/resources/{identifier:str}", sync_to_thread=True)
def of_resource(
    registry: NamedDependency[Registry],
    identifier: FromPath[str],
    resource_type: ResourceType = None,
    association_type: AssociationTypes = None,
    lifecycle: LifecycleName = None,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[AssociationBody]:
    """The subjects that a resource uses, by its id."""
    wanted = _wanted(resource_type, association_type, lifecycle)
    return _bodies(registry.associations.of_resource(unquote(identifier), wanted, _page(registry, offset, limit)))


@get("/associations/resources/{namespace:str}/{name:str}", sync_to_thread=True)
def of_name(
    registry: NamedDependency[Registry],
    namespace: FromPath[str],
    name: FromPath[str],
    resource_type: ResourceType = None,
    association_type: AssociationTypes = None,
    lifecycle: LifecycleName = None,
    offset: FromQuery[int] = 0,
    limit: FromQuery[int] = -1,
) -> list[AssociationBody]:
    """The subjects that a resource uses, by its name; the namespace ``-`` is any."""
    wanted = _wanted(resource_type, association_type, lifecycle)
    found = registry.associations.of_name(unquote(namespace), unquote(name), wanted, _page(registry, offset, limit))
    return _bodies(found)


@post("/associations", status_code=200, sync_to_thread=True)
def create(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    data: JSONBody[AssociationRequest],
    context: FromQuery[str | None] = None,
    *,
    dry_run: DryRun = False,
) -> AssociationResponse:
    """Say which subjects a resource uses; refused if it says otherwise already."""
    where = _context(request, context)
    return _changed(request, registry, data, data.resource(), where, Operation.CREATE, dry_run=dry_run)


@put("/associations/resources/{identifier:str}", status_code=200, sync_to_thread=True)
def create_or_update(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    identifier: FromPath[str],
    data: JSONBody[AssociationRequest],
    context: FromQuery[str | None] = None,
    *,
    dry_run: DryRun = False,
) -> AssociationResponse:
    """Say which subjects a resource uses, and how."""
    resource = data.resource(unquote(identifier))
    where = _context(request, context)
    return _changed(request, registry, data, resource, where, Operation.UPSERT, dry_run=dry_run)


@delete("/associations/resources/{identifier:str}", sync_to_thread=True)
def remove(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    identifier: FromPath[str],
    resource_type: ResourceType = None,
    association_type: AssociationTypes = None,
    *,
    cascade_lifecycle: CascadeLifecycle = False,
    dry_run: DryRun = False,
) -> None:
    """A resource is gone: forget what it used, and with ``cascadeLifecycle`` delete the subjects that were its own."""
    registry.associations.remove(
        unquote(identifier),
        resource_type,
        association_type or (),
        cascade=cascade_lifecycle,
        dry_run=dry_run,
        origin=exchange_of(request).origin,
    )


@post("/associations:batchGet", status_code=207, sync_to_thread=True)
def get_many(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    data: JSONBody[BatchQuery],
    *,
    include_schemas: IncludeSchemas = False,
) -> BatchResponse:
    """The associations of many resources, with ``includeSchemas`` and the latest schemas of their subjects."""

    def answer(asked: AssociationQuery) -> AssociationResponse:
        found = _found(registry, asked)
        changed = registry.associations.latest(found) if include_schemas else []
        resource = found[0].resource if found else asked.resource()
        return association_response(resource, found, [each.version for each in changed])

    return BatchResponse([_result(request, lambda asked=asked: answer(asked)) for asked in data.requests or ()])


@post("/associations:batchMutate", status_code=207, sync_to_thread=True)
def change_many(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    data: JSONBody[BatchRequest],
    context: FromQuery[str | None] = None,
    *,
    dry_run: DryRun = False,
) -> BatchResponse:
    """Change the associations of many resources: each resource wholly or not at all."""
    where = _context(request, context)

    def answer(asked: AssociationRequest) -> AssociationResponse:
        return _changed(request, registry, asked, asked.resource(), where, None, dry_run=dry_run)

    return BatchResponse([_result(request, lambda asked=asked: answer(asked)) for asked in data.requests or ()])


def _changed(
    request: AnyRequest,
    registry: Registry,
    data: AssociationRequest,
    resource: Resource,
    context: str,
    operation: Operation | None,
    *,
    dry_run: bool,
) -> AssociationResponse:
    changes = [_change(each, context, operation) for each in data.associations or ()]
    origin = exchange_of(request).origin
    changed = registry.associations.change(resource, changes, dry_run=dry_run, origin=origin)
    return association_response(resource, [each.association for each in changed], [each.version for each in changed])


def _change(sent: AssociationChange, context: str, operation: Operation | None) -> Change:
    return Change(
        operation=operation or _one_of(Operation, "opType", sent.op_type),
        type=sent.association_type or "value",
        subject=Subject.parse(sent.subject, context) if sent.subject else None,
        context=context,
        lifecycle=_one_of(Lifecycle, "lifecycle", sent.lifecycle) if sent.lifecycle else None,
        frozen=sent.frozen,
        content=None if sent.schema is None else sent.schema.content(),
        normalize=bool(sent.normalize),
        cascade=bool(sent.cascade_lifecycle),
    )


def _result(request: AnyRequest, answer: Any) -> BatchResult:
    try:
        return BatchResult(result=answer())
    except RegistryError as error:
        return BatchResult(error=errors.message(request, error))


def _found(registry: Registry, asked: AssociationQuery) -> list[Association]:
    wanted = _wanted(asked.resource_type, asked.association_types, asked.lifecycle)
    if asked.resource_id:
        return registry.associations.of_resource(asked.resource_id, wanted)
    if not asked.resource_name:
        raise InvalidAssociation("which resource? Give resourceId, or resourceNamespace and resourceName")
    return registry.associations.of_name(asked.resource_namespace or "-", asked.resource_name, wanted)


def _context(request: AnyRequest, named: str | None) -> str:
    return context_of(request) if not named else context_name(named)


def _wanted(resource_type: str | None, types: list[str] | None, lifecycle: str | None) -> AssociationFilter:
    lifecycles = (_one_of(Lifecycle, "lifecycle", lifecycle),) if lifecycle else ()
    return AssociationFilter(resource_type or _TOPIC, tuple(types or ()), lifecycles)


def _one_of(kind: Any, member: str, value: str | None) -> Any:
    try:
        return kind((value or "").upper())
    except ValueError:
        raise InvalidAssociation(f"{member} is '{value}', not one of {', '.join(kind)}") from None


def _page(registry: Registry, offset: int, limit: int) -> Page:
    return page(offset, limit, most=registry.settings.limit_subjects_page)


def _bodies(found: list[Association]) -> list[AssociationBody]:
    return [association_body(each) for each in found]


HANDLERS: Final = (of_subject, of_resource, of_name, create, create_or_update, remove, get_many, change_many)
