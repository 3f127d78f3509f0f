"""The errors of the registry, drawn as a tree. The first three digits of a code are the HTTP status.

RegistryError
├── NotFound
│   ├── SubjectNotFound 40401        VersionNotFound 40402       SchemaNotFound 40403
│   ├── SubjectSoftDeleted 40404     SubjectNotSoftDeleted 40405
│   ├── VersionSoftDeleted 40406     VersionNotSoftDeleted 40407
│   ├── SubjectConfigurationNotFound 40408   SubjectModeNotFound 40409
│   ├── AssociationNotFound 40410
│   ├── ExporterNotFound 40450
│   ├── NoUpcasters 40420                no upcasters lead from one version to the other
│   ├── ApplicationNotFound 40430        no reader or writer was ever declared for it
│   ├── ContractNotFound 40431           the build has declared no such reader or writer
│   └── DeploymentNotFound 40432         the build is not live there
├── Conflict
│   ├── IncompatibleSchema 40901     what the candidate breaks, with the verdict
│   ├── ResourceAssociated 40903     the resource uses another subject, or the same one otherwise
│   ├── SubjectAssociated 40904      resources use the subject
│   ├── StronglyAssociated 40905     the subject is another resource's own
│   ├── NoActiveVersion 40907        a subject that is in use needs a live version
│   ├── AssociationFrozen 40908      neither changed nor removed
│   ├── InvalidExporterName 40950    InvalidExporterConfig 40951     InvalidExporterSubjects 40952
│   ├── ExporterExists 40960         ExporterRunning 40961           ExporterNotPaused 40963
│   └── TooManyExporters 40964
├── Refused                          the request is understood and not allowed
│   ├── InvalidSchemaText 42201      InvalidVersion 42202        InvalidLevel 42203      InvalidMode 42204
│   ├── InvalidJudgement 42203           no such profile, rule override or compatibility policy
│   ├── OperationNotPermitted 42205  ReferenceExists 42206       InvalidSubject 42208    SchemaTooLarge 42209
│   ├── InvalidRuleSet 42210         ContextNotEmpty 42211       InvalidAssociation 42212
│   ├── InvalidUpcaster 42220        the document is no upcaster, or not of these versions
│   ├── UpcasterRefused 42221        the proof failed, with everything it found
│   ├── InvalidEvent 42222           the event is none of its version, or an upcaster refused it
│   ├── InvalidContract 42230        a reader or writer that cannot be: no such field, no such name
│   ├── DamagedArchive 42240          an export that is cut off, changed or none
│   ├── NotEmpty 42241                an import into a registry where something has happened
│   ├── UnknownEvent 42242            an entry of a log that a newer version has written
│   └── InvalidRequest 422           a member or parameter has the wrong type or value
├── InvalidContext 400               a context name that cannot be one
├── BodyTooDeep 400                  the arrays and objects of a request nest over the limit
├── NotLetIn
│   ├── Unauthenticated 40101            nobody knows who asks
│   ├── Forbidden 40301                  whoever asks may not do that
│   └── TooManyRequests 42901            whoever asks, asks too often
└── StoreError
    ├── StoreUnavailable 50001       the database did not answer
    ├── StoreBusy 50002              the same subject changed too often while it was being decided
    └── StillReplaying 50301         a moment of the past is further away than one request goes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from compat.verdict import Verdict


class RegistryError(Exception):
    """Root of everything this package raises on purpose."""

    code: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status: the first three digits of the code."""
        return int(str(self.code)[:3])


class NotFound(RegistryError):
    """Something that was asked for is not there."""

    code = 404


class SubjectNotFound(NotFound):
    """The subject has no version that the request may see."""

    code = 40401

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' not found.")


class VersionNotFound(NotFound):
    """The subject has no such version."""

    code = 40402

    def __init__(self, version: object) -> None:
        super().__init__(f"Version {version} not found.")


class SchemaNotFound(NotFound):
    """No schema has this id or GUID, or no version of the subject has the text or the metadata."""

    code = 40403

    def __init__(self, what: object = None) -> None:
        super().__init__("Schema not found" if what is None else f"Schema {what} not found")


class SubjectSoftDeleted(NotFound):
    """The subject is already deleted."""

    code = 40404

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently")


class SubjectNotSoftDeleted(NotFound):
    """A permanent deletion needs a soft one first."""

    code = 40405

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' was not deleted first before being permanently deleted")


class VersionSoftDeleted(NotFound):
    """The version is already deleted."""

    code = 40406

    def __init__(self, subject: object, version: int) -> None:
        super().__init__(
            f"Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently"
        )


class VersionNotSoftDeleted(NotFound):
    """A permanent deletion needs a soft one first."""

    code = 40407

    def __init__(self, subject: object, version: object) -> None:
        super().__init__(
            f"Subject '{subject}' Version {version} was not deleted first before being permanently deleted"
        )


class SubjectConfigurationNotFound(NotFound):
    """Nothing is configured for the subject itself."""

    code = 40408

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' does not have subject-level compatibility configured")


