"""What the page of changes can be narrowed to: kinds of events by what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from registry import events
from registry.events import Event


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds of events that people look for together."""

    words: str
    kinds: tuple[type[Event], ...]


GROUPS: Final[Mapping[str, Group]] = {
    "schemas": Group(
        "schemas and upcasters",
        (
            events.SchemaRegistered,
            events.RegistrationRefused,
            events.VersionsDeleted,
            events.VersionsPurged,
            events.UpcasterPublished,
            events.UpcasterWithdrawn,
        ),
    ),
    "refusals": Group(
        "refused and deleted", (events.RegistrationRefused, events.VersionsDeleted, events.VersionsPurged)
    ),
    "settings": Group(
        "settings",
        (
            events.ConfigurationChanged,
            events.ConfigurationRemoved,
            events.ModeChanged,
            events.ModeRemoved,
            events.ContextRemoved,
        ),
    ),
    "deployments": Group("deployments", (events.DeploymentRecorded, events.DeploymentEnded)),
    "applications": Group(
        "who reads and writes",
        (events.ReaderDeclared, events.WriterDeclared, events.ContractWithdrawn, events.ApplicationDescribed),
    ),
    "access": Group(
        "keys and roles",
        (
            events.KeyCreated,
            events.KeyRevoked,
            events.RoleGranted,
            events.RoleWithdrawn,
            events.WriteDenied,
        ),
    ),
    "connections": Group(
        "webhooks, exporters and topics",
        (
            events.WebhookRegistered,
            events.WebhookChanged,
            events.WebhookSecretRotated,
            events.WebhookRemoved,
            events.ExporterDefined,
            events.ExporterPaused,
            events.ExporterResumed,
            events.ExporterReset,
            events.ExporterRemoved,
            events.AssociationSet,
            events.AssociationRemoved,
        ),
    ),
}
"""By the word that the address says."""
