"""Search by name, field, documentation and owner, over the latest version of every subject.

An index of everything, derived from the registry and kept up by the position of the log; what it finds is in the
caller's view. Building it is spread over the
requests that need it: each may spend a little time on subjects that are new or have changed.
"""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.metadata import version
from threading import Lock
from typing import Final, TypeVar
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from compat.errors import CompatError
from compat.recent import Recent
from registry.access.current import OPEN, acting, current
from registry.errors import RegistryError
from registry.model import DEFAULT_CONTEXT, Page, Subject, SubjectSummary
from registry.service import Document, IndexBusy, IndexSpoilt, Registry, Standing, TextIndex, remove
from web.prose import first_sentence
from web.steps import Deadline
from web.tree import Path, fields_of

_log = logging.getLogger(__name__)

BUDGET_SECONDS: Final = 1.5
"""How long one request may read schemas into the index."""
WORDS: Final = 8
"""Words of a query that count."""
FIELDS: Final = 2_000
"""Fields of one schema that are indexed."""
PORTION: Final = 200
"""Changes that are asked for at once."""
CANDIDATES: Final = 1_000
"""Subjects that one search looks at more closely."""
REMEMBERED: Final = 500
"""Subjects that were asked for one by one before they were in the index."""
OPENING_SECONDS: Final = 2.0
"""How long another process may hold the index when it is opened."""
FORMAT: Final = f"1 {version('lineal')}"
"""Of what is kept: the number goes up whenever an entry is made or written in another way."""
_ALIKE: Final = 50
"""Subjects that one misspelled name is compared with."""
_ALIKE_ENOUGH: Final = 0.55
"""Of 1.0, the same: less is another name, not a misspelled one."""
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is known about the latest version of a subject."""

    summary: SubjectSummary
    sentence: str
    owner: str
    name: str
    """Case folded, like the rest."""
    doc: str
    fields: tuple[tuple[str, Path, str], ...]
    """Last name of the path, the path, the documentation."""


@dataclass(frozen=True, slots=True)
class Match:
    """A subject that answers a query, with the fields that do."""

    indexed: Indexed
    score: int
    fields: tuple[Path, ...]
    why: str
    """``name``, ``field``, ``owner`` or ``documentation``."""


T = TypeVar("T")

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Indexed).decode


def _decoded(*kept: bytes | None) -> list[Indexed]:
    return [_decode(one) for one in kept if one is not None]


def _standing(texts: TextIndex) -> Standing:
    """Raises IndexSpoilt."""
    if (known := texts.standing()) is None:
        raise IndexSpoilt("it does not say what it was derived from")
    return known


class Index:
    """Follows the log; on disk, so that a registry of any size can be searched. Safe to use from several threads.

    With a file, it goes on from where the last process was, together with those that run. What the file says counts as
    long as the log still has what it was derived from.
    """

    def __init__(self, registry: Registry, file: pathlib.Path | None = None) -> None:
        self._registry = registry
        self._file = file
        self._lock = Lock()
        self._texts: TextIndex | None = None
        self._generation = ""
        """Of what was found in the file when it was opened, or begun anew since."""
        self._doubtful = False
        self._lately: Recent[Subject, Indexed] = Recent(REMEMBERED)
        """What was asked for before it was in the index."""
        registry.when_lost(self._doubt)

    def refresh(self, seconds: float = BUDGET_SECONDS) -> tuple[int, int]:
        """Read what has changed, for so long at most. How many subjects are known, and how many still wait."""
        with self._lock, acting(OPEN):
            deadline = Deadline(seconds)
            known, read_to = self._trying(lambda texts: self._read_on(texts, deadline))
        waiting = self._registry.catalog.count_changed(read_to)
        if not current().view.whole:
            known = self._registry.catalog.subjects(page=Page(0, 1))[1] - waiting
        return known, waiting

    def of(self, summary: SubjectSummary) -> Indexed:
        """What is known about one subject, read now if need be."""
        known = self._lately.get(summary.subject)
        if known is None or known.summary != summary:
            with self._lock:
                kept = self._trying(lambda texts: _decoded(texts.get(str(summary.subject))))
            known = kept[0] if kept and kept[0].summary == summary else self._read(summary)
            self._lately.put(summary.subject, known)
        return known

    def find(self, query: str, *, context: str | None = None, format_: str | None = None) -> Sequence[Match]:
        """Subjects for which every word of the query is a part of something known, the best first.

        ``CANDIDATES`` of them at the most.
        """
        words = query.casefold().split()[:WORDS]
        with self._lock:
            candidates = self._trying(lambda texts: _decoded(*texts.find(words, CANDIDATES, _shown)))
        found = []
        for indexed in candidates:
            if context is not None and indexed.summary.subject.context != context:
                continue
            if format_ and indexed.summary.format.value != format_:
                continue
            if match := _match(indexed, words):
                found.append(match)
        return sorted(found, key=lambda match: (-match.score, match.indexed.name))

    def similar(self, name: str, most: int = 5) -> list[Subject]:
        """Subjects that may have been meant by a name that is none, the likeliest first."""
        wanted = name.casefold().strip()[:_LONGEST_NAME]
        with self._lock:
            found = self._trying(lambda texts: _decoded(*texts.like(wanted, _ALIKE, _shown)))
        alike = {one.summary.subject: _likeness(wanted, one.name) for one in found}
        best = sorted(alike, key=lambda one: -alike[one])[:most]
        return [one for one in best if alike[one] >= _ALIKE_ENOUGH]

    def close(self) -> None:
        """Forget everything; what is in a file stays there."""
        with self._lock:
            if self._texts is not None:
                self._texts.close()
                self._texts = None

    def _doubt(self) -> None:
        """Begin anew with the next question: the positions may stand for other changes now."""
        self._doubtful = True
        self._lately.clear()

    def _trying(self, ask: Callable[[TextIndex], T]) -> T:
        """What an index answers: the one in the file, or where that is spoilt, a new one."""
        for file in (self._file, self._file, None):
            doubted, self._doubtful = self._doubtful, False
            try:
                if new := self._texts is None:
                    self._texts = TextIndex(file)
                if new or doubted:
                    self._generation = self._begun(self._texts, doubted=self._generation if doubted else "")
                return ask(self._texts)
            except (IndexSpoilt, IndexBusy, msgspec.MsgspecError) as error:
                _log.warning("the search index in %s cannot be used: %s", file or "a temporary file", error)
                if self._texts is not None:
                    self._texts.close()
                    self._texts, self._doubtful = None, doubted
                if file is not None and not isinstance(error, IndexBusy):
                    remove(file)
        self._file = None  # not even a new file does
        self._texts = TextIndex()
        self._generation = self._begun(self._texts)
        return ask(self._texts)

    def _begun(self, texts: TextIndex, doubted: str = "") -> str:
        """The generation of the index, begun anew unless it is another than the doubted one, and of this log.

        Raises IndexBusy, IndexSpoilt.
        """
        with acting(OPEN):
            if (known := texts.standing()) is not None and self._stands(known, doubted):
                return known.generation
            with texts.turn(OPENING_SECONDS):
                known = texts.standing()
                if known is not None and self._stands(known, doubted):  # another process had the turn before
                    return known.generation
                position, log = self._registry.catalog.position(), self._registry.catalog.log_id()
                texts.begin_anew(Standing(FORMAT, log, 0, "", position, generation := uuid4().hex))
                return generation

    def _stands(self, known: Standing, doubted: str) -> bool:
        """Whether what an index was derived from is what there is."""
        catalog = self._registry.catalog
        if known.generation == doubted or known.format != FORMAT or known.log != catalog.log_id():
            return False
        marked = not known.position or known.mark == catalog.mark(known.position)
        return marked and known.purged <= catalog.position()

    def _read_on(self, texts: TextIndex, deadline: Deadline) -> tuple[int, int]:
        """Take over what has changed. How many subjects are known then, and up to which position."""
        standing = _standing(texts)
        while not deadline.passed and self._behind(standing):
            try:
                with texts.turn(deadline.left):
                    standing = self._portion(texts, _standing(texts), deadline)
            except IndexBusy:  # another process reads the same: what it has read counts here too
                standing = _standing(texts)
        return len(texts), standing.position

    def _behind(self, standing: Standing) -> bool:
        catalog = self._registry.catalog
        return bool(catalog.changed_subjects(standing.position, 1) or catalog.purged(standing.purged, 1))

    def _portion(self, texts: TextIndex, standing: Standing, deadline: Deadline) -> Standing:
        """One turn's worth of changes."""
        position, purged = standing.position, self._forget_purged(texts, standing.purged)
        for changed, summary in self._registry.catalog.changed_subjects(position, PORTION):
            if deadline.passed:
                break
            if summary.deleted:
                texts.drop(str(summary.subject))
            else:
                texts.put(_document(self._read(summary)))
            position = changed
        mark = standing.mark if position == standing.position else self._registry.catalog.mark(position)
        log = standing.log or self._registry.catalog.log_id()  # it may have been empty
        standing = replace(standing, log=log, position=position, mark=mark, purged=purged)
        texts.stand(standing)
        return standing

    def _forget_purged(self, texts: TextIndex, position: int) -> int:
        while entries := self._registry.catalog.purged(position, PORTION):
            kept = self._registry.catalog.kept(entry.subject for entry in entries)
            for subject in (subject for subject, numbers in kept.items() if not numbers):
                texts.drop(str(subject))
            position = entries[-1].position
        return position

    def _read(self, summary: SubjectSummary) -> Indexed:
        sentence, doc = "", ""
        fields: tuple[tuple[str, Path, str], ...] = ()
        try:
            outline = self._registry.catalog.describe(summary.subject, summary.latest).outline
        except (RegistryError, CompatError):
            outline = None  # it is listed and found by name all the same
        if outline is not None:
            sentence, doc = first_sentence(outline.doc), outline.doc.casefold()
            fields = tuple(
                (path[-1].casefold(), path, text.casefold()) for path, text in fields_of(outline, FIELDS) if path
            )
        owner = owner_of(summary)
        described = summary.properties.get("description", "")
        sentence, doc = sentence or first_sentence(described), f"{doc} {described.casefold()}"
        name = summary.subject.name if summary.subject.context == DEFAULT_CONTEXT else str(summary.subject)
        return Indexed(summary, sentence, owner, name.casefold(), doc, fields)


