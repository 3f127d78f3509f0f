"""The role that each event of the log needs where it happens: the last word on every write.

An event that nobody has placed needs an admin; a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from registry.access.current import Caller
from registry.access.roles import Role
from registry.events import (
    ApplicationDescribed,
    AssociationRemoved,
    AssociationSet,
    ConfigurationChanged,
    ConfigurationRemoved,
    ContextRemoved,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    Event,
    ExporterDefined,
    ExporterPaused,
    ExporterRemoved,
    ExporterReset,
    ExporterResumed,
    KeyCreated,
    KeyRevoked,
    ModeChanged,
    ModeRemoved,
    ReaderDeclared,
    RegistrationRefused,
    RoleGranted,
    RoleWithdrawn,
    SchemaRegistered,
    UpcasterPublished,
    UpcasterWithdrawn,
    VersionsDeleted,
    VersionsPurged,
    WebhookChanged,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
    WriteDenied,
    WriterDeclared,
)
from registry.model import Subject

ROLES: Final[Mapping[type[Event], Role | None]] = {
    SchemaRegistered: Role.DEVELOPER,
    RegistrationRefused: Role.DEVELOPER,
    UpcasterPublished: Role.DEVELOPER,
    UpcasterWithdrawn: Role.DEVELOPER,
    VersionsDeleted: Role.ADMIN,
    VersionsPurged: Role.ADMIN,
    ConfigurationChanged: Role.ADMIN,
    ConfigurationRemoved: Role.ADMIN,
    ModeChanged: Role.ADMIN,
    ModeRemoved: Role.ADMIN,
    ContextRemoved: Role.ADMIN,
    KeyCreated: Role.ADMIN,
    KeyRevoked: Role.ADMIN,
    RoleGranted: Role.ADMIN,
    RoleWithdrawn: Role.ADMIN,
    ReaderDeclared: Role.READER,
    WriterDeclared: Role.DEVELOPER,
    ContractWithdrawn: Role.READER,
    ApplicationDescribed: Role.READER,
    DeploymentRecorded: Role.DEVELOPER,
    DeploymentEnded: Role.DEVELOPER,
    AssociationSet: Role.DEVELOPER,
    AssociationRemoved: Role.DEVELOPER,
    WebhookRegistered: Role.ADMIN,
    WebhookChanged: Role.ADMIN,
    WebhookSecretRotated: Role.ADMIN,
    WebhookRemoved: Role.ADMIN,
    ExporterDefined: Role.ADMIN,
    ExporterPaused: Role.ADMIN,
    ExporterResumed: Role.ADMIN,
    ExporterReset: Role.ADMIN,
    ExporterRemoved: Role.ADMIN,
    WriteDenied: None,
}
"""None: the registry's own note, which needs no role."""

_ANYWHERE: Final = frozenset({ApplicationDescribed, DeploymentRecorded, DeploymentEnded})
"""About applications, which belong to no subject: the role is needed over some area, whichever."""


def require(who: Caller, subject: Subject, event: Event) -> None:
    """Raises Forbidden or Unauthenticated unless the caller may make this happen."""
    role = ROLES.get(type(event), Role.ADMIN)
    if isinstance(event, SchemaRegistered) and event.acceptance != "checked":
        role = Role.ADMIN
    if isinstance(event, ContractWithdrawn) and event.role == "writer":
        role = Role.DEVELOPER
    if role is not None:
        who.require(role, None if type(event) in _ANYWHERE else subject, type(event).__name__)