class SubjectModeNotFound(NotFound):
    """No mode is set for the subject itself."""

    code = 40409

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' does not have subject-level mode configured")


class AssociationNotFound(NotFound):
    """The resource has no associated subject."""

    code = 40410

    def __init__(self, resource: object) -> None:
        super().__init__(f"No association found for resource '{resource}'")


class ExporterNotFound(NotFound):
    """There is no exporter of this name."""

    code = 40450

    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' not found")


class NoUpcasters(NotFound):
    """No upcasters lead from one version to the other."""

    code = 40420


class ApplicationNotFound(NotFound):
    """No reader or writer was ever declared for the application."""

    code = 40430

    def __init__(self, application: str) -> None:
        super().__init__(
            f"Application '{application}' is not known: declare what it reads or writes first "
            "(lineal reader declare, lineal writer declare)"
        )


class ContractNotFound(NotFound):
    """The build has declared no such reader or writer."""

    code = 40431


class DeploymentNotFound(NotFound):
    """The build is not live there."""

    code = 40432


class Conflict(RegistryError):
    """The request contradicts what is kept."""

    code = 409


class IncompatibleSchema(Conflict):
    """The candidate may not follow the history under the level in force."""

    code = 40901

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict


class ResourceAssociated(Conflict):
    """The resource uses another subject for this, or the same one in another way."""

    code = 40903

    def __init__(self, resource: object, kind: str, subject: object) -> None:
        super().__init__(
            f"Resource '{resource}' already has an association of type '{kind}', with subject '{subject}': "
            "remove it first, or update it (PUT /associations/resources/{id})"
        )


class SubjectAssociated(Conflict):
    """Resources use the subject."""

    code = 40904

    def __init__(self, subject: object, resource: object) -> None:
        super().__init__(f"Subject '{subject}' is associated with resource '{resource}': remove that association first")


class StronglyAssociated(Conflict):
    """The subject is the own one of another resource."""

    code = 40905

    def __init__(self, subject: object, resource: object) -> None:
        super().__init__(f"Subject '{subject}' belongs to resource '{resource}' (lifecycle STRONG): use another one")


class NoActiveVersion(Conflict):
    """A subject that is in use needs a live version."""

    code = 40907

    def __init__(self, subject: object) -> None:
        super().__init__(f"Subject '{subject}' would have an association and no active version: register a schema")


class AssociationFrozen(Conflict):
    """The association may be neither changed nor removed."""

    code = 40908

    def __init__(self, resource: object, kind: str) -> None:
        super().__init__(
            f"The association of type '{kind}' of resource '{resource}' is frozen: it goes only together with its "
            "subject (cascadeLifecycle=true)"
        )


class InvalidExporterName(Conflict):
    """A name no exporter can have."""

    code = 40950

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is not the name of an exporter: use letters, digits, '.', '_' and '-', at most 100")


class InvalidExporterConfig(Conflict):
    """The config names no registry, or carries a secret in the clear."""

    code = 40951


class InvalidExporterSubjects(Conflict):
    """A pattern that no subject can fit."""

    code = 40952


class ExporterExists(Conflict):
    """There is an exporter of this name."""

    code = 40960

    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' already exists: update it (PUT /exporters/{name}) or choose another name")


class ExporterRunning(Conflict):
    """It runs already."""

    code = 40961

    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' is already running")


class ExporterNotPaused(Conflict):
    """Only an exporter that is paused can be changed or reset."""

    code = 40963

    def __init__(self, name: str) -> None:
        super().__init__(f"Exporter '{name}' is not paused: pause it first (PUT /exporters/{name}/pause)")


class TooManyExporters(Conflict):
    """No more exporters are allowed here."""

    code = 40964

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} exporters already, the limit LINEAL_LIMIT_EXPORTERS: delete one first")


class Refused(RegistryError):
    """The request is understood and not allowed."""

    code = 422


class InvalidRequest(Refused):
    """A member or parameter has the wrong type or value."""


class UnkeepableText(InvalidRequest):
    """A text contains NUL, which PostgreSQL keeps in no text: so no database is given it."""

    def __init__(self) -> None:
        super().__init__("A text contains the character NUL, which cannot be kept: leave it out")


class InvalidSchemaText(Refused):
    """The text is not a schema of its format, or a reference does not resolve."""

    code = 42201


class InvalidVersion(Refused):
    """Neither a version number nor 'latest'."""

    code = 42202

    def __init__(self, version: object) -> None:
        super().__init__(
            f"The specified version '{version}' is not a valid version id. Allowed values are between "
            '[1, 2^31-1] and the string "latest"'
        )


class InvalidLevel(Refused):
    """Not one of the seven compatibility levels."""

    code = 42203

    def __init__(self, level: object) -> None:
        super().__init__(
            f"Invalid compatibility level '{level}'. Valid values are none, backward, forward, full, "
            "backward_transitive, forward_transitive, and full_transitive"
        )


class InvalidJudgement(Refused):
    """A profile, a rule override or a compatibility policy that does not exist."""

    code = 42203


