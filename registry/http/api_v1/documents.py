"""The documents of ``/api/v1``."""

from __future__ import annotations

from typing import Any

import msgspec

from compat.gate.rules import Explanation
from compat.outline import ABSENT, Field, Type
from compat.verdict import Rule as CheckRule
from registry.events import Entry
from registry.http.payloads import extras
from registry.model import Configuration, SubjectSummary, Version
from registry.service import wording
from registry.service.answers import Checked, Comparison, SubjectDetail


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Base of the documents: camelCase."""


class VerdictDocument(Answer, frozen=True):
    """Whether a schema may follow, with everything that was found and the events that prove it."""

    subject: str
    level: str
    profile: str
    """Whose rules decided; the truth about data is told whatever it is."""
    outcome: str
    """``compatible``, ``incompatible`` or ``unknown``; unknown blocks like incompatible."""
    compatible: bool
    versions: list[int]
    """The versions it was compared with."""
    findings: list[dict[str, Any]]
    """Rule, severity, message, place, direction, version, fingerprint, witness; at most fifty."""
    more_findings: int
    """How many there are beyond these."""
    messages: list[str]
    """The findings that block, each in a sentence."""
    notes: list[str]
    """Where the profile and the truth about data part."""


class SummaryDocument(Answer, frozen=True):
    """One line of the catalog's list."""

    subject: str
    context: str
    name: str
    format: str
    latest: int
    versions: int
    changed: str
    deleted: bool
    properties: dict[str, str]


class SubjectsDocument(Answer, frozen=True):
    """A page of the catalog."""

    total: int
    subjects: list[SummaryDocument]


class VersionDocument(Answer, frozen=True):
    """A version as the catalog shows it."""

    subject: str
    version: int
    id: int
    guid: str
    format: str
    schema: str
    registered: str
    actor: str
    position: int
    deleted: bool
    extras: dict[str, Any]
    """References, metadata and rules, as far as there are any."""


class SubjectDocument(Answer, frozen=True):
    """All about one subject."""

    summary: SummaryDocument
    level: str
    mode: str
    configuration: Configuration
    versions: list[VersionDocument]
    referrers: list[dict[str, Any]]


class DescribedDocument(Answer, frozen=True):
    """A version with its outline."""

    version: VersionDocument
    outline: dict[str, Any]


class ComparisonDocument(Answer, frozen=True):
    """What differs between two versions, and what that does to readers on both sides."""

    subject: str
    old: int
    new: int
    differences: list[dict[str, Any]]
    profile: str
    """Whose rules decide."""
    backward: list[dict[str, Any]]
    """What keeps readers of the new version from reading what was written with the old one."""
    forward: list[dict[str, Any]]
    """What keeps readers of the old version from reading what is written with the new one."""


class EntryDocument(Answer, frozen=True):
    """An event of the log."""

    position: int
    time: str
    actor: str
    request_id: str
    reason: str
    subject: str
    type: str
    version_of_type: int
    event: dict[str, Any]


class ChangesDocument(Answer, frozen=True):
    """Entries of the log, oldest first, and where to go on from."""

    entries: list[EntryDocument]
    next: int
    """Ask with ``after`` set to this."""
    position: int
    """Of the last entry of the log."""


class RuleDocument(Answer, frozen=True):
    """A published rule of a format."""

    name: str
    format: str
    severity: str
    summary: str
    why: str
    remedy: str
    confluent: list[str]
    buf: list[str]


def verdict(checked: Checked) -> VerdictDocument:
    """A verdict for programs and people."""
    return VerdictDocument(
        subject=str(checked.subject),
        level=checked.verdict.level.name,
        profile=checked.verdict.criteria.profile.value,
        outcome=checked.verdict.outcome.value,
        compatible=checked.verdict.compatible,
        versions=list(checked.versions),
        findings=wording.findings(checked),
        more_findings=wording.more_findings(checked),
        messages=[wording.sentence(finding, checked) for finding in checked.verdict.findings if finding.blocks],
        notes=list(checked.verdict.notes),
    )


