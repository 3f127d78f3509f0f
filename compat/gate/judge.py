"""Compare every subject of a folder with a baseline. The engines decide, this file says who is compared with whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from compat.budget import DEFAULT_LIMITS, Limits
from compat.check import check
from compat.criteria import profile_named
from compat.definition import Definition
from compat.engine import Form
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.formats import parse
from compat.gate.errors import CouldNotCheck
from compat.gate.findings import (
    Compared,
    GateFinding,
    Spot,
    Standing,
    SubjectResult,
    fingerprint,
    from_verdict,
    merged,
    spot_of,
)
from compat.gate.mapping import SchemaFile, Subject
from compat.gate.references import Workspace
from compat.gate.rules import (
    INVALID_SCHEMA,
    SUBJECT_REMOVED,
    UNKNOWN_SUBJECT,
    UNRESOLVED_REFERENCE,
    VERSION_CHANGED,
    VERSION_REMOVED,
    Explanation,
)
from compat.level import Level
from compat.profile import STRICT, Criteria, Profile, Weight
from compat.verdict import Outcome


@dataclass(frozen=True, slots=True)
class PastVersion:
    """One version of a subject as the baseline has it."""

    name: str
    """What a report calls it: ``version 3``, ``HEAD``."""
    number: int | None
    definition: Definition
    path: str
    files: Mapping[str, str] = field(default_factory=dict)
    """The path of each reference that is known to be a file, by the reference's name."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a baseline knows of a subject."""

    versions: tuple[PastVersion, ...]
    """Oldest first; never empty."""
    level: Level | None = None
    """The level the baseline itself holds the subject to, if it has one."""
    criteria: Criteria | None = None
    """By what the baseline itself judges, if it says so."""


class Baseline(Protocol):
    """What a folder is compared with."""

    @property
    def name(self) -> str: ...

    @property
    def complete(self) -> bool:
        """Whether the baseline is the same folder at another time, so that what is missing now was removed."""
        ...

    def subjects(self) -> Collection[str]:
        """The names of the subjects it has; only asked of a complete baseline."""
        ...

    def past(self, subject: str) -> Past | None:
        """The history of a subject, None if the baseline has none. Raises CouldNotCheck."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How strictly to judge."""

    level: Level = Level.BACKWARD
    """Where neither the baseline nor the subject says otherwise."""
    enforced: Level | None = None
    """A level that overrules all others."""
    require_known: bool = False
    """Whether a subject the baseline does not have is an error."""
    criteria: Criteria = STRICT
    """Where the subject and the baseline do not name a profile."""
    enforced_profile: Profile | None = None
    """A profile that overrules all others."""
    limits: Limits = DEFAULT_LIMITS


def judge(
    workspace: Workspace, chosen: Sequence[Subject], baseline: Baseline, policy: Policy
) -> Iterator[SubjectResult]:
    """One result per chosen subject, in order, as each is decided. Raises CouldNotCheck where a baseline fails."""
    for subject in chosen:
        yield _Case(workspace, subject, baseline, policy).result()


def removed(known: Collection[str], baseline: Baseline) -> Iterator[SubjectResult]:
    """One result per subject that a complete baseline has and ``known`` has not."""
    for name in sorted(set(baseline.subjects()) - set(known)) if baseline.complete else ():
        past = baseline.past(name)
        path = past.versions[-1].path if past else name
        message = f"{baseline.name} has subject {name}, this folder has not: restore {path}"
        finding = _own(SUBJECT_REMOVED, name, message, Spot(path), baseline.name)
        yield SubjectResult(name, path, None, baseline.name, Standing.REMOVED, "", (), (finding,))


