"""What can have happened: the registry's own events, and how they are read back from the log.

Events are never changed once they are written. When the shape of one has to change, its version goes up and a
document in ``older_events`` brings what is already stored to the new shape: the registry lives by what it sells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

import msgspec

from registry.errors import DamagedArchive, UnknownEvent
from registry.model import (
    Configuration,
    DeploymentMode,
    ExporterDefinition,
    Metadata,
    Origin,
    ReaderNeed,
    Rule,
    RuleSet,
    SchemaReference,
    Subject,
)
from registry.older_events import upcast
from upcasters.errors import UpcastersError

Acceptance: TypeAlias = Literal["checked", "forced", "imported"]


class Happened(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """Base of the events. A member that is added needs a default; for any other change the version goes up."""

    version_of_type: ClassVar[int] = 1
    """Of what is written; each older one has a step in ``older_events.DOCUMENTS``."""


class SchemaRegistered(Happened, frozen=True):
    """A subject has a new version.

    Version 1 had a flag ``forced`` where ``acceptance`` now says why: ``older_events`` brings it along.
    """

    version_of_type: ClassVar[int] = 2

    version: int
    schema_id: int
    guid: str
    format: str
    text: str
    canonical_digest: str
    """Hex: names the schema whatever its spelling (with format and references, without metadata and rules)."""
    normalized_digest: str
    references: list[SchemaReference] = []
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    level: str = ""
    """In force when it was accepted; empty for an import."""
    acceptance: Acceptance = "checked"
    """Why it was let in: by its verdict, whatever its verdict (``force=true``), or as a copy (mode IMPORT)."""
    lifted: bool = False
    """Accepted although the level refuses it, because a proven upcaster came with it."""
    superseded: list[int] = []
    """Soft-deleted versions with the same schema that this one replaces."""

    @property
    def forced(self) -> bool:
        """Whether it was accepted whatever the verdict."""
        return self.acceptance == "forced"


class RegistrationRefused(Happened, frozen=True):
    """A registration was refused: what was tried, and why not."""

    code: int
    message: str
    format: str
    text: str
    references: list[SchemaReference] = []
    level: str = ""
    profile: str = "strict"
    """Whose rules decided."""
    findings: list[dict[str, Any]] = []
    """As ``/api/v1`` shows them: rule, place, direction, version, witness."""


class VersionsDeleted(Happened, frozen=True):
    """Versions were deleted softly: hidden, still readable by id."""

    versions: list[int]


class VersionsPurged(Happened, frozen=True):
    """Versions were deleted for good."""

    versions: list[int]


class ConfigurationChanged(Happened, frozen=True):
    """The settings of a scope are now these."""

    configuration: Configuration


class ConfigurationRemoved(Happened, frozen=True):
    """The settings of a scope were taken away."""


class ModeChanged(Happened, frozen=True):
    """The mode of a scope is now this."""

    mode: str


class ModeRemoved(Happened, frozen=True):
    """The mode of a scope was taken away."""


class ContextRemoved(Happened, frozen=True):
    """An empty context was removed."""


class UpcasterPublished(Happened, frozen=True):
    """An upcaster joins two versions of a subject; a later revision of the same edge replaces it."""

    source: int
    target: int
    revision: int
    hash: str
    document: dict[str, Any]
    migration_rules: list[Rule] = []
    """What the Confluent protocol serves with the target version; empty where the step is not portable."""
    details: dict[str, Any] = {}
    """What the proof found: lossy fields, capabilities; ``implied`` where nobody had to write the step."""


class UpcasterWithdrawn(Happened, frozen=True):
    """An upcaster no longer holds."""

    source: int
    target: int


class ApplicationDescribed(Happened, frozen=True):
    """An application is known, and who owns it."""

    application: str
    owner: str = ""


class ReaderDeclared(Happened, frozen=True):
    """A build needs this of the subject; a later declaration of the same build replaces it."""

    application: str
    build: str
    need: ReaderNeed


class WriterDeclared(Happened, frozen=True):
    """A build writes these versions of the subject; a later declaration of the same build replaces it."""

    application: str
    build: str
    versions: list[int]


class ContractWithdrawn(Happened, frozen=True):
    """A build does not read, or write, the subject after all."""

    application: str
    build: str
    role: Literal["reader", "writer"]


class DeploymentRecorded(Happened, frozen=True):
    """A build is live in an environment."""

    application: str
    build: str
    environment: str
    mode: DeploymentMode = "deployed"


class DeploymentEnded(Happened, frozen=True):
    """A build is not live in an environment any more."""

    application: str
    build: str
    environment: str


class AssociationSet(Happened, frozen=True):
    """A resource, such as a topic, uses this subject for its keys or values."""

    guid: str
    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    association_type: str
    lifecycle: str
    frozen: bool = False


class AssociationRemoved(Happened, frozen=True):
    """A resource no longer uses this subject."""

    guid: str


class WebhookRegistered(Happened, frozen=True):
    """Somebody wants to be told of what happens."""

    id: str
    url: str
    sealed: str
    """The secret that signs, encrypted."""
    context: str | None = None
    prefix: str = ""
    types: list[str] = []
    handshake: bool = False
    """Whether the receiver has agreed in CloudEvents' validation handshake."""
    rate: int = 0
    """Events a minute that it allows; 0 is as many as there are."""