def summary(line: SubjectSummary) -> SummaryDocument:
    """One line of a list."""
    return SummaryDocument(
        subject=str(line.subject),
        context=line.subject.context,
        name=line.subject.name,
        format=line.format.value,
        latest=line.latest,
        versions=line.versions,
        changed=line.changed.isoformat(),
        deleted=line.deleted,
        properties=dict(line.properties),
    )


def version(one: Version) -> VersionDocument:
    """A version with its text."""
    return VersionDocument(
        subject=str(one.subject),
        version=one.number,
        id=one.schema_id,
        guid=one.guid,
        format=one.content.format.value,
        schema=one.content.text,
        registered=one.registered.isoformat(),
        actor=one.actor,
        position=one.position,
        deleted=one.deleted,
        extras={_camel(name): value for name, value in extras(one).items()},
    )


def subject(detail: SubjectDetail) -> SubjectDocument:
    """All about one subject."""
    return SubjectDocument(
        summary=summary(detail.summary),
        level=detail.policy.level.name,
        mode=detail.policy.mode.value,
        configuration=detail.policy.configuration,
        versions=[version(one) for one in detail.versions],
        referrers=[{"subject": str(referrer), "version": number} for referrer, number in detail.referrers],
    )


def comparison(found: Comparison) -> ComparisonDocument:
    """Two versions side by side."""
    format_ = found.new.content.format
    return ComparisonDocument(
        subject=str(found.old.subject),
        old=found.old.number,
        new=found.new.number,
        differences=[wording.difference(one, format_) for one in found.differences],
        profile=found.criteria.profile.value,
        backward=[wording.finding(one, format_) for one in found.backward],
        forward=[wording.finding(one, format_) for one in found.forward],
    )


def entry(one: Entry) -> EntryDocument:
    """An event with its envelope."""
    return EntryDocument(
        position=one.position,
        time=one.time.isoformat(),
        actor=one.origin.actor,
        request_id=one.origin.request_id,
        reason=one.origin.reason,
        subject=str(one.subject),
        type=type(one.event).__name__,
        version_of_type=one.event.version_of_type,
        event=msgspec.to_builtins(one.event),
    )


def rule(one: CheckRule) -> RuleDocument:
    """A rule as it is published."""
    return RuleDocument(
        name=one.name,
        format=one.format.value,
        severity=one.severity.value,
        summary=one.summary,
        why=one.why,
        remedy=one.remedy,
        confluent=list(one.confluent),
        buf=list(one.buf),
    )


def foreign_rule(one: Explanation) -> RuleDocument:
    """A rule of another authority."""
    return RuleDocument(one.name, one.applies_to, one.severity.value, one.summary, one.why, one.remedy, [], [])


def outline(described: Type) -> dict[str, Any]:
    """The tree of names and types; members that say nothing are left out."""
    found: dict[str, Any] = {"kind": described.kind.value, "label": described.label}
    for name in ("name", "doc", "open", "logical", "bits"):
        if value := getattr(described, name):
            found[name] = value
    if described.fields:
        found["fields"] = [_field(one) for one in described.fields]
    if described.items is not None:
        found["items"] = outline(described.items)
    if described.variants:
        found["variants"] = [outline(one) for one in described.variants]
    if described.symbols:
        found["symbols"] = list(described.symbols)
    if described.constraints:
        found["constraints"] = dict(described.constraints)
    if described.aliases:
        found["aliases"] = list(described.aliases)
    return found


def _field(one: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "type": outline(one.type), "required": one.required}
    if one.default is not ABSENT:
        found["default"] = one.default
    for name in ("doc", "number", "oneof", "deprecated", "pointer", "line"):
        if value := getattr(one, name):
            found[name] = value
    if one.aliases:
        found["aliases"] = list(one.aliases)
    return found


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
