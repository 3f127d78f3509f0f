"""Which resources (topics) use which subjects.

An association says for a resource and a type (``key``, ``value``) which subject its messages use. With lifecycle STRONG
the subject is the resource's own: nobody else may use it or refer to it, and it can be deleted with the resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import uuid4

from registry.errors import (
    AssociationFrozen,
    AssociationNotFound,
    InvalidAssociation,
    NoActiveVersion,
    ReferenceExists,
    ResourceAssociated,
    StronglyAssociated,
    SubjectAssociated,
)
from registry.events import AssociationRemoved, AssociationSet, VersionsDeleted
from registry.model import (
    ANONYMOUS,
    DEFAULT_CONTEXT,
    EVERYTHING,
    LONGEST_NAME,
    Association,
    AssociationFilter,
    Content,
    Lifecycle,
    Origin,
    Page,
    Resource,
    Subject,
    Version,
    is_too_long,
)
from registry.policy import require_writable
from registry.service.deletion import require_unreferenced
from registry.service.registration import Registration, RegistrationOptions
from registry.service.scope import aliased, in_force
from registry.settings import Settings
from registry.storage.store import Store
from registry.storage.writing import Writing

_RESOURCE_TYPES: Final = {"topic": ("key", "value")}
"""The resources that are known, and the types of association that each can have."""

ANY_NAMESPACE: Final = "-"


class Operation(StrEnum):
    """What is to be done with an association."""

    CREATE = "CREATE"
    """It is new, or exactly so already."""
    UPSERT = "UPSERT"
    """It is new, or changed."""
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one association of a resource."""

    operation: Operation
    type: str = "value"
    subject: Subject | None = None
    """None: the one it has, or ``{resource}-{type}`` in ``context``."""
    context: str = DEFAULT_CONTEXT
    lifecycle: Lifecycle | None = None
    """None: the one it has, or WEAK."""
    frozen: bool | None = None
    content: Content | None = None
    """A schema to be registered under the subject."""
    normalize: bool = False
    cascade: bool = False
    """A deletion takes a STRONG subject along."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change has led to."""

    association: Association
    version: Version | None = None
    """Of the schema that came with it."""


class Associations:
    """Reads and changes associations."""

    def __init__(self, store: Store, registration: Registration, settings: Settings) -> None:
        self._store = store
        self._registration = registration
        self._settings = settings

    def of_subject(self, subject: Subject, wanted: AssociationFilter, page: Page = EVERYTHING) -> list[Association]:
        """The resources that use a subject."""
        with self._store.read() as reading:
            return reading.associations(wanted, subject=aliased(reading, subject), page=page)

    def of_resource(self, resource_id: str, wanted: AssociationFilter, page: Page = EVERYTHING) -> list[Association]:
        """The subjects that a resource uses."""
        with self._store.read() as reading:
            return reading.associations(wanted, resource_id=resource_id, page=page)

    def of_name(
        self, namespace: str, name: str, wanted: AssociationFilter, page: Page = EVERYTHING
    ) -> list[Association]:
        """The subjects that the resource of this name uses; the namespace ``-`` is any."""
        with self._store.read() as reading:
            where = None if namespace == ANY_NAMESPACE else namespace
            return reading.associations(wanted, resource_name=name, resource_namespace=where, page=page)

    def latest(self, associations: Sequence[Association]) -> list[Changed]:
        """The latest version of the subject of each."""
        with self._store.read() as reading:
            return [Changed(each, reading.latest(each.subject)) for each in associations]

    def change(
        self, resource: Resource, changes: Sequence[Change], *, dry_run: bool = False, origin: Origin = ANONYMOUS
    ) -> list[Changed]:
        """All the changes of one resource, or none; ``dry_run``: what they would lead to.

        Raises InvalidAssociation, AssociationNotFound, ResourceAssociated, SubjectAssociated, StronglyAssociated,
        NoActiveVersion, AssociationFrozen, ReferenceExists, and what a registration raises.
        """
        _validate(resource, changes)
        for change in changes:
            if change.content is not None and not dry_run:
                self._rehearse(resource, change, change.content, origin)
        with self._store.write(origin, keep=not dry_run) as writing:
            return [self._change(writing, resource, change, origin) for change in changes]

    def remove(
        self,
        resource_id: str,
        resource_type: str | None = None,
        types: Sequence[str] = (),
        *,
        cascade: bool = False,
        dry_run: bool = False,
        origin: Origin = ANONYMOUS,
    ) -> None:
        """Remove the associations of a resource, those of some types or all; ``cascade``: with its own subjects.

        Raises AssociationNotFound, AssociationFrozen, OperationNotPermitted, ReferenceExists.
        """
        wanted = AssociationFilter(resource_type, tuple(types))
        with self._store.write(origin, keep=not dry_run) as writing:
            found = writing.associations(wanted, resource_id=resource_id)
            if not found:
                raise AssociationNotFound(resource_id)
            for each in found:
                self._remove(writing, each, cascade=cascade)

    def _rehearse(self, resource: Resource, change: Change, content: Content, origin: Origin) -> None:
        with self._store.read() as reading:
            existing = _existing(reading.associations(resource_id=resource.id), resource, change)
        subject = _subject(resource, change, existing)
        self._registration.rehearse(subject, content, RegistrationOptions(normalize=change.normalize), origin)

    def _change(self, writing: Writing, resource: Resource, change: Change, origin: Origin) -> Changed:
        existing = _existing(writing.associations(resource_id=resource.id), resource, change)
        if change.operation is Operation.DELETE:
            if existing is None:
                raise AssociationNotFound(resource.id)
            self._remove(writing, existing, cascade=change.cascade)
            return Changed(existing)
        if existing is None:
            _require_unnamed(writing, resource, change.type)
        subject = aliased(writing, _subject(resource, change, existing))
        wanted = Association(
            guid=str(uuid4()) if existing is None else existing.guid,
            subject=subject,
            resource=resource if existing is None else existing.resource,
            type=change.type,
            lifecycle=change.lifecycle or (existing.lifecycle if existing else Lifecycle.WEAK),
            frozen=(existing is not None and existing.frozen) if change.frozen is None else change.frozen,
        )
        if existing is not None and wanted != existing:
            if change.operation is Operation.CREATE or wanted.subject != existing.subject:
                raise ResourceAssociated(existing.resource.name, change.type, existing.subject)
            if existing.frozen:
                raise AssociationFrozen(existing.resource.name, change.type)
        if wanted.frozen and wanted.lifecycle is not Lifecycle.STRONG:
            raise InvalidAssociation("only an association with lifecycle STRONG can be frozen: set lifecycle to STRONG")
        _require_room(writing, wanted)
        version = self._register(writing, wanted, change, origin)
        if writing.latest(subject) is None:
            raise NoActiveVersion(subject)
        if wanted != existing:
            writing.append((subject, _set(wanted)))
        return Changed(wanted, version)

    def _register(self, writing: Writing, wanted: Association, change: Change, origin: Origin) -> Version | None:
        if change.content is None:
            return None
        options = RegistrationOptions(normalize=change.normalize)
        return self._registration.within(writing, wanted.subject, change.content, options, origin)

    def _remove(self, writing: Writing, association: Association, *, cascade: bool) -> None:
        if association.frozen and not cascade:
            raise AssociationFrozen(association.resource.name, association.type)
        subject = association.subject
        writing.append((subject, AssociationRemoved(guid=association.guid)))
        if not cascade or association.lifecycle is not Lifecycle.STRONG:
            return
        require_writable(in_force(writing, subject, self._settings).mode, subject)
        live = [number for number, deleted in writing.numbers(subject) if not deleted]
        require_unreferenced(writing, subject, live, permanent=False)
        if live:
            writing.append((subject, VersionsDeleted(versions=live)))


