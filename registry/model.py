"""What the registry keeps: subjects, schemas, versions, and the policy in force.

Values that stand in documents of the protocol or in events of the log are ``msgspec.Struct`` (camelCase outside);
values that only this process sees are dataclasses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from compat.definition import Format
from registry.errors import InvalidContext, InvalidSubject

DEFAULT_CONTEXT: Final = "."
GLOBAL_CONTEXT: Final = ".__GLOBAL"
"""Holds configuration and mode for every context; no subject lives in it."""

LONGEST_NAME: Final = 1_000
"""Bytes of UTF-8 that the name of a subject, a context or a resource may have: PostgreSQL indexes some 2,700 a row."""

LATEST: Final = -1
"""The version number that stands for the latest live version."""

T = TypeVar("T")

_QUALIFIED = re.compile(r":(\.[^:]*):(.*)", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ANYWHERE: Final = ":*:"
"""Before the beginning of a name: in every context."""
_RESERVED_NAMES: Final = frozenset({"__GLOBAL", "__EMPTY"})


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A name in a context. With an empty name it stands for the context itself (configuration and mode)."""

    context: str = DEFAULT_CONTEXT
    name: str = ""

    @classmethod
    def parse(cls, text: str, context: str = DEFAULT_CONTEXT) -> Subject:
        """Read ``:.context:name`` or a bare name, which then lives in ``context``.

        Raises InvalidSubject for the one character that no database can be asked about, and for a name over the limit.
        """
        if "\0" in text:
            raise InvalidSubject(text, "it contains a control character")
        if is_too_long(text):
            raise InvalidSubject(f"{text[:40]}…", f"it is longer than {LONGEST_NAME:,} bytes")
        if match := _QUALIFIED.fullmatch(text):
            return cls(match[1], match[2])
        return cls(context, text)

    def __str__(self) -> str:
        return self.name if self.context == DEFAULT_CONTEXT else f":{self.context}:{self.name}"

    @property
    def is_context(self) -> bool:
        """Whether this addresses a context as a whole."""
        return not self.name

    def require_registrable(self) -> None:
        """Raises InvalidSubject unless versions may be counted under this name."""
        if self.context == GLOBAL_CONTEXT:
            raise InvalidSubject(str(self), "the context .__GLOBAL holds settings only, no subjects")
        if not self.name:
            raise InvalidSubject(str(self), "the name is empty")
        if self.name in _RESERVED_NAMES:
            raise InvalidSubject(str(self), "the name is reserved")
        if self.name.startswith(ANYWHERE):
            raise InvalidSubject(str(self), f"{ANYWHERE} stands for every context")
        if _CONTROL.search(str(self)):
            raise InvalidSubject(str(self), "it contains a control character")


DEFAULT: Final = Subject()
"""The default context as a whole: where the settings for everything stand."""

ACCESS: Final = Subject(GLOBAL_CONTEXT, "access")
"""Not a subject: the stream of what only admins of everything see, which is keys, grants and webhooks."""


def is_too_long(name: str) -> bool:
    """Whether a name is over LONGEST_NAME."""
    return 4 * len(name) > LONGEST_NAME and len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME


def context_name(text: str) -> str:
    """The context that ``ctx``, ``.ctx`` or ``:.ctx:`` names. Raises InvalidContext."""
    bare = text[1:-1] if len(text) > 1 and text.startswith(":") and text.endswith(":") else text
    if ":" in bare or "\0" in bare:
        raise InvalidContext(text)
    if is_too_long(bare):
        raise InvalidContext(f"{bare[:40]}…", f"it is longer than {LONGEST_NAME:,} bytes")
    return bare if bare.startswith(".") else f".{bare}"


