"""Search by name, field, documentation and owner, over the latest version of every subject.

An index in memory, derived from the registry and kept up by the position of the log. Building it is spread over the
requests that need it: each may spend a little time on subjects that are new or have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from compat.errors import CompatError
from registry.errors import RegistryError
from registry.model import DEFAULT_CONTEXT, Page, Subject, SubjectSummary
from registry.service import Registry
from web.prose import first_sentence
from web.steps import Deadline
from web.tree import Path, fields_of

BUDGET_SECONDS: Final = 1.5
"""How long one request may read schemas into the index."""
WORDS: Final = 8
"""Words of a query that count."""
FIELDS: Final = 2_000
"""Fields of one schema that are indexed."""


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


class Index:
    """Safe to use from several threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._position = -1
        self._known: dict[Subject, Indexed] = {}
        self._waiting: dict[Subject, SubjectSummary] = {}

    def refresh(self, seconds: float = BUDGET_SECONDS) -> tuple[int, int]:
        """Read what has changed, for so long at most. How many subjects are known, and how many still wait."""
        with self._lock:
            position = self._registry.catalog.position()
            if position != self._position:
                self._notice_changes()
                self._position = position
            deadline = Deadline(seconds)
            for subject, summary in list(self._waiting.items()):
                if deadline.passed:
                    break
                self._known[subject] = self._read(summary)
                del self._waiting[subject]
            return len(self._known), len(self._waiting)

    def _notice_changes(self) -> None:
        summaries, _ = self._registry.catalog.subjects(page=Page(0, None))
        present = {summary.subject: summary for summary in summaries}
        for subject in [subject for subject in self._known if subject not in present]:
            del self._known[subject]
        known = self._known
        self._waiting = {
            subject: summary
            for subject, summary in present.items()
            if subject not in known or known[subject].summary != summary
        }

    def of(self, summary: SubjectSummary) -> Indexed:
        """What is known about one subject, read now if need be."""
        with self._lock:
            known = self._known.get(summary.subject)
            if known is None or known.summary != summary:
                known = self._known[summary.subject] = self._read(summary)
                self._waiting.pop(summary.subject, None)
            return known

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

    def find(self, query: str, *, context: str | None = None, format_: str | None = None) -> Sequence[Match]:
        """Subjects for which every word of the query is a part of something known, the best first."""
        words = query.casefold().split()[:WORDS]
        with self._lock:
            everything = list(self._known.values())
        found = []
        for indexed in everything:
            if context is not None and indexed.summary.subject.context != context:
                continue
            if format_ and indexed.summary.format.value != format_:
                continue
            if match := _match(indexed, words):
                found.append(match)
        return sorted(found, key=lambda match: (-match.score, match.indexed.name))


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