def _likeness(wanted: str, name: str) -> float:
    """How like a name is, whole or its last part."""
    return max(SequenceMatcher(None, wanted, one).ratio() for one in (name, name.rsplit(".", 1)[-1]))


def _shown(key: str) -> bool:
    return current().view.shows(Subject.parse(key))


def _document(indexed: Indexed) -> Document:
    docs = (indexed.doc, *(doc for _, _, doc in indexed.fields if doc))
    return Document(
        key=str(indexed.summary.subject),
        name=indexed.name,
        fields="\n".join(name for name, _, _ in indexed.fields),
        owner=indexed.owner.casefold(),
        doc="\n".join(docs),
        kept=_encode(indexed),
    )


def owner_of(summary: SubjectSummary) -> str:
    """Who answers for a subject, as its metadata says."""
    return next((summary.properties[key] for key in ("owner", "team") if summary.properties.get(key)), "")


def _match(indexed: Indexed, words: Sequence[str]) -> Match | None:
    total, fields, why = 0, dict[Path, None](), ""
    for word in words:
        score, hit, reason = _word(indexed, word)
        if not score:
            return None
        total += score
        fields |= dict.fromkeys(hit)
        why = why or reason
    return Match(indexed, total, tuple(fields)[:4], why)


def _word(indexed: Indexed, word: str) -> tuple[int, list[Path], str]:
    hit = [path for name, path, _ in indexed.fields if word in name]
    if word in indexed.name:
        last = indexed.name.rsplit(".", 1)[-1]
        return (100 if last.startswith(word) else 80 if indexed.name.startswith(word) else 60), hit, "name"
    if hit:
        exact = any(path[-1].casefold() == word for path in hit)
        return (50 if exact else 40), hit, "field"
    if word in indexed.owner.casefold():
        return 30, [], "owner"
    if word in indexed.doc:
        return 20, [], "documentation"
    described = [path for _, path, doc in indexed.fields if word in doc]
    return (10, described, "documentation") if described else (0, [], "")
