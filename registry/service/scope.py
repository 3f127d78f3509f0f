"""Which subject a request means (aliases, names that live in another context), and what is in force for it."""

from __future__ import annotations

from registry.model import DEFAULT_CONTEXT, Subject
from registry.policy import Policy, Setting, policy, scopes
from registry.settings import Settings
from registry.storage.reading import Reading


def meant(subject: Subject, own: Setting) -> Subject:
    """The target of the alias that is set for a subject itself, one hop; the subject where there is none."""
    if subject.is_context or own.configuration is None or not own.configuration.alias:
        return subject
    return Subject.parse(own.configuration.alias, subject.context)


def aliased(reading: Reading, subject: Subject) -> Subject:
    """The target of the subject's alias, one hop; the subject itself where it has none."""
    return subject if subject.is_context else meant(subject, *reading.settings([subject]))


def located(reading: Reading, subject: Subject) -> Subject:
    """Where a subject is read: the alias' target; a bare name the default context lacks is looked for in the others."""
    subject = aliased(reading, subject)
    return subject if reading.token(subject) else elsewhere(reading, subject)


def elsewhere(reading: Reading, subject: Subject) -> Subject:
    """Where a subject without versions is read: in the first context that has its name, if none was said."""
    if subject.context != DEFAULT_CONTEXT or subject.is_context:
        return subject
    others = reading.contexts_of(subject.name)
    return Subject(others[0], subject.name) if others else subject


def in_force(reading: Reading, subject: Subject, settings: Settings) -> Policy:
    """What the settings of a subject and of all that it inherits from come to."""
    return policy(reading.settings(scopes(subject)), settings.defaults)
