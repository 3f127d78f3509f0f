"""A registry at the other end of HTTP: the part of the Confluent protocol that files need. Any registry will do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from compat import criteria
from compat.definition import Definition, Format, Reference
from compat.errors import InvalidCriteria
from compat.gate.errors import CouldNotCheck
from compat.gate.judge import Past, PastVersion
from compat.level import Level
from compat.profile import Criteria, Profile
from registry.cli.connection import Connection
from registry.cli.errors import Refusal

T = TypeVar("T")

_REFERENCE_DEPTH: Final = 32

_SUBJECT_NOT_FOUND: Final = 40401
_SCHEMA_NOT_FOUND: Final = 40403
_NOT_FOUND: Final = 404


class RemoteReference(msgspec.Struct, frozen=True):
    """A name used in a schema and the version it stands for."""

    name: str
    subject: str
    version: int


class RemoteVersion(msgspec.Struct, frozen=True, rename="camel"):
    """A version as the protocol gives it."""

    subject: str
    version: int
    id: int
    schema: str
    schema_type: str = "AVRO"
    references: tuple[RemoteReference, ...] | None = None

    @property
    def uses(self) -> tuple[RemoteReference, ...]:
        """Its references, none where the server leaves them out."""
        return self.references or ()


class Remote(Connection):
    """One registry, by what files need of it."""

    def __init__(self, address: str, *, user: str = "", password: str = "", token: str = "") -> None:
        super().__init__(address, user=user, password=password, token=token)
        self._definitions: dict[tuple[str, int], Definition] = {}

    def subjects(self) -> list[str]:
        """Every subject that has a live version, in all contexts."""
        return self.get("/subjects", list[str])

    def all_subjects(self, *, deleted: bool) -> list[str]:
        """Every subject of every context; with ``deleted`` also those that have only soft-deleted versions."""
        flag = "&deleted=true" if deleted else ""
        return self.get(f"/subjects?subjectPrefix={_part(':*:')}{flag}", list[str])

    def all_numbers(self, subject: str, *, deleted: bool) -> list[int]:
        """The numbers of the versions, ascending; with ``deleted`` also of the soft-deleted ones."""
        flag = "?deleted=true" if deleted else ""
        return sorted(self.get(f"/subjects/{_part(subject)}/versions{flag}", list[int]))

    def any_version(self, subject: str, number: int, kind: type[T]) -> T:
        """One version, deleted softly or not, as ``kind``. Raises Refusal if there is none."""
        return self.get(f"/subjects/{_part(subject)}/versions/{number}?deleted=true", kind)

    def own(self, what: str, scope: str, kind: type[T]) -> T | None:
        """The configuration or mode of a scope itself; None where it has none of its own."""
        try:
            return self.get(f"/{what}/{_part(scope)}" if scope else f"/{what}", kind)
        except Refusal as refusal:
            if refusal.status == _NOT_FOUND:
                return None
            raise

    def numbers(self, subject: str) -> list[int] | None:
        """The numbers of the live versions, None if there is no such subject."""
        try:
            return self.get(f"/subjects/{_part(subject)}/versions", list[int])
        except Refusal as refusal:
            if refusal.code == _SUBJECT_NOT_FOUND:
                return None
            raise

    def version(self, subject: str, number: int | str) -> RemoteVersion:
        """One version; ``number`` may be ``"latest"``. Raises Refusal if there is none."""
        return self.get(f"/subjects/{_part(subject)}/versions/{number}", RemoteVersion)

    def terms(self, subject: str) -> tuple[Level | None, Criteria | None]:
        """The level in force for a subject and by what it is judged, None where the registry names none known here."""
        document = self.get(f"/config/{_part(subject)}?defaultToGlobal=true", dict[str, Any])
        return Level.__members__.get(str(document.get("compatibilityLevel", ""))), _criteria(document)

    def definition(self, version: RemoteVersion, depth: int = 0) -> Definition:
        """The text of a version with what its references stand for. Raises CouldNotCheck where that has no end."""
        key = (version.subject, version.version)
        if key not in self._definitions:
            if depth > _REFERENCE_DEPTH:
                raise CouldNotCheck(f"the references of {version.subject} go deeper than {_REFERENCE_DEPTH}")
            references = tuple(
                Reference(
                    use.name,
                    self.definition(self.version(in_context(use.subject, version.subject), use.version), depth + 1),
                )
                for use in version.uses
            )
            self._definitions[key] = Definition(_format(version), version.schema, references, lenient=True)
        return self._definitions[key]

    def find(self, subject: str, body: dict[str, Any]) -> RemoteVersion | None:
        """The live version that holds this schema, None if there is none."""
        try:
            return self.post(f"/subjects/{_part(subject)}", body, RemoteVersion)
        except Refusal as refusal:
            if refusal.code in {_SUBJECT_NOT_FOUND, _SCHEMA_NOT_FOUND}:
                return None
            raise

    def register(self, subject: str, body: dict[str, Any]) -> RemoteVersion:
        """The version that now holds this schema. Raises Refusal. With an ``upcaster`` only lineal itself will do."""
        root = "/api/v1" if "upcaster" in body else ""
        self.post(f"{root}/subjects/{_part(subject)}/versions", body, dict[str, Any])
        found = self.find(subject, body)
        if found is None:
            raise CouldNotCheck(f"{self.address} accepted a version of {subject} and does not show it: try again")
        return found

    def url(self, version: RemoteVersion) -> str:
        """Where a person or program finds a version."""
        return f"{self.address}/subjects/{_part(version.subject)}/versions/{version.version}"


class RemoteBaseline:
    """What a registry has, as a baseline. It knows more subjects than any one folder, so nothing counts as removed."""

    complete = False

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    @property
    def name(self) -> str:
        return self._remote.address

    def subjects(self) -> Collection[str]:
        return ()

    def past(self, subject: str) -> Past | None:
        try:
            numbers = self._remote.numbers(subject)
            terms = self._remote.terms(subject) if numbers else (None, None)
        except Refusal as refusal:
            raise CouldNotCheck(f"{self.name}, subject {subject}: {refusal.message}") from refusal
        if not numbers:
            return None
        return Past(past_versions(self._remote, subject, sorted(numbers)), *terms)


class VersionBaseline:
    """One version of one subject of a registry, for whatever file is compared with it."""

    complete = False

    def __init__(self, remote: Remote, subject: str, number: str) -> None:
        self._remote = remote
        self._subject = subject
        self._number = number

    @property
    def name(self) -> str:
        return f"{self._subject}@{self._number}"

    def subjects(self) -> Collection[str]:
        return ()

    def past(self, subject: str) -> Past:  # noqa: ARG002 - whatever the file is called, this is what it follows
        return Past(past_versions(self._remote, self._subject, [self._number]))


def past_versions(remote: Remote, subject: str, numbers: Sequence[int | str]) -> tuple[PastVersion, ...]:
    """Versions of a subject with their definitions. Raises CouldNotCheck if one is missing."""
    try:
        found = [remote.version(subject, number) for number in numbers]
        return tuple(
            PastVersion(f"version {version.version}", version.version, remote.definition(version), remote.url(version))
            for version in found
        )
    except Refusal as refusal:
        raise CouldNotCheck(f"{remote.address}, subject {subject}: {refusal.message}") from refusal


def _criteria(document: dict[str, Any]) -> Criteria | None:
    """What lineal's own members of a configuration say; other registries have none of them."""
    profile, rules, formats = (document.get(name) for name in ("profile", "ruleOverrides", "jsonFormats"))
    if profile is None and rules is None and formats is None:
        return None
    try:
        found = criteria.read(profile or Profile.STRICT.value, rules, formats)
    except InvalidCriteria as cause:
        raise CouldNotCheck(f"the registry judges by something that is not known here: {cause}") from cause
    return criteria.under_policy(found, document.get("compatibilityPolicy"))


def _part(subject: str) -> str:
    return quote(subject, safe="")


def in_context(reference: str, referrer: str) -> str:
    """The full name of a subject that a referrer names: without a context of its own, it is in the referrer's."""
    if reference.startswith(":.") or not referrer.startswith(":."):
        return reference
    return f":{referrer.split(':')[1]}:{reference}"


def seen_from(subject: str, referrer: str) -> str:
    """The shortest name of a subject in a referrer: without the context they share. Undoes ``in_context``."""
    context = f":{referrer.split(':')[1]}:" if referrer.startswith(":.") else ""
    return subject.removeprefix(context)


def _format(version: RemoteVersion) -> Format:
    try:
        return Format(version.schema_type)
    except ValueError:
        raise CouldNotCheck(f"{version.subject} is of type {version.schema_type}, which is not known here") from None
