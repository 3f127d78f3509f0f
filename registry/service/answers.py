"""What the services answer with, beyond the values of the model."""

from __future__ import annotations

from dataclasses import dataclass

from compat.outline import Type
from compat.verdict import Difference, Incompatibility, Undecided, Verdict
from registry.events import Entry
from registry.model import Subject, SubjectSummary, Version
from registry.policy import Policy


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict over some versions of a subject."""

    verdict: Verdict
    subject: Subject
    versions: tuple[int, ...]
    """The version numbers of the history that was handed to the check: ``versions[finding.version]``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Any two versions of a subject side by side."""

    old: Version
    new: Version
    differences: tuple[Difference, ...]
    backward: tuple[Incompatibility | Undecided, ...]
    """What keeps readers of the new version from reading what was written with the old one."""
    forward: tuple[Incompatibility | Undecided, ...]
    """What keeps readers of the old version from reading what is written with the new one."""


@dataclass(frozen=True, slots=True)
class SubjectDetail:
    """All that a page about one subject shows at once. Texts and outlines come with ``versions``."""

    summary: SubjectSummary
    policy: Policy
    versions: tuple[Version, ...]
    """Oldest first, deleted ones included."""
    referrers: tuple[tuple[Subject, int], ...]
    """Versions of other subjects that refer to any version of this one."""
    refusals: tuple[Entry, ...]
    """The latest refused registrations, newest first; the events are RegistrationRefused."""


@dataclass(frozen=True, slots=True)
class Described:
    """A version with its outline."""

    version: Version
    outline: Type
