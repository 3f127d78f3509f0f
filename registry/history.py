"""Decisions about the versions of one subject: which is which, what comes next, what a candidate is compared with."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

from compat.level import Level
from registry.data_contract import same_metadata
from registry.errors import InvalidVersion
from registry.model import LATEST, Metadata, RuleSet

_HIGHEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Known:
    """A version as decisions about the next one need it: without its text."""

    number: int
    schema_id: int
    canonical_digest: str
    normalized_digest: str
    metadata: Metadata | None
    rule_set: RuleSet | None
    position: int
    deleted: bool
    refers: bool
    """Whether it refers to other schemas."""

    def digest(self, *, normalize: bool) -> str:
        """The digest that a request compares by."""
        return self.normalized_digest if normalize else self.canonical_digest


class History(Sequence[Known]):
    """The versions of one subject, oldest first. It is never changed: one with a version more shares what it holds."""

    __slots__ = ("_live", "_places", "_size", "_versions", "some_deleted", "some_refer")

    def __init__(self, versions: Iterable[Known] = ()) -> None:
        self._versions: list[Known] = []
        self._size = 0
        self._places: dict[str, tuple[int, ...]] = {}
        """By digest: where it stands in the versions, which may have become more since."""
        self.some_deleted = self.some_refer = False
        self._live: History | None = None
        for known in versions:
            self._add(known)

    def followed_by(self, known: Known) -> History:
        """The history with one more version. Only one can follow: both share what they are made of."""
        if len(self._versions) > self._size:  # the one that was to follow did not
            return History([*self, known])
        following = History()
        following._versions, following._size, following._places = self._versions, self._size, self._places
        following.some_deleted, following.some_refer = self.some_deleted, self.some_refer
        following._add(known)
        if self._live is not None:
            following._live = self._live if known.deleted else self._live.followed_by(known)
        return following

    def _add(self, known: Known) -> None:
        for digest in {known.canonical_digest, known.normalized_digest}:
            self._places[digest] = (*self._places.get(digest, ()), self._size)
        self._versions.append(known)
        self._size += 1
        self.some_deleted |= known.deleted
        self.some_refer |= known.refers

    def holding(self, digest: str, *, normalize: bool) -> list[Known]:
        """The versions with a digest, newest first."""
        places = reversed(self._places.get(digest, ()))
        found = [self._versions[place] for place in places if place < self._size]
        return [known for known in found if known.digest(normalize=normalize) == digest]

    @property
    def live(self) -> History:
        """The versions that are not deleted: chosen once, however many follow."""
        if not self.some_deleted:
            return self
        if self._live is None:
            self._live = History(known for known in self if not known.deleted)
        return self._live

    def numbered(self, number: int) -> Known | None:
        """The version with a number."""
        place = bisect_left(self, number, key=lambda known: known.number)
        return self[place] if place < self._size and self[place].number == number else None

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Known]:
        return islice(self._versions, self._size)

    @overload
    def __getitem__(self, place: int) -> Known: ...
    @overload
    def __getitem__(self, place: slice) -> list[Known]: ...
    def __getitem__(self, place: int | slice) -> Known | list[Known]:
        if isinstance(place, slice):
            return list(self)[place]
        return self._versions[range(self._size)[place]]


def parse_number(text: str | int) -> int:
    """A version number from 1, or LATEST for ``latest`` and -1. Raises InvalidVersion."""
    if isinstance(text, str):
        stripped = text.strip()
        if stripped.lower() == "latest":
            return LATEST
        digits = stripped.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_HIGHEST))):
            raise InvalidVersion(text)
        number = int(stripped)
    else:
        number = text
    if number == LATEST or 1 <= number <= _HIGHEST:
        return number
    raise InvalidVersion(text)


def latest(history: Sequence[Known]) -> Known | None:
    """The highest live version."""
    return next((known for known in reversed(history) if not known.deleted), None)


def next_number(history: Sequence[Known]) -> int:
    """One more than the highest version that is kept, live or soft-deleted."""
    return history[-1].number + 1 if history else 1


def compared(history: Sequence[Known], level: Level, metadata: Metadata | None, group: str | None) -> list[Known]:
    """The live versions a candidate is compared with, oldest first: all of them, the newest or none, as the level says.

    Of a group only those that have the candidate's value of its property.
    """
    if not level.directions:
        return []
    mine = None if group is None else _property(metadata, group)
    found = (
        known
        for known in reversed(history)
        if not known.deleted and (group is None or _property(known.metadata, group) == mine)
    )
    return list(found if level.transitive else islice(found, 1))[::-1]


def _property(metadata: Metadata | None, name: str) -> str | None:
    return ((metadata and metadata.properties) or {}).get(name)


def same_schema(
    history: History, digest: str, metadata: Metadata | None, rule_set: RuleSet | None, *, normalize: bool
) -> Known | None:
    """The newest live version that holds a schema with its metadata and rules: registering it again gives it."""
    for known in history.holding(digest, normalize=normalize):
        if not known.deleted and same_metadata(known.metadata, metadata) and known.rule_set == rule_set:
            return known
    return None


def looked_up(
    history: History, digest: str, metadata: Metadata | None, rule_set: RuleSet | None, *, normalize: bool
) -> Known | None:
    """The version a client means that sends a schema back: by its text first of all.

    Metadata that is sent must match; metadata that is not sent is, in this order, none, that of the latest version,
    any. Rules only choose among versions that are otherwise equal, because clients also send back rules that were
    attached after the registration.
    """
    texts = history.holding(digest, normalize=normalize)
    for acceptable in _preferences(history, metadata):
        candidates = [known for known in texts if acceptable(known)]
        if candidates:
            return next((known for known in candidates if known.rule_set == rule_set), candidates[0])
    return None


def _preferences(history: Sequence[Known], metadata: Metadata | None) -> Iterator[Callable[[Known], bool]]:
    if metadata is not None:
        yield lambda known: same_metadata(known.metadata, metadata)
        return
    newest = latest(history)
    yield lambda known: known.metadata is None
    yield lambda known: newest is not None and same_metadata(known.metadata, newest.metadata)
    yield lambda _: True


def superseded(history: History, schema_id: int) -> list[int]:
    """The soft-deleted versions that hold a schema which is being registered again."""
    if not history.some_deleted:
        return []
    return [known.number for known in history if known.deleted and known.schema_id == schema_id]