class WebhookChanged(Happened, frozen=True):
    """Somebody wants to be told elsewhere, or of something else: all that holds from now on, but for the secret."""

    id: str
    url: str
    context: str | None = None
    prefix: str = ""
    types: list[str] = []
    handshake: bool = False
    rate: int = 0


class WebhookSecretRotated(Happened, frozen=True):
    """What somebody is told is signed with a new secret; with the one before as well until a moment."""

    id: str
    sealed: str
    before_until: datetime


class WebhookRemoved(Happened, frozen=True):
    """Somebody is told no more."""

    id: str


class KeyCreated(Happened, frozen=True):
    """A principal has a new API key. The key itself is nowhere: only what proves that somebody has it."""

    id: str
    principal: str
    digest: str
    """SHA-256 of the key, hexadecimal."""
    label: str = ""
    expires: datetime | None = None


class KeyRevoked(Happened, frozen=True):
    """A key opens nothing any more."""

    id: str
    principal: str


class RoleGranted(Happened, frozen=True):
    """A principal has a role over an area."""

    principal: str
    role: str
    context: str
    prefix: str = ""


class RoleWithdrawn(Happened, frozen=True):
    """A principal no longer has a role over an area."""

    principal: str
    role: str
    context: str
    prefix: str = ""


class WriteDenied(Happened, frozen=True):
    """Somebody wanted to change something and was not let."""

    action: str
    """Method and path, as the interface describes them."""
    code: int
    more: int = 0
    """How many denials of the same principal were not written since the last one, so that nobody floods the log."""


class ExporterDefined(Happened, frozen=True):
    """Subjects are copied to another registry; a later definition of the name replaces it."""

    definition: ExporterDefinition


class ExporterPaused(Happened, frozen=True):
    """An exporter copies nothing for now."""

    name: str
    trace: str = ""
    """What the other registry has refused, if that is why."""


class ExporterResumed(Happened, frozen=True):
    """An exporter goes on."""

    name: str


class ExporterReset(Happened, frozen=True):
    """An exporter begins from the start of the log."""

    name: str


class ExporterRemoved(Happened, frozen=True):
    """An exporter is no more; what it has copied stays."""

    name: str


Event: TypeAlias = (
    SchemaRegistered
    | RegistrationRefused
    | VersionsDeleted
    | VersionsPurged
    | ConfigurationChanged
    | ConfigurationRemoved
    | ModeChanged
    | ModeRemoved
    | ContextRemoved
    | UpcasterPublished
    | UpcasterWithdrawn
    | WebhookRegistered
    | WebhookChanged
    | WebhookSecretRotated
    | WebhookRemoved
    | ApplicationDescribed
    | ReaderDeclared
    | WriterDeclared
    | ContractWithdrawn
    | DeploymentRecorded
    | DeploymentEnded
    | AssociationSet
    | AssociationRemoved
    | KeyCreated
    | KeyRevoked
    | RoleGranted
    | RoleWithdrawn
    | WriteDenied
    | ExporterDefined
    | ExporterPaused
    | ExporterResumed
    | ExporterReset
    | ExporterRemoved
)

TYPES: Final[Mapping[str, type[Event]]] = {kind.__name__: kind for kind in Event.__args__}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place in the log."""

    position: int
    time: datetime
    """UTC."""
    origin: Origin
    subject: Subject
    """The stream: a subject, or a context as a whole."""
    event: Event


def micros(time: datetime) -> int:
    """A time as it is kept: microseconds since 1970."""
    return round(time.timestamp() * 1_000_000)


def moment(micros: int) -> datetime:
    """The time that is kept, UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


class Line(msgspec.Struct, frozen=True):
    """An entry as it is kept, its payload untouched: what is exported, imported and followed."""

    position: int
    time: int
    """Microseconds since 1970, UTC."""
    actor: str
    request_id: str
    reason: str
    context: str
    stream: str
    type: str
    type_version: int
    payload: str

    def entry(self) -> Entry:
        """What it says. Raises UnknownEvent for what a newer version has written, DamagedArchive for no event."""
        kind = TYPES.get(self.type)
        if kind is None or self.type_version > kind.version_of_type:
            raise UnknownEvent(self.position, self.type, self.type_version)
        try:
            event = decode(self.type, self.type_version, self.payload)
        except (msgspec.DecodeError, UpcastersError) as error:
            raise DamagedArchive(f"entry {self.position:,} is no {self.type}: {error}") from error
        origin = Origin(self.actor, self.request_id, self.reason)
        return Entry(self.position, moment(self.time), origin, Subject(self.context, self.stream), event)


def encode(event: Event) -> str:
    """The payload as JSON text."""
    return msgspec.json.encode(event).decode()


def decode(type_name: str, version: int, payload: str) -> Event:
    """Read a stored event, whatever version of its type it was written with."""
    kind = TYPES[type_name]
    if version == kind.version_of_type:
        return msgspec.json.decode(payload, type=kind)
    return msgspec.convert(upcast(type_name, version, msgspec.json.decode(payload)), type=kind)