@dataclass(frozen=True, slots=True)
class _Case:
    """One subject before one baseline."""

    workspace: Workspace
    subject: Subject
    baseline: Baseline
    policy: Policy

    def result(self) -> SubjectResult:
        invalid = [finding for file in self.subject.files if (finding := self._unparsable(file)) is not None]
        if invalid:
            return self._answer(Standing.INVALID, "", (), invalid)
        past = self.baseline.past(self.subject.name)
        level, criteria = self._level(past), self._criteria(past)
        if past is not None:
            self._require_readable(past)
        if self.subject.keeps_versions:
            return self._judge_versions(past, level, criteria)
        return self._judge_head(past, level, criteria)

    def _judge_head(self, past: Past | None, level: Level, criteria: Criteria) -> SubjectResult:
        if past is None:
            return self._new(level)
        definition = self.workspace.definition(self.subject.head)
        if any(same(definition, version.definition) for version in past.versions):
            return self._answer(Standing.UNCHANGED, level.name, (), (), criteria)
        history = [_past(version) for version in past.versions]
        outcome, findings = self._check(self.subject.head, history, level, criteria)
        return self._answer(Standing(outcome.value), level.name, _names(history, level), findings, criteria)

    def _judge_versions(self, past: Past | None, level: Level, criteria: Criteria) -> SubjectResult:
        """Every version the baseline lacks, each against all before it; those it has must be as they were."""
        old = {version.number: version for version in (past.versions if past else ())}
        findings = [*self._tampered(old)]
        history = [_past(version) for version in sorted(old.values(), key=lambda version: version.number or 0)]
        outcomes = [Outcome.INCOMPATIBLE] if findings else []
        compared: list[str] = []
        for file in self.subject.files:
            if file.version in old or self._is_among(file, old.values()):
                continue
            if history:
                outcome, found = self._check(file, history, level, criteria)
                outcomes.append(outcome)
                findings += found
                compared += [name for name in _names(history, level) if name not in compared]
            history.append(self._compared(f"version {file.version}", file))
        if past is None and not findings:
            return self._new(level)
        standing = _worst(outcomes) if outcomes else Standing.UNCHANGED
        return self._answer(standing, level.name, tuple(compared), findings, criteria)

    def _tampered(self, old: dict[int | None, PastVersion]) -> Iterator[GateFinding]:
        """Published versions that are not what they were, or not there any more."""
        here = {file.version: file for file in self.subject.files}
        for number, version in old.items():
            if number is None:  # the baseline kept the newest version only, in one file
                continue
            file = here.get(number)
            counted_otherwise = () if self.baseline.complete else old.values()
            if file is not None and not self._is_among(file, [version, *counted_otherwise]):
                message = (
                    f"version {number} of {self.subject.name} was published in {self.baseline.name} with another text: "
                    f"restore it and write the change to v{max(here, key=lambda key: key or 0)} or a later file"
                )
                yield self._finding(VERSION_CHANGED, message, Spot(file.path), str(number))
            elif file is None and self.baseline.complete:
                message = f"version {number} of {self.subject.name} is in {self.baseline.name} but not here: restore it"
                yield self._finding(VERSION_REMOVED, message, Spot(version.path), str(number))

    def _is_among(self, file: SchemaFile, versions: Iterable[PastVersion]) -> bool:
        """Whether a file is one of these versions, whatever its number: a registry may have counted otherwise."""
        definition = self.workspace.definition(file)
        return any(same(definition, version.definition) for version in versions)

    def _check(
        self, file: SchemaFile, history: Sequence[Compared], level: Level, criteria: Criteria
    ) -> tuple[Outcome, tuple[GateFinding, ...]]:
        candidate = self._compared(file.path, file)
        verdict = check(
            level,
            candidate.definition,
            [base.definition for base in history],
            everything=True,
            criteria=criteria,
            limits=self.policy.limits,
        )
        found = [
            from_verdict(self.subject.name, finding, candidate, history[finding.version], self.baseline.name)
            for finding in verdict.findings
        ]
        return verdict.outcome, merged(found)

    def _compared(self, name: str, file: SchemaFile) -> Compared:
        return Compared(name, self.workspace.definition(file), file.path, self.workspace.reference_paths(file))

    def _level(self, past: Past | None) -> Level:
        if self.policy.enforced is not None:
            return self.policy.enforced
        if past is not None and past.level is not None:
            return past.level
        return Level[self.subject.level.upper()] if self.subject.level else self.policy.level

    def _criteria(self, past: Past | None) -> Criteria:
        """By what the subject is judged, as its level is found; overrides go with the profile they were set for."""
        chosen = self.policy.criteria
        if past is not None and past.criteria is not None:
            chosen = past.criteria
        elif self.subject.profile:
            chosen = replace(chosen, profile=profile_named(self.subject.profile))
        enforced = self.policy.enforced_profile
        return chosen if enforced is None else replace(chosen, profile=enforced)

    def _unparsable(self, file: SchemaFile) -> GateFinding | None:
        try:
            parse(self.workspace.definition(file))
        except UnresolvedReference as cause:
            return self._finding(UNRESOLVED_REFERENCE, cause.message, self._cause_spot(file, cause), cause.name)
        except InvalidSchema as cause:
            return self._finding(INVALID_SCHEMA, cause.message, self._cause_spot(file, cause), cause.message)
        except LimitExceeded as cause:
            return self._finding(INVALID_SCHEMA, str(cause), Spot(file.path), cause.limit)
        return None

    def _cause_spot(self, file: SchemaFile, cause: InvalidSchema) -> Spot:
        if cause.place is None:
            return Spot(file.path)
        return spot_of(cause.place, file.path, self.workspace.reference_paths(file))

    def _require_readable(self, past: Past) -> None:
        for version in past.versions:
            try:
                parse(version.definition)
            except (InvalidSchema, LimitExceeded) as cause:
                raise CouldNotCheck(
                    f"{version.name} of {self.subject.name} in {self.baseline.name} is not a usable schema: {cause}"
                ) from cause

    def _new(self, level: Level) -> SubjectResult:
        weight = Weight.ERROR if self.policy.require_known else Weight.INFO
        message = f"subject {self.subject.name} is new: {self.baseline.name} does not have it, so nothing can break"
        finding = self._finding(UNKNOWN_SUBJECT, message, Spot(self.subject.head.path), "", weight)
        return self._answer(Standing.NEW, level.name, (), (finding,))

    def _answer(
        self,
        standing: Standing,
        level: str,
        compared: tuple[str, ...],
        findings: Sequence[GateFinding],
        criteria: Criteria = STRICT,
    ) -> SubjectResult:
        head = self.subject.head
        return SubjectResult(
            self.subject.name,
            head.path,
            head.format,
            self.baseline.name,
            standing,
            level,
            compared,
            tuple(findings),
            profile=criteria.applied_to(head.format).profile,
        )

    def _finding(
        self, rule: Explanation, message: str, spot: Spot, detail: str, weight: Weight = Weight.ERROR
    ) -> GateFinding:
        return _own(rule, self.subject.name, message, spot, self.baseline.name, detail, weight)


