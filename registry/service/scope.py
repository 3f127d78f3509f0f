"""Which subject a request means (aliases, names that live in another context), and what is in force for it."""

from __future__ import annotations

from registry.model import DEFAULT_CONTEXT, Subject
from registry.policy import Policy, policy, scopes
from registry.settings import Settings
from registry.storage.reading import Reading


def aliased(reading: Reading, subject: Subject) -> Subject:
    """The target of the subject's alias, one hop; the subject itself where it has none."""
    if subject.is_context:
        return subject
    (own,) = reading.settings([subject])
    if own.configuration is None or not own.configuration.alias:
        return subject
    return Subject.parse(own.configuration.alias, subject.context)


def located(reading: Reading, subject: Subject) -> Subject:
    """Where a subject is read: the alias' target; a bare name the default context lacks is looked for in the others."""
    subject = aliased(reading, subject)
    if subject.context != DEFAULT_CONTEXT or subject.is_context or reading.token(subject):
        return subject
    others = reading.contexts_of(subject.name)
    return Subject(others[0], subject.name) if others else subject


def in_force(reading: Reading, subject: Subject, settings: Settings) -> Policy:
    """What the settings of a subject and of all that it inherits from come to."""
    return policy(reading.settings(scopes(subject)), settings.defaults)