class InvalidMode(Refused):
    """Not one of the modes, or not here."""

    code = 42204

    def __init__(self, mode: object, why: str = "") -> None:
        super().__init__(
            why or f"Invalid mode '{mode}'. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT and FORWARD"
        )


class OperationNotPermitted(Refused):
    """The mode in force, or the state of the registry, does not allow it."""

    code = 42205


class ReferenceExists(Refused):
    """Another schema refers to what should go."""

    code = 42206

    def __init__(self, what: str, referrers: str) -> None:
        super().__init__(f"One or more references exist to the schema {{{what}}}: {referrers}")


class InvalidSubject(Refused):
    """A name no subject can have."""

    code = 42208

    def __init__(self, subject: str, why: str) -> None:
        super().__init__(f"The specified subject '{subject}' is not a valid subject: {why}")


class SchemaTooLarge(Refused):
    """The text is over the limit."""

    code = 42209

    def __init__(self, size: int, bound: int) -> None:
        super().__init__(
            f"The schema has {size} bytes and the limit is {bound}: split it with references or raise "
            "LINEAL_LIMIT_TEXT_BYTES"
        )


class InvalidRuleSet(Refused):
    """A rule that no client could run."""

    code = 42210


class ContextNotEmpty(Refused):
    """Subjects still live in the context."""

    code = 42211

    def __init__(self, context: str) -> None:
        super().__init__(
            f"The context '{context}' is not empty: delete its subjects permanently, the soft-deleted ones too"
        )


class InvalidAssociation(Refused):
    """An association that cannot be."""

    code = 42212


class InvalidUpcaster(Refused):
    """The document is no upcaster, or not one of the versions it names."""

    code = 42220


class UpcasterRefused(Refused):
    """The proof failed: the operation, the place and the event that shows it."""

    code = 42221

    def __init__(self, message: str, report: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.report = report
        """JSON-ready, as ``/api/v1`` shows it."""


class InvalidEvent(Refused):
    """The event is none of its version, or an upcaster refused it."""

    code = 42222


class InvalidContract(Refused):
    """A reader or writer that cannot be: a field that no version has, a name that is none."""

    code = 42230


class DamagedArchive(Refused):
    """An export that is cut off, changed, or none."""

    code = 42240


class NotEmpty(Refused):
    """An import needs a registry where nothing has happened yet."""

    code = 42241

    def __init__(self, position: int) -> None:
        super().__init__(
            f"The registry is not empty: its log has {position:,} entries. Import into a new database "
            "(--database sqlite:///new.db)"
        )


class UnknownEvent(Refused):
    """An entry of a log that a newer version of lineal has written."""

    code = 42242

    def __init__(self, position: int, name: str, version: int) -> None:
        super().__init__(
            f"Entry {position:,} is a {name} of version {version}, which this version of lineal does not know: "
            "upgrade it"
        )


class InvalidContext(RegistryError):
    """A name no context can have."""

    code = 400

    def __init__(self, context: str, why: str = "write '.name' or ':.name:', without colons inside") -> None:
        super().__init__(f"'{context}' is not a context name: {why}")


class BodyTooDeep(RegistryError):
    """The arrays and objects of a request nest over the limit."""

    code = 400

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The request body is nested too deeply: the limit is {limit} levels of arrays and objects; flatten it or "
            "raise LINEAL_LIMIT_JSON_DEPTH"
        )


class NotLetIn(RegistryError):
    """The request is fine; whoever sends it may not, or not now."""

    code = 403


class Unauthenticated(NotLetIn):
    """Nobody knows who asks: no credentials, or none that are good."""

    code = 40101

    def __init__(self, why: str = "Say who you are: send an API key, a user with a password or a token") -> None:
        super().__init__(why)


class Forbidden(NotLetIn):
    """Whoever asks may not do that, whether or not what it is about exists."""

    code = 40301

    def __init__(self, action: str, role: str, where: str) -> None:
        super().__init__(f"User is denied operation {action} on {where}: it needs the role {role} there")
        self.role = role
        self.where = where


class TooManyRequests(NotLetIn):
    """Whoever asks, asks too often."""

    code = 42901

    def __init__(self, seconds: float) -> None:
        super().__init__("HTTP 429 Too Many Requests: slow down (LINEAL_RATE_PER_SECOND)")
        self.seconds = seconds
        """Until the next request is answered."""


class StoreError(RegistryError):
    """The database could not do it."""

    code = 50001


class StoreUnavailable(StoreError):
    """The database did not answer."""


class StoreBusy(StoreError):
    """The same subject changed too often while a request was being decided."""

    code = 50002


class StillReplaying(StoreError):
    """A moment of the past is further away than one request goes; asked again, the next one goes on from there."""

    code = 50301

    def __init__(self, reached: int, wanted: int) -> None:
        super().__init__(
            f"The past is being replayed: {reached:,} of {wanted:,} entries are done. Ask again, it goes on from there "
            "(LINEAL_LIMIT_REPLAYED_ENTRIES is what one request replays)"
        )