def same(one: Definition, other: Definition) -> bool:
    """Whether two definitions are the same schema, however they are spelt."""
    if one.digest() == other.digest():
        return True
    if one.format is not other.format:
        return False
    a, b = parse(one), parse(other)
    if a.text(Form.CANONICAL) != b.text(Form.CANONICAL):
        return False
    theirs = {reference.name: reference.definition for reference in other.references}
    return len(theirs) == len(one.references) and all(
        reference.name in theirs and same(reference.definition, theirs[reference.name]) for reference in one.references
    )


def _own(
    rule: Explanation,
    subject: str,
    message: str,
    spot: Spot,
    baseline: str,
    detail: str = "",
    weight: Weight = Weight.ERROR,
) -> GateFinding:
    return GateFinding(rule, weight, subject, message, spot, fingerprint(subject, rule.name, detail), baseline=baseline)


def _past(version: PastVersion) -> Compared:
    return Compared(version.name, version.definition, version.path, version.files)


def _names(history: Sequence[Compared], level: Level) -> tuple[str, ...]:
    if not level.directions:
        return ()
    return tuple(base.name for base in (history if level.transitive else history[-1:]))


def _worst(outcomes: Sequence[Outcome]) -> Standing:
    for outcome in (Outcome.INCOMPATIBLE, Outcome.UNKNOWN):
        if outcome in outcomes:
            return Standing(outcome.value)
    return Standing.COMPATIBLE
