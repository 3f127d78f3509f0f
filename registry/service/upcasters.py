"""Publish upcasters once they are proven, and bring events along them.

The proof is made before the transaction; the transaction makes sure that the versions it joins are still the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from msgspec.structs import replace

from compat.definition import Definition
from compat.errors import CompatError
from compat.formats import Parsed
from registry.errors import (
    InvalidEvent,
    InvalidUpcaster,
    NoUpcasters,
    OperationNotPermitted,
    StoreBusy,
    SubjectNotFound,
)
from registry.events import UpcasterPublished, UpcasterWithdrawn
from registry.history import next_number, parse_number
from registry.model import ANONYMOUS, DEFAULT_CONTEXT, LATEST, Content, Origin, Span, Subject, Version
from registry.policy import require_writable
from registry.service.definitions import Definitions, parse
from registry.service.lookup import find_version
from registry.service.proving import Joined, event_of, limits, proof, read_document, resolved, subject_of
from registry.service.routes import Drafts, Leg, Route
from registry.service.scope import aliased, in_force, located
from registry.settings import Settings
from registry.storage.reading import Reading, StoredUpcaster
from registry.storage.store import Store
from registry.upcasting import Draft, Report, Stop, draft, shape_of, travel, verify
from upcasters.chain import chain_to_json
from upcasters.collecting import collects
from upcasters.document import Document, read
from upcasters.errors import NoChain
from upcasters.widening import Source, sources

NEXT: Final = "next"
"""The version after another: what an upcaster leads to."""
_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class Proposal:
    """A document for the step between two versions, and what a person still has to say about it."""

    draft: Draft
    report: Report
    """What the proof says of the draft as it is."""


class Upcasters:
    """Publishes, proves and applies upcasters."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._drafts = Drafts(limits(settings).engines)
        store.when_lost(self._drafts.forget)

    def published(self, subject: Subject) -> list[StoredUpcaster]:
        """The upcasters in force that people wrote, by source version. Raises SubjectNotFound."""
        return [edge for edge in self.edges(subject) if not edge.implied]

    def edges(self, subject: Subject) -> list[StoredUpcaster]:
        """The upcasters in force, by source version, with the steps that nobody had to write. Raises SubjectNotFound.

        Those are recorded as soon as a subject has one upcaster: stock clients leave out a step without rules.
        """
        with self._store.read() as reading:
            subject = located(reading, subject)
            if not reading.token(subject):
                raise SubjectNotFound(subject)
            return reading.upcasters(subject)

    def lifts(self, subject: Subject) -> frozenset[tuple[int, int]]:
        """The pairs of versions that an upcaster in force joins which a person wrote. None for an unknown subject."""
        with self._store.read() as reading:
            edges = reading.edges(located(reading, subject))
        return frozenset((source, target) for source, target, implied in edges if not implied)

    def prove(self, document: Any, subject: Subject | None = None) -> Report:
        """What the proof finds, without publishing. ``document`` is its JSON tree, or a text in JSON or YAML.

        Raises InvalidUpcaster, SubjectNotFound, VersionNotFound.
        """
        asked = read_document(document)
        with self._store.read() as reading:
            joined = Joined.of(self._definitions, reading, subject_of(asked, subject), asked)
        return verify(resolved(asked, *joined.parsed), *joined.parsed, limits=limits(self._settings))

    def publish(self, subject: Subject, document: Any, origin: Origin = ANONYMOUS) -> StoredUpcaster:
        """Prove an upcaster and put it in force; the one it replaces stays in the log. The same one again: no change.

        Raises InvalidUpcaster, UpcasterRefused, SubjectNotFound, VersionNotFound, OperationNotPermitted.
        """
        asked = read_document(document)
        for _ in range(_ATTEMPTS):
            with self._store.read() as reading:
                joined = Joined.of(self._definitions, reading, subject_of(asked, aliased(reading, subject)), asked)
            asked = resolved(asked, *joined.parsed)
            event = proof(asked, *joined.parsed, self._settings)
            self._prepare(joined.subject)
            with self._store.write(origin) as writing:
                require_writable(in_force(writing, joined.subject, self._settings).mode, joined.subject)
                if not joined.still(writing):
                    continue
                before = _edge(writing.upcasters(joined.subject), asked.source, asked.target)
                if before is not None and before.hash == asked.digest():
                    return before
                event = replace(event, revision=1 if before is None else before.revision + 1)
                around = [
                    one
                    for one in self._implied(writing, joined.subject)
                    if (one.source, one.target) != (event.source, event.target)
                ]
                writing.append((joined.subject, event), *((joined.subject, one) for one in around))
                published = _edge(writing.upcasters(joined.subject), asked.source, asked.target)
                assert published is not None  # noqa: S101 - it has just been written
                return published
        raise StoreBusy(f"subject '{joined.subject}' changed too often while the upcaster was being proven: try again")

    def proven(self, subject: Subject, document: Document, candidate: Parsed) -> UpcasterPublished:
        """The event that publishes an upcaster to a version which is about to be registered.

        Raises InvalidUpcaster, UpcasterRefused, SubjectNotFound, VersionNotFound.
        """
        with self._store.read() as reading:
            subject = subject_of(document, subject)
            old = find_version(reading, subject, document.source, deleted=True)
            definition = self._definitions.of(reading, old)
        if collects(document.ops) is not None:
            raise InvalidUpcaster(
                "collect brings events to the new version in replay jobs only, so a version cannot be let in by it: "
                "register it under another level, then publish the upcaster"
            )
        earlier = parse(definition)
        return proof(resolved(document, earlier, candidate), earlier, candidate, self._settings)

    def follows(self, subject: Subject, candidate: Parsed, number: int) -> UpcasterPublished | None:
        """The event for the step to a version about to be registered, where nobody has to write it.

        Only for subjects that have upcasters: the rules ask of stock clients that they can run rules.
        """
        with self._store.read() as reading:
            old = reading.version(subject, number - 1)
            if old is None or not any(not edge.implied for edge in reading.upcasters(subject)):
                return None
            definition = self._definitions.of(reading, old)
        before = parse(definition)
        found = self._drafts.following(subject, (old, before), candidate, number)
        return None if found is None else event_of(*found, before, candidate, implied=True)

    def _prepare(self, subject: Subject, source: int = 0) -> None:
        """Work out the steps of a subject that nobody has to write, before the lock is taken.

        ``source`` is where an upcaster starts from that will be none any more.
        """
        with self._store.read() as reading:
            self._implied(reading, subject, source)

    def _implied(self, reading: Reading, subject: Subject, source: int = 0) -> list[UpcasterPublished]:
        """The events for all steps between neighbours that have no upcaster and need none."""
        known = {(edge.source, edge.target) for edge in reading.upcasters(subject) if edge.source != source}
        events = []
        for old, new in pairwise(reading.versions(subject)):
            if new.number != old.number + 1 or (old.number, new.number) in known:
                continue
            one, other = (parse(self._definitions.of(reading, version)) for version in (old, new))
            found = self._drafts.agreed(subject, (old, one), (new, other))
            if found is not None:
                events.append(event_of(*found, one, other, implied=True))
        return events

    def require_no_gap(self, subject: Subject) -> None:
        """Raises NoUpcasters unless events of every live version reach the latest."""
        with self._store.read() as reading:
            live = [number for number, gone in reading.numbers(subject) if not gone]
        if live:
            self.route(subject, live[0], live[-1])

    def withdraw(self, subject: Subject, source: int, target: int, origin: Origin = ANONYMOUS) -> StoredUpcaster:
        """Take an upcaster out of force; with the last one go the steps that nobody had to write.

        Raises NoUpcasters, OperationNotPermitted.
        """
        with self._store.read() as reading:
            named = aliased(reading, subject)
        self._prepare(named, source)
        with self._store.write(origin) as writing:
            subject = aliased(writing, subject)
            require_writable(in_force(writing, subject, self._settings).mode, subject)
            found = _edge(writing.upcasters(subject), source, target)
            if found is None:
                raise NoUpcasters(f"Subject '{subject}' has no upcaster from version {source} to version {target}")
            if found.implied:
                raise OperationNotPermitted(
                    f"The step from version {source} to version {target} follows from the schemas: publish an upcaster "
                    "in its place"
                )
            writing.append((subject, UpcasterWithdrawn(source=source, target=target)))
            rest = writing.upcasters(subject)
            if any(not edge.implied for edge in rest):
                around: list[UpcasterPublished | UpcasterWithdrawn] = [*self._implied(writing, subject)]
            else:
                around = [UpcasterWithdrawn(source=edge.source, target=edge.target) for edge in rest]
            for event in around:
                writing.append((subject, event))
        return found

    def route(self, subject: Subject, source: str | int, target: str | int = LATEST) -> Route:
        """How events of version ``source`` reach version ``target``, up or down.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound, NoUpcasters (which says where the gap is).
        """
        with self._store.read() as reading:
            subject = located(reading, subject)
            first = find_version(reading, subject, parse_number(source), deleted=True)
            last = find_version(reading, subject, parse_number(target), deleted=parse_number(target) != LATEST)
            low, high = sorted((first.number, last.number))
            published = {(edge.source, edge.target): edge for edge in reading.upcasters(subject)}
            on_the_way = reading.versions(subject, Span(above=low - 1, below=high + 1))
            schemas = [parse(self._definitions.of(reading, version)) for version in on_the_way]
        pairs = pairwise(zip(on_the_way, schemas, strict=True))
        legs = [self._leg(subject, published, old, new) for old, new in pairs]
        if first.number > last.number:
            legs, schemas = legs[::-1], schemas[::-1]
        return Route(subject, first.number, last.number, tuple(legs), tuple(schemas))

    def served(self, subject: Subject, source: str | int, target: str | int = LATEST) -> dict[str, Any]:
        """The chain as clients fetch it: documents with their hashes, and the shape of the first payload.

        Raises as ``route`` does.
        """
        route = self.route(subject, source, target)
        numbers = [route.source, *((leg.source if route.source > route.target else leg.target) for leg in route.legs)]
        shapes = {number: shape_of(schema) for number, schema in zip(numbers, route.schemas, strict=True)}
        try:
            served: dict[str, Any] = chain_to_json(
                str(route.subject), route.source, [leg.document for leg in route.legs], shapes
            )
        except NoChain as error:
            raise NoUpcasters(f"Subject '{route.subject}' has no way back: {error}") from error
        return served

    def upcast(
        self, subject: Subject, event: Any, source: str | int, target: str | int = LATEST
    ) -> tuple[Route, tuple[Stop, ...]]:
        """An event (JSON) travelling from one version to another: what every step made of it, and whether it is valid.

        The first stop is the event as it was given. Raises as ``route`` does, and InvalidEvent where the event is none
        of version ``source``.
        """
        route = self.route(subject, source, target)
        try:
            stops = travel(route.chain(), route.schemas, event)
        except CompatError as error:
            raise InvalidEvent(f"The event is none of version {route.source}: {error}") from error
        for violation in stops[0].violations:
            raise InvalidEvent(
                f"The event is none of version {route.source}: {violation.message} "
                f"(at {violation.pointer or 'the root'})"
            )
        return route, stops

    def sources(self, type_name: str, context: str = DEFAULT_CONTEXT) -> tuple[Source, ...]:
        """Which stored types can yield a type, by the upcasters in force in a context."""
        with self._store.read() as reading:
            found = reading.retyping(context)
        return sources(type_name, (read(edge.document) for edge in found))

    def propose(self, subject: Subject, source: str | int, target: str | int = NEXT) -> Proposal:
        """A draft for the step from one version to a later one, the next by default, with what is uncertain in it.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound.
        """
        with self._store.read() as reading:
            subject = located(reading, subject)
            old = find_version(reading, subject, parse_number(source), deleted=True)
            if target == NEXT:
                later = (number for number, _ in reading.numbers(subject) if number > old.number)
                target = min(later, default=old.number + 1)
            new = find_version(reading, subject, parse_number(target), deleted=True)
            one, other = (parse(self._definitions.of(reading, version)) for version in (old, new))
        found = draft(str(subject), old.number, new.number, one, other)
        return Proposal(found, verify(found.document, one, other))

    def anticipate(self, subject: Subject, candidate: Content, document: Any = None) -> Proposal:
        """The step from the latest version to a candidate: a draft, or what the proof says of ``document``.

        Nothing is registered or published. Raises SubjectNotFound, InvalidSchemaText, SchemaTooLarge, InvalidUpcaster.
        """
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            old = find_version(reading, subject, LATEST, deleted=False)
            number = next_number(reading.history(subject))
            lenient = in_force(reading, subject, self._settings).lenient
            definition = self._definitions.candidate(reading, subject, candidate, lenient=lenient).definition
            one, other = parse(self._definitions.of(reading, old)), parse(definition)
        if document is None:
            found = draft(str(subject), old.number, number, one, other)
            return Proposal(found, verify(found.document, one, other))
        asked = resolved(read_document(document), one, other)
        subject_of(asked, subject)
        if (asked.source, asked.target) != (old.number, number):
            raise InvalidUpcaster(
                f"The upcaster joins versions {asked.source} and {asked.target}: write from: {old.number}, to: {number}"
            )
        return Proposal(Draft(asked, (), ()), verify(asked, one, other, limits=limits(self._settings)))

    def reaches(
        self, reading: Reading, subject: Subject, history: Mapping[int, tuple[Version, Definition]]
    ) -> Callable[[int, int], bool]:
        """Whether events of a version become events of the next one; each step is looked at once, when it is asked.

        ``history``: the versions that will be asked about. What is given back needs the transaction no more.
        """
        published = {(source, target) for source, target, _ in reading.edges(subject)}

        @cache
        def leads(source: int, target: int) -> bool:
            if (source, target) in published:
                return True
            old, new = ((version, parse(of)) for version, of in (history[source], history[target]))
            return self._drafts.get(subject, old, new) is not None

        return leads

    def _leg(
        self,
        subject: Subject,
        published: dict[tuple[int, int], StoredUpcaster],
        old: tuple[Version, Parsed],
        new: tuple[Version, Parsed],
    ) -> Leg:
        source, target = old[0].number, new[0].number
        edge = published.get((source, target))
        if edge is not None:
            return Leg(source, target, read(edge.document), None if edge.implied else edge)
        found = self._drafts.agreed(subject, old, new)
        if found is None:
            raise NoUpcasters(
                f"Subject '{subject}' has no upcaster from version {source} to version {target}, and none follows from "
                f"the schemas: publish one (lineal upcaster draft {subject} --from {source} writes a first version)"
            )
        return Leg(source, target, found[0], None)


def _edge(edges: Sequence[StoredUpcaster], source: int, target: int) -> StoredUpcaster | None:
    return next((edge for edge in edges if (edge.source, edge.target) == (source, target)), None)