class Document(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of everything that crosses the wire or stands in the log."""


class SchemaReference(Document, frozen=True):
    """A name used in a definition, and the subject and version it stands for (the subject as it was sent)."""

    name: str = ""
    subject: str = ""
    version: int = LATEST


class Metadata(Document, frozen=True):
    """What people and tools attach to a schema; takes part in its identity."""

    tags: dict[str, list[str]] | None = None
    """Tags by path in the schema."""
    properties: dict[str, str] | None = None
    sensitive: list[str] | None = None
    """Names of properties that must not be shown."""


class Rule(Document, frozen=True):
    """One rule of a data contract. Stored and served, never executed here."""

    name: str = ""
    doc: str | None = None
    kind: str | None = None
    mode: str | None = None
    type: str | None = None
    tags: list[str] | None = None
    params: dict[str, str] | None = None
    expr: str | None = None
    on_success: str | None = None
    on_failure: str | None = None
    disabled: bool = False


class RuleSet(Document, frozen=True):
    """The rules of a data contract."""

    migration_rules: list[Rule] | None = None
    domain_rules: list[Rule] | None = None
    encoding_rules: list[Rule] | None = None
    enable_at: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A schema as it was or will be registered: everything that takes part in its identity."""

    format: Format
    text: str
    references: tuple[SchemaReference, ...] = ()
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a subject."""

    subject: Subject
    number: int
    schema_id: int
    guid: str
    content: Content
    """The text is this version's own, byte for byte as it was registered."""
    registered: datetime
    """UTC."""
    position: int
    """Of the registration in the log."""
    actor: str
    deleted: bool = False
    migration_rules: tuple[Rule, ...] = ()
    """Compiled from the upcasters that lead to this version; served after the author's own."""


class Mode(StrEnum):
    """What a subject allows."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    FORWARD = "FORWARD"

    @property
    def read_only(self) -> bool:
        return self in {Mode.READONLY, Mode.READONLY_OVERRIDE}

    @property
    def imports(self) -> bool:
        """Whether versions are taken over as they are, with their ids and without checks."""
        return self in {Mode.IMPORT, Mode.FORWARD}


class Configuration(Document, frozen=True):
    """The settings of one scope, as they were set there: None is not set."""

    compatibility_level: str | None = None
    compatibility_policy: str | None = None
    profile: str | None = None
    """Whose rules decide: lineal's own member, which other clients ignore."""
    rule_overrides: dict[str, str] | None = None
    """What is done about single rules, whatever the profile says; lineal's own member, too."""
    json_formats: str | None = None
    """What ``format`` means in JSON Schemas; lineal's own member, too."""
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


class ConfigurationChange(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A request to change settings: absent keeps, null clears, a value sets."""

    compatibility: str | msgspec.UnsetType | None = msgspec.UNSET
    compatibility_policy: str | msgspec.UnsetType | None = msgspec.UNSET
    profile: str | msgspec.UnsetType | None = msgspec.UNSET
    rule_overrides: dict[str, str] | msgspec.UnsetType | None = msgspec.UNSET
    json_formats: str | msgspec.UnsetType | None = msgspec.UNSET
    compatibility_group: str | msgspec.UnsetType | None = msgspec.UNSET
    alias: str | msgspec.UnsetType | None = msgspec.UNSET
    alias_for_deks: str | msgspec.UnsetType | None = msgspec.UNSET
    normalize: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_fields: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_new_schemas: bool | msgspec.UnsetType | None = msgspec.UNSET
    validate_rules: bool | msgspec.UnsetType | None = msgspec.UNSET
    default_metadata: Metadata | msgspec.UnsetType | None = msgspec.UNSET
    override_metadata: Metadata | msgspec.UnsetType | None = msgspec.UNSET
    default_rule_set: RuleSet | msgspec.UnsetType | None = msgspec.UNSET
    override_rule_set: RuleSet | msgspec.UnsetType | None = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a change, in which request; ``reason`` is the author's own words, if given."""

    actor: str = "anonymous"
    request_id: str = ""
    reason: str = ""
    time: datetime | None = None
    """When it happened, for what is told later than that; None is now. Never set by a request over HTTP."""


ANONYMOUS: Final = Origin()


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a listing; ``limit`` None is everything."""

    offset: int = 0
    limit: int | None = None

    def of(self, items: list[T]) -> list[T]:
        """The slice of what was found."""
        return items[self.offset :][: self.limit]


@dataclass(frozen=True, slots=True)
class Beside:
    """Where in the order of contexts and names a listing begins, or ends; found at once, however long the list is."""

    after: Subject | None = None
    before: Subject | None = None
    """The last ones before this."""


ANYWHERE_IN_ORDER: Final = Beside()
EVERYTHING: Final = Page()


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a history: the last ``most`` versions below a number; with ``above``, the first ones beyond that."""

    below: int | None = None
    above: int | None = None
    most: int | None = None
    """None is all of them."""
    deleted: bool = True
    """The deleted ones too."""


WHOLE_HISTORY: Final = Span()
FIRST_PAGE: Final = Page(limit=50)


class ExporterDefinition(Document, frozen=True):
    """What is copied to which other registry, and under which names."""

    name: str
    context_type: str = "AUTO"
    """NONE: into the same contexts; CUSTOM: below ``context``; AUTO: below one named after this registry."""
    context: str = ""
    subjects: list[str] = []
    """``orders``, ``shop.*``, ``:.ctx:*``, ``:*:*``; none is every subject of the default context."""
    subject_rename_format: str = "${subject}"
    kek_rename_format: str = ""
    config: dict[str, str] = {}
    """As it was sent; secrets stand in it encrypted, or by the name of an environment variable."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """An exporter and how far it is."""

    definition: ExporterDefinition
    paused: bool
    epoch: int
    """Position of what made it begin from the start: its definition or a reset."""
    position: int | None = None
    """Of the last entry of the log that it has copied; None before it has begun."""
    changed: datetime | None = None
    """When it last got further or failed, UTC."""
    trace: str = ""
    """Why it does not get further."""


class Lifecycle(StrEnum):
    """What becomes of a subject when the resource that uses it goes."""

    STRONG = "STRONG"
    """It is the resource's own, and may go with it."""
    WEAK = "WEAK"
    """It stays; several resources may use it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What uses a subject: a topic of a cluster, for instance."""

    id: str
    name: str = ""
    namespace: str = ""
    type: str = "topic"


@dataclass(frozen=True, slots=True)
class Association:
    """That a resource uses a subject for its keys or its values."""

    guid: str
    subject: Subject
    resource: Resource
    type: str
    """``key`` or ``value``."""
    lifecycle: Lifecycle
    frozen: bool = False
    """Neither changed nor removed, unless the subject goes with it."""


@dataclass(frozen=True, slots=True)
class AssociationFilter:
    """Which associations are meant; what is not given is not asked for."""

    resource_type: str | None = None
    types: tuple[str, ...] = ()
    lifecycles: tuple[Lifecycle, ...] = ()


ANY_ASSOCIATION: Final = AssociationFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFilter:
    """Which versions a listing of schemas shows."""

    context: str | None
    """None: all contexts."""
    prefix: str = ""
    """How the name of the subject begins."""
    aliased: frozenset[Subject] = frozenset()
    """Subjects whose alias begins so."""
    deleted: bool = False
    latest_only: bool = False
    rule_type: str = ""
    associations: AssociationFilter | None = None
    unassociated: bool = False
    """Also the subjects that no resource uses."""


@dataclass(frozen=True, slots=True)
class SubjectSummary:
    """One line of the catalog's list."""

    subject: Subject
    format: Format
    latest: int
    """Number of the latest live version; of the latest deleted one when none is live."""
    versions: int
    """Live versions."""
    changed: datetime
    """Of the last event of the subject, UTC."""
    deleted: bool = False
    """No version is live."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Metadata properties of the latest version (``owner`` and the like)."""


class ReaderSchema(Document, frozen=True):
    """What a reader decodes with, where that is no registered version."""

    format: str
    text: str
    references: list[SchemaReference] = []

    @property
    def content(self) -> Content:
        """The schema as one that is asked about."""
        return Content(Format(self.format), self.text, tuple(self.references))


class FieldsNeed(Document, frozen=True, tag_field="kind", tag="fields"):
    """A reader that needs some fields, with the types that one version gives them."""

    fields: list[str]
    based_on: int
    """The version whose types they have."""
    schema: ReaderSchema
    """The projection: those fields and no others, made when they were declared."""


class SchemaNeed(Document, frozen=True, tag_field="kind", tag="schema"):
    """A reader with a schema of its own."""

    schema: ReaderSchema


class VersionsNeed(Document, frozen=True, tag_field="kind", tag="versions"):
    """A reader with code for some versions, both ends included."""

    first: int
    last: int


ReaderNeed: TypeAlias = FieldsNeed | SchemaNeed | VersionsNeed
DeploymentMode: TypeAlias = Literal["deployed", "released"]
"""``deployed``: replaces the application's build in that environment; ``released``: lives beside others."""


@dataclass(frozen=True, slots=True, order=True)
class Build:
    """A state of an application that can be deployed, named by its version or commit."""

    application: str
    name: str

    def __str__(self) -> str:
        return f"{self.application} {self.name}"


@dataclass(frozen=True, slots=True)
class Reader:
    """What a build has declared to need of a subject."""

    build: Build
    subject: Subject
    need: ReaderNeed
    declared: datetime
    actor: str
    position: int


@dataclass(frozen=True, slots=True)
class Writer:
    """What a build has declared to write under a subject."""

    build: Build
    subject: Subject
    versions: tuple[int, ...]
    declared: datetime
    actor: str
    position: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """A build that is live in an environment."""

    build: Build
    environment: str
    mode: DeploymentMode
    since: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Application:
    """Something that reads or writes events; ``owner`` is empty where nobody said."""

    name: str
    owner: str
