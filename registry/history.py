"""Decisions about the versions of one subject: which is which, what comes next, what a candidate is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

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


def live(history: Sequence[Known]) -> list[Known]:
    """The versions that are not deleted, oldest first."""
    return [known for known in history if not known.deleted]


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
    found = live(history)
    if group is not None:
        mine = _property(metadata, group)
        found = [known for known in found if _property(known.metadata, group) == mine]
    return found if level.transitive else found[-1:]


def _property(metadata: Metadata | None, name: str) -> str | None:
    return ((metadata and metadata.properties) or {}).get(name)


def same_schema(
    history: Sequence[Known], digest: str, metadata: Metadata | None, rule_set: RuleSet | None, *, normalize: bool
) -> Known | None:
    """The newest of these versions that holds a schema with its metadata and rules: registering it again gives it."""
    for known in reversed(history):
        if (
            known.digest(normalize=normalize) == digest
            and same_metadata(known.metadata, metadata)
            and known.rule_set == rule_set
        ):
            return known
    return None


def looked_up(
    history: Sequence[Known], digest: str, metadata: Metadata | None, rule_set: RuleSet | None, *, normalize: bool
) -> Known | None:
    """The version a client means that sends a schema back: by its text first of all.

    Metadata that is sent must match; metadata that is not sent is, in this order, none, that of the latest version,
    any. Rules only choose among versions that are otherwise equal, because clients also send back rules that were
    attached after the registration.
    """
    texts = [known for known in reversed(history) if known.digest(normalize=normalize) == digest]
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


def superseded(history: Sequence[Known], schema_id: int) -> list[int]:
    """The soft-deleted versions that hold a schema which is being registered again."""
    return [known.number for known in history if known.deleted and known.schema_id == schema_id]
