"""Definitions of what is registered and of what is asked about, with everything they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec.structs import replace as replaced

from compat import formats
from compat.budget import Limits
from compat.definition import Definition, Format
from compat.engine import Form
from compat.errors import InvalidSchema, LimitExceeded
from compat.formats import Parsed
from compat.recent import Recent
from registry.errors import InvalidSchemaText, SchemaTooLarge
from registry.history import Known
from registry.identity import Identity, identity
from registry.model import LATEST, Content, SchemaReference, Subject, Version
from registry.references import define, resolve
from registry.storage.reading import Reading


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema that was asked about: its references settled, its definition complete, not yet parsed."""

    content: Content
    definition: Definition
    targets: tuple[tuple[Subject, int], ...]
    """The versions it refers to."""


class Definitions:
    """Gives definitions, and keeps the ones used last. What is registered never changes, so what is kept stays true."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._limits = limits
        self._kept: Recent[int, Definition] = Recent(size, weigh=formats.weight)
        """By position of the registration."""

    def of(self, reading: Reading, version: Version) -> Definition:
        """The definition of a registered version, with what it refers to: whoever may see it, may see it whole.

        Lenient, whatever the settings are now: it was accepted.
        """
        if (kept := self._kept.get(version.position)) is not None:
            return kept
        targets = []
        for item in version.content.references:
            target = reading.whole.version(Subject.parse(item.subject, version.subject.context), item.version)
            if target is not None:  # deletion refuses while something refers to it
                targets.append((item, self.of(reading, target)))
        definition = define(version.content, targets, depth=self._limits.reference_depth, lenient=True)
        self._kept.put(version.position, definition)
        return definition

    def forget(self) -> None:
        """The positions may stand for other registrations now."""
        self._kept.clear()

    def keep(self, position: int, definition: Definition) -> None:
        """What was just registered: the next version will be held against it."""
        self._kept.put(position, replace(definition, lenient=True))

    def of_known(self, reading: Reading, subject: Subject, history: Sequence[Known]) -> list[Definition]:
        """The definitions of some versions of a subject."""
        found = []
        for known in history:
            definition = self._kept.get(known.position)
            if definition is None and (version := reading.version(subject, known.number)) is not None:
                definition = self.of(reading, version)
            if definition is not None:
                found.append(definition)
        return found

    def written_out(
        self, reading: Reading, subject: Subject, history: Sequence[Known], content: Content, parsed: Parsed
    ) -> Known | None:
        """The newest of these versions which the sent Avro schema is with all references written out.

        So Java clients look up the schema of a class, which knows no references.
        """
        if content.format is not Format.AVRO or content.references:
            return None
        for known in reversed([each for each in history if each.refers]):
            for definition in self.of_known(reading, subject, [known]):
                if parse(definition).text(Form.RESOLVED) == parsed.text(Form.CANONICAL):
                    return known
        return None

    def candidate(self, reading: Reading, subject: Subject, content: Content, *, lenient: bool = False) -> Candidate:
        """What a request has sent, with its references resolved. Raises SchemaTooLarge, InvalidSchemaText.

        ``lenient``: not validated further than it takes to read it (``validateNewSchemas``, mode IMPORT).
        """
        size = len(content.text.encode("utf-8", "surrogatepass"))
        if size > self._limits.text_bytes:
            raise SchemaTooLarge(size, self._limits.text_bytes)

        def find(at: Subject, number: int) -> Version | None:
            return reading.latest(at) if number == LATEST else reading.version(at, number)

        resolved = resolve(content, subject.context, find)
        settled = replace(content, references=tuple(item for item, _ in resolved)) if resolved else content
        targets = [(item, self.of(reading, target)) for item, target in resolved]
        definition = define(settled, targets, depth=self._limits.reference_depth, lenient=lenient)
        return Candidate(settled, definition, tuple((target.subject, target.number) for _, target in resolved))


def parse(definition: Definition) -> Parsed:
    """Parse, in the registry's terms: raises InvalidSchemaText with the place and what to do."""
    if "\0" in definition.text:
        raise InvalidSchemaText("Invalid schema: the text contains the character NUL; remove it")
    try:
        return formats.parse(definition)
    except InvalidSchema as error:
        raise InvalidSchemaText(f"Invalid schema of type {definition.format}: {error}") from error
    except LimitExceeded as error:
        raise InvalidSchemaText(f"Invalid schema of type {definition.format}: {error}") from error


def identify(parsed: Parsed, content: Content, context: str) -> Identity:
    """What names this schema whatever its spelling."""
    canonical, normalized = parsed.text(Form.CANONICAL), parsed.text(Form.NORMALIZED)
    return identity(content.format, canonical, normalized, content.references, context)


def qualified(references: Sequence[SchemaReference], context: str) -> list[SchemaReference]:
    """References with subjects written in full, for readers outside the context."""
    return [replaced(item, subject=str(Subject.parse(item.subject, context))) for item in references]
