"""What a decision about the next version of a subject rests on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from registry import history as histories
from registry.errors import OperationNotPermitted
from registry.history import History, Known
from registry.model import Subject, Version
from registry.policy import Policy, policy, scopes
from registry.service.scope import meant
from registry.settings import Settings
from registry.storage.reading import Reading

View = Callable[[], AbstractContextManager[Reading]]
"""Opens a consistent view: of the store, or the one of a transaction that is under way."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A subject, what is in force for it and its versions, at a position of the log."""

    subject: Subject
    policy: Policy
    position: int
    """Of the whole log."""
    history: History
    upcast: bool
    """Whether it has upcasters."""
    meant: Subject
    """Whoever names the subject means this one: the target of its alias."""

    @classmethod
    def of(cls, reading: Reading, subject: Subject, settings: Settings) -> Situation:
        """As it is now; of the target where the subject is an alias."""
        own = cls.at(reading, subject, settings)
        return own if own.meant == subject else cls.at(reading, own.meant, settings)

    @classmethod
    def at(cls, reading: Reading, subject: Subject, settings: Settings) -> Situation:
        """As it is now, of this very subject."""
        position, upcast, settled = reading.standing(scopes(subject))
        in_force, history = policy(settled, settings.defaults), reading.history(subject)
        return cls(subject, in_force, position, history, upcast, meant(subject, settled[0]))

    @property
    def rests_on(self) -> set[Subject]:
        """The streams that it would change with."""
        return set(scopes(self.subject))

    @property
    def newest(self) -> Known | None:
        """The highest live version."""
        return histories.latest(self.history)

    @property
    def next_number(self) -> int:
        """Of the version that would be added."""
        return histories.next_number(self.history)


def existing(view: View, subject: Subject, known: Known) -> Version:
    """A version of a history, whole. Raises OperationNotPermitted if it is gone by now."""
    with view() as reading:
        found = reading.version(subject, known.number)
    if found is None:
        raise OperationNotPermitted(f"Version {known.number} of subject '{subject}' was just deleted: try again")
    return found
