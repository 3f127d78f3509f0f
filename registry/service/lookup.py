"""Find schemas and versions: by id, GUID, number or text."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from compat import tagging
from compat.definition import Format
from compat.engine import Form
from compat.entity import Tags
from compat.protobuf.source import is_serialized
from registry import history as histories
from registry.data_contract import merge_metadata, without_compiled
from registry.errors import InvalidSubject, SchemaNotFound, SubjectNotFound, VersionNotFound
from registry.history import Known, parse_number
from registry.identity import Identity
from registry.model import (
    ANYWHERE,
    DEFAULT,
    DEFAULT_CONTEXT,
    EVERYTHING,
    LATEST,
    AssociationFilter,
    Configuration,
    Content,
    Metadata,
    Page,
    SchemaFilter,
    Span,
    Subject,
    Version,
)
from registry.service.answers import Listed
from registry.service.definitions import Definitions, identify, parse
from registry.service.memory import Memory
from registry.service.scope import aliased, elsewhere, located
from registry.storage.reading import Reading
from registry.storage.store import Store

_EVERY_TAG: Final = "*"
_FORM_OF: Final = {
    Form.RESOLVED: Format.AVRO,
    Form.SERIALIZED: Format.PROTOBUF,
    Form.IGNORE_EXTENSIONS: Format.PROTOBUF,
}
"""Forms that one format has."""


class Lookup:
    """Reads one thing at a time."""

    def __init__(self, store: Store, definitions: Definitions, memory: Memory) -> None:
        self._store = store
        self._definitions = definitions
        self._memory = memory

    def version(self, subject: Subject, version: str | int, *, deleted: bool = False) -> Version:
        """``version`` is a number, its text, ``"latest"`` or -1.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound.
        """
        number = parse_number(version)
        with self._store.read() as reading:
            return find_version(reading, located(reading, subject), number, deleted=deleted)

    def with_properties(self, subject: Subject, wanted: Mapping[str, str], *, deleted: bool = False) -> Version:
        """The newest version whose metadata properties contain all these pairs.

        Raises SubjectNotFound, SchemaNotFound.
        """
        with self._store.read() as reading:
            situation = self._memory.located(reading, subject)
            history = situation.history if deleted else situation.history.live
            if not history:
                raise SubjectNotFound(situation.subject)
            for known in reversed(history):
                if known.metadata is not None and wanted.items() <= (known.metadata.properties or {}).items():
                    return find_version(reading, situation.subject, known.number, deleted=True)
        pairs = ", ".join(f"{key}={value}" for key, value in wanted.items())
        raise SchemaNotFound(f"with {pairs or 'metadata'}")

    def by_text(
        self, subject: Subject, candidate: Content, *, normalize: bool = False, deleted: bool = False
    ) -> Version:
        """The version that holds this schema. Raises SubjectNotFound, InvalidSchemaText, SchemaNotFound."""
        with self._store.read() as reading:
            situation = self._memory.located(reading, subject)
            subject = situation.subject
            known = situation.history if deleted else situation.history.live
            if not known:
                raise SubjectNotFound(subject)
            normalize = normalize or bool(situation.policy.configuration.normalize)
            prepared = self._definitions.candidate(reading, subject, candidate, lenient=True)
        parsed = parse(prepared.definition)
        ways = _ways_of(candidate.metadata, situation.policy.configuration)
        rule_set = without_compiled(candidate.rule_set)

        def held(identity: Identity) -> Known | None:
            digest = identity.digest(normalize=normalize)
            found = (histories.looked_up(known, digest, way, rule_set, normalize=normalize) for way in ways)
            return next(filter(None, found), None)

        found = held(identify(parsed, prepared.content, subject.context))
        if found is None:
            with self._store.read() as reading:
                twin = self._definitions.written_out(reading, subject, known, prepared.content, parsed)
            if twin is not None:
                found = held(Identity(twin.canonical_digest, twin.normalized_digest))
        if found is None:
            parse(replace(prepared.definition, lenient=situation.policy.lenient))  # what nobody could have registered
            raise SchemaNotFound
        with self._store.read() as reading:
            return find_version(reading, subject, found.number, deleted=True)

    def by_id(self, schema_id: int, subject: Subject = DEFAULT) -> Version:
        """The first version that was registered with this id: in the subject if it has it, else in its context.

        The deleted ones count too: what stands in messages must be readable. Raises SchemaNotFound.
        """
        with self._store.read() as reading:
            found = _first_holder(reading, schema_id, aliased(reading, subject))
        if found is None:
            raise SchemaNotFound(schema_id)
        return found

    def by_guid(self, guid: str) -> Version:
        """The first version registered with this GUID, in any context. Raises SchemaNotFound."""
        with self._store.read() as reading:
            found = reading.with_guid(_guid(guid))
        if not found:
            raise SchemaNotFound(guid)
        return found[0]

    def ids_of_guid(self, guid: str) -> list[tuple[str, int]]:
        """(context, schema id) of the schemas with this GUID; none for an unknown one."""
        try:
            named = _guid(guid)
        except SchemaNotFound:
            return []
        with self._store.read() as reading:
            found = reading.with_guid(named)
        return sorted({(version.subject.context, version.schema_id) for version in found})

    def highest_id(self, context: str) -> int:
        """The highest schema id ever given in a context."""
        with self._store.read() as reading:
            return reading.last_id(context)

    def text(self, version: Version, form: Form | None = None) -> str:
        """The text of a version as it was registered (None), or in another form where its format has that."""
        if form is None or _FORM_OF.get(form, version.content.format) is not version.content.format:
            return version.content.text
        with self._store.read() as reading:
            definition = self._definitions.of(reading, version)
        parsed = parse(definition)
        return parsed.text(form)

    def text_for(self, sent: Content, version: Version, form: Form | None = None) -> str:
        """The text for whoever has sent this schema: a serialized descriptor is answered with one."""
        if form is None and sent.format is Format.PROTOBUF and is_serialized(sent.text):
            form = Form.SERIALIZED
        return self.text(version, form)

    def tags(self, version: Version, names: Collection[str]) -> Tags:
        """The tags of these names (``*`` is all) that the text of a version carries, by record and field."""
        with self._store.read() as reading:
            definition = self._definitions.of(reading, version)
        found = tagging.tags(parse(definition))
        if _EVERY_TAG in names:
            return found
        wanted = {entity: tags & frozenset(names) for entity, tags in found.items()}
        return {entity: tags for entity, tags in wanted.items() if tags}

    def subjects(
        self,
        prefix: str = ANYWHERE,
        *,
        context: str = DEFAULT_CONTEXT,
        deleted: bool = False,
        deleted_only: bool = False,
        page: Page = EVERYTHING,
    ) -> list[Subject]:
        """Subjects by name, sorted; ``:*:foo`` looks in every context, ``:.ctx:foo`` in one, ``foo`` in ``context``."""
        where, begin = _prefix(prefix, context)
        with self._store.read() as reading:
            return reading.subjects(where, begin, live=not deleted_only, deleted=deleted, page=page)

    def schemas(self, prefix: str = "", *, deleted: bool = False) -> list[Version]:
        """Versions with their texts, of every subject that begins with the prefix."""
        return [each.version for each in self.listed(prefix, deleted=deleted)]

    def listed(
        self,
        prefix: str = "",
        *,
        context: str = DEFAULT_CONTEXT,
        aliases: bool = False,
        deleted: bool = False,
        latest_only: bool = False,
        rule_type: str = "",
        associations: AssociationFilter | None = None,
        unassociated: bool = False,
        page: Page = EVERYTHING,
    ) -> list[Listed]:
        """Versions of every subject that begins with the prefix, or (``aliases``) has an alias that does.

        With associations asked for, each with those of its subject; ``unassociated``: also subjects nothing uses.
        """
        where, begin = _prefix(prefix, context)
        with self._store.read() as reading:
            known = reading.aliases() if aliases else []
            wanted = SchemaFilter(
                context=where,
                prefix=begin,
                aliased=frozenset(
                    target for alias, target in known if where in (None, alias.context) and alias.name.startswith(begin)
                ),
                deleted=deleted,
                latest_only=latest_only,
                rule_type=rule_type,
                associations=associations,
                unassociated=unassociated,
            )
            found = reading.listed(wanted, page)
            used = {
                each: tuple(reading.associations(associations, subject=each))
                for each in {version.subject for version in found}
                if associations is not None
            }
        return [
            Listed(
                version,
                tuple(alias for alias, target in known if target == version.subject),
                used.get(version.subject, ()),
            )
            for version in found
        ]

    def versions(
        self, subject: Subject, *, deleted: bool = False, deleted_only: bool = False, page: Page = EVERYTHING
    ) -> list[Version]:
        """All versions with their texts, oldest first. Raises SubjectNotFound."""
        with self._store.read() as reading:
            subject = located(reading, subject)
            found = reading.versions(subject, Span(deleted=deleted or deleted_only))
        if deleted_only:
            found = [version for version in found if version.deleted]
        if not found:
            raise SubjectNotFound(subject)
        return page.of(found)

    def numbers(
        self,
        subject: Subject,
        *,
        deleted: bool = False,
        deleted_only: bool = False,
        deleted_beside_live: bool = False,
    ) -> list[tuple[int, bool]]:
        """(number, deleted) of the versions, ascending.

        ``deleted_beside_live``: the deleted ones too, of a subject that is not deleted as a whole.
        Raises SubjectNotFound.
        """
        with self._store.read() as reading:
            situation = self._memory.located(reading, subject)
        subject, every = situation.subject, [(known.number, known.deleted) for known in situation.history]
        found = [each for each in every if (each[1] if deleted_only else deleted or not each[1])]
        if not (every if deleted_only else found):
            raise SubjectNotFound(subject)
        return every if deleted_beside_live and not deleted_only else found

    def uses(self, schema_id: int, subject: Subject = DEFAULT, *, deleted: bool = False) -> list[tuple[Subject, int]]:
        """The subjects and versions that hold a schema id. Raises SchemaNotFound."""
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            holders = _holders(reading, schema_id, subject)
        if not subject.is_context:
            holders = [each for each in holders if each[0].name == subject.name]
        return [(holder, number) for holder, number, gone in holders if deleted or not gone]

    def referrers(
        self, subject: Subject, version: str | int, *, deleted: bool = False
    ) -> list[tuple[Subject, int, int]]:
        """(subject, version, schema id) of the versions that refer to this one, which may be deleted.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound.
        """
        number = parse_number(version)
        with self._store.read() as reading:
            subject = located(reading, subject)
            target = find_version(reading, subject, number, deleted=True)
            return reading.referrers(subject, [target.number], deleted=deleted)

    def contexts(self, prefix: str = "", page: Page = EVERYTHING) -> list[str]:
        """The names of the contexts, the default one always among them, sorted."""
        with self._store.read() as reading:
            names = sorted({DEFAULT_CONTEXT, *reading.contexts()})
        return [name for name in names if name.startswith(prefix)][page.offset :][: page.limit]


def find_version(reading: Reading, subject: Subject, number: int, *, deleted: bool) -> Version:
    """One version, or the latest. Raises SubjectNotFound, VersionNotFound."""
    found = reading.latest(subject, deleted=deleted) if number == LATEST else reading.version(subject, number)
    if found is not None and (deleted or not found.deleted):
        return found
    if any(deleted or not gone for _, gone in reading.numbers(subject)):
        raise VersionNotFound("latest" if number == LATEST else number)
    raise SubjectNotFound(subject)


def _first_holder(reading: Reading, schema_id: int, subject: Subject) -> Version | None:
    """The first version with an id, however many there are, where ``_holders`` looks; None for none."""
    if not subject.is_context:
        if (own := reading.first_with_id(subject.context, schema_id, subject.name)) is not None:
            return own
        at = elsewhere(reading, subject)
        if at != subject and (own := reading.first_with_id(at.context, schema_id, at.name)) is not None:
            return own
    return reading.first_with_id(subject.context, schema_id)


def _holders(reading: Reading, schema_id: int, subject: Subject) -> list[tuple[Subject, int, bool]]:
    """(subject, version, deleted) that hold an id in a context; an unqualified subject is looked for elsewhere too."""
    holders = reading.holders(subject.context, schema_id)
    if not any(holder == subject for holder, _, _ in holders) and (at := elsewhere(reading, subject)) != subject:
        others = reading.holders(at.context, schema_id)
        if any(holder == at for holder, _, _ in others):
            return others
    if not holders:
        raise SchemaNotFound(schema_id)
    return holders


def _ways_of(sent: Metadata | None, configuration: Configuration) -> list[Metadata | None]:
    """Metadata as it was sent, and with the defaults and overrides that it gets when it is registered."""
    completed = merge_metadata(configuration.default_metadata, sent, configuration.override_metadata)
    return [sent] if sent is None or completed is sent else [sent, completed]


def _guid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise SchemaNotFound(text) from None


def _prefix(prefix: str, context: str) -> tuple[str | None, str]:
    """(context or None for all, beginning of the name)."""
    if "\0" in prefix:
        raise InvalidSubject(prefix, "it contains a control character")
    if prefix.startswith(ANYWHERE):
        return None, prefix.removeprefix(ANYWHERE)
    subject = Subject.parse(prefix, context)
    return subject.context, subject.name