def _validate(resource: Resource, changes: Sequence[Change]) -> None:
    """Raises InvalidAssociation for what no resource and no association can be."""
    if not resource.id:
        raise InvalidAssociation("the resource has no id: give resourceId")
    for member, name in (("Id", resource.id), ("Name", resource.name), ("Namespace", resource.namespace)):
        if is_too_long(name):
            raise InvalidAssociation(f"resource{member} is longer than {LONGEST_NAME:,} bytes")
    creates = any(change.operation is not Operation.DELETE for change in changes)
    if creates and not (resource.name and resource.namespace):
        raise InvalidAssociation("the resource has no name: give resourceName and resourceNamespace")
    if creates and resource.namespace == ANY_NAMESPACE:
        raise InvalidAssociation("the namespace '-' stands for any: name one")
    types = _RESOURCE_TYPES.get(resource.type)
    if types is None:
        raise InvalidAssociation(f"resourceType is '{resource.type}', not one of {', '.join(_RESOURCE_TYPES)}")
    if not changes:
        raise InvalidAssociation("there is no association: list at least one in 'associations'")
    for change in changes:
        if change.type not in types:
            raise InvalidAssociation(f"associationType is '{change.type}', not one of {', '.join(types)}")
        if change.subject is not None:
            change.subject.require_registrable()
    if len({change.type for change in changes}) < len(changes):
        raise InvalidAssociation("two associations of one request have the same associationType: a resource has one")


def _existing(found: Sequence[Association], resource: Resource, change: Change) -> Association | None:
    return next((each for each in found if (each.resource.type, each.type) == (resource.type, change.type)), None)


def _subject(resource: Resource, change: Change, existing: Association | None) -> Subject:
    if change.subject is not None:
        return change.subject
    return Subject(change.context, f"{resource.name}-{change.type}") if existing is None else existing.subject


def _require_unnamed(writing: Writing, resource: Resource, kind: str) -> None:
    """Two resources of one name would leave clients without an answer. Raises ResourceAssociated."""
    wanted = AssociationFilter(resource.type, (kind,))
    for each in writing.associations(wanted, resource_name=resource.name, resource_namespace=resource.namespace):
        raise ResourceAssociated(f"{resource.name} ({each.resource.id})", kind, each.subject)


def _require_room(writing: Writing, wanted: Association) -> None:
    """A STRONG association is the only one of its subject, and nothing refers to that."""
    others = [each for each in writing.associations(subject=wanted.subject) if each.guid != wanted.guid]
    for other in others:
        if other.lifecycle is Lifecycle.STRONG:
            raise StronglyAssociated(wanted.subject, other.resource.name)
        if wanted.lifecycle is Lifecycle.STRONG:
            raise SubjectAssociated(wanted.subject, other.resource.name)
    if wanted.lifecycle is Lifecycle.STRONG:
        numbers = [number for number, _ in writing.numbers(wanted.subject)]
        for referrer, number, _ in writing.referrers(wanted.subject, numbers, deleted=False):
            if referrer != wanted.subject:
                raise ReferenceExists(f"subject={wanted.subject}", f"version {number} of '{referrer}' refers to it")


def _set(association: Association) -> AssociationSet:
    return AssociationSet(
        guid=association.guid,
        resource_name=association.resource.name,
        resource_namespace=association.resource.namespace,
        resource_id=association.resource.id,
        resource_type=association.resource.type,
        association_type=association.type,
        lifecycle=association.lifecycle.value,
        frozen=association.frozen,
    )
