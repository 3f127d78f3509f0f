"""A subject that is another name for one: whoever asks for it gets the other, so its pages say so and lead there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from registry.errors import SubjectNotFound
from registry.model import Subject
from web import address, log
from web.site import Site
from web.views.log import Entry
from web.views.subject import Fact

_LATELY: Final = 20
_OWN: Final = 100
"""Versions of its own that the page shows."""


class OtherName(Exception):
    """The pages of a subject were asked for that has an alias."""

    def __init__(self, subject: Subject, target: Subject) -> None:
        super().__init__(f"{subject} is another name for {target}")
        self.subject = subject
        self.target = target


@dataclass(frozen=True, slots=True)
class Alias:
    """What the page of such a subject shows."""

    name: str
    context: str
    target: str
    target_url: str
    there: bool
    """Whether the target has versions that the caller may see."""
    own: tuple[Fact, ...]
    """The last versions that the subject has itself, newest first: nobody is given them by its name."""
    settings_url: str
    entries: tuple[Entry, ...]


def shown(site: Site, found: OtherName) -> Alias:
    """The page of a subject with an alias."""
    subject, target = found.subject, found.target
    catalog = site.registry.catalog
    try:
        catalog.subject(target, _OWN)
        there = True
    except SubjectNotFound:
        there = False
    try:
        versions = catalog.subject(subject, _OWN).versions
    except SubjectNotFound:
        versions = ()
    return Alias(
        name=subject.name,
        context=subject.context,
        target=str(target),
        target_url=address.subject(str(target)),
        there=there,
        own=tuple(
            Fact(f"version {one.number}", f"schema {one.schema_id}", address.schema_id(one.schema_id, subject.context))
            for one in reversed(versions)
        ),
        settings_url=address.settings(str(subject)),
        entries=tuple(log.entries(site, catalog.latest_changes(subject=subject, limit=_LATELY), named=False)),
    )
