"""Search by name, field, documentation and owner, over the latest version of every subject.

An index of everything, derived from the registry and kept up by the position of the log; what it finds is in the
caller's view. Building it is spread over the
requests that need it: each may spend a little time on subjects that are new or have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from threading import Lock
from typing import Final

import msgspec

from compat.errors import CompatError
from registry.access.current import OPEN, acting, current
from registry.errors import RegistryError
from registry.model import DEFAULT_CONTEXT, Page, Subject, SubjectSummary
from registry.service import Document, Registry, TextIndex
from web.prose import first_sentence
from web.steps import Deadline
from web.tree import Path, fields_of

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


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Indexed).decode


class Index:
    """Follows the log; on disk, so that a registry of any size can be searched. Safe to use from several threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._texts: TextIndex | None = None
        self._read_to = 0
        """Position of the last change of a subject that is in the index."""
        self._purged_to = 0
        """Position up to which deletions for good have been heard of."""
        self._doubtful = False
        registry.when_lost(self._doubt)

    def refresh(self, seconds: float = BUDGET_SECONDS) -> tuple[int, int]:
        """Read what has changed, for so long at most. How many subjects are known, and how many still wait."""
        with self._lock, acting(OPEN):
            texts, deadline = self._opened(), Deadline(seconds)
            self._forget_purged(texts)
            for position, summary in self._changed():
                if deadline.passed:
                    break
                self._take(texts, summary)
                self._read_to = position
            known = len(texts)
        waiting = self._registry.catalog.count_changed(self._read_to)
        if not current().view.whole:
            known = self._registry.catalog.subjects(page=Page(0, 1))[1] - waiting
        return known, waiting

    def of(self, summary: SubjectSummary) -> Indexed:
        """What is known about one subject, read now if need be."""
        with self._lock:
            texts = self._opened()
            kept = texts.get(str(summary.subject))
            known = None if kept is None else _decode(kept)
            return known if known is not None and known.summary == summary else self._take(texts, summary)

    def find(self, query: str, *, context: str | None = None, format_: str | None = None) -> Sequence[Match]:
        """Subjects for which every word of the query is a part of something known, the best first.

        ``CANDIDATES`` of them at the most.
        """
        words = query.casefold().split()[:WORDS]
        with self._lock:
            candidates = self._opened().find(words, CANDIDATES, _shown)
        found = []
        for indexed in map(_decode, candidates):
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
            found = [_decode(kept) for kept in self._opened().like(wanted, _ALIKE, _shown)]
        alike = {one.summary.subject: _likeness(wanted, one.name) for one in found}
        best = sorted(alike, key=lambda one: -alike[one])[:most]
        return [one for one in best if alike[one] >= _ALIKE_ENOUGH]

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            if self._texts is not None:
                self._texts.close()
                self._texts = None
                self._read_to = self._purged_to = 0

    def _doubt(self) -> None:
        """Begin anew with the next question: the positions may stand for other changes now."""
        self._doubtful = True

    def _opened(self) -> TextIndex:
        if self._doubtful and self._texts is not None:
            self._texts.close()
            self._texts, self._read_to = None, 0
        self._doubtful = False
        if self._texts is None:
            self._texts = TextIndex()
            self._purged_to = self._registry.catalog.position()
        return self._texts

    def _changed(self) -> Iterator[tuple[int, SubjectSummary]]:
        while changed := self._registry.catalog.changed_subjects(self._read_to, PORTION):
            yield from changed

    def _forget_purged(self, texts: TextIndex) -> None:
        while entries := self._registry.catalog.purged(self._purged_to, PORTION):
            kept = self._registry.catalog.kept(entry.subject for entry in entries)
            for subject in (subject for subject, numbers in kept.items() if not numbers):
                texts.drop(str(subject))
            self._purged_to = entries[-1].position

    def _take(self, texts: TextIndex, summary: SubjectSummary) -> Indexed:
        indexed = self._read(summary)
        if summary.deleted:
            texts.drop(str(summary.subject))
        else:
            texts.put(_document(indexed))
        return indexed

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
