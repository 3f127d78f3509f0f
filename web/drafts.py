"""What breaks if: a candidate against the history of a subject, without registering it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from compat.definition import Format
from compat.errors import CompatError
from compat.level import Direction, Level
from compat.verdict import Finding, Outcome
from registry.errors import RegistryError, SubjectNotFound
from registry.model import Content, Page, Subject, Version
from registry.service.answers import Checked
from web.code import pretty
from web.contracts import affected
from web.findings import judgement, outcome_sentence
from web.site import Site
from web.views.contracts import Affected
from web.views.findings import Judgement
from web.words import PROFILES, counted

LONGEST: Final = 1_000_000
"""Characters of a candidate."""
KNOWN: Final = 300
"""Subjects that the form suggests."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The form, what was typed into it, and the answer."""

    subject: str
    text: str
    format: str
    level: str
    subjects: tuple[str, ...]
    latest: int = 0
    """Version the form was filled from, 0 for none."""
    error: str = ""
    error_place: str = ""
    judged: tuple[Judgement, ...] = ()
    affected: Affected | None = None
    """What the candidate would do to the live readers."""


def blank(site: Site, subject: str = "") -> Draft:
    """The form, filled with the latest version of a subject if it has one."""
    summaries, _ = site.registry.catalog.subjects(page=Page(0, KNOWN))
    draft = Draft(subject, "", Format.AVRO.value, "", tuple(str(summary.subject) for summary in summaries))
    if not subject:
        return draft
    try:
        latest = site.registry.lookup.version(Subject.parse(subject), "latest")
    except RegistryError:
        return draft
    content = latest.content
    text = pretty(content.text, content.format.value)
    return replace(draft, text=text, format=content.format.value, latest=latest.number)


def judged(site: Site, subject: str, text: str, format_: str, level: str) -> Draft:
    """The form with its answer: the verdict in the directions of the level, or what is wrong with the candidate."""
    draft = replace(blank(site), subject=subject.strip(), text=text, format=format_, level=level)
    if not draft.subject:
        return replace(draft, error="Say which subject the candidate is for: fill in its name.")
    if not text.strip():
        return replace(draft, error="There is no candidate yet: paste a schema.")
    if len(text) > LONGEST:
        return replace(draft, error=f"The candidate has {len(text):,} characters and the limit is {LONGEST:,}.")
    if format_ not in Format.__members__ or (level and level not in Level.__members__):
        return replace(draft, error="Choose a format and a level from the lists.")
    name = Subject.parse(draft.subject)
    try:
        latest = _latest(site, name)
        content = Content(Format(format_), text, latest.content.references if latest else ())
        checked = site.registry.checking.against_history(name, content, level=Level[level] if level else None)
        impact = site.registry.readers.broken_by(name, content)
    except RegistryError as error:
        return replace(draft, error=error.message)
    except CompatError as error:
        return replace(draft, error=str(error))
    return replace(
        draft, latest=latest.number if latest else 0, judged=_told(checked), affected=affected(impact, what="the draft")
    )


def _latest(site: Site, subject: Subject) -> Version | None:
    try:
        return site.registry.lookup.version(subject, "latest")
    except SubjectNotFound:
        return None


def _told(checked: Checked) -> tuple[Judgement, ...]:
    look, sentence = outcome_sentence(checked.verdict.outcome)
    level, criteria = checked.verdict.level, checked.verdict.criteria
    compared = checked.versions if level.transitive else checked.versions[-1:]
    if not checked.versions:
        detail = "The subject has no versions yet, so there is nothing to break."
    elif not level.directions:
        detail = "The subject's level is NONE: nothing is compared."
    else:
        detail = f"Level {level.name}, compared with {counted(len(compared), 'version')}."
        judged = PROFILES[criteria.profile]
        detail += f" {judged[0].upper()}{judged[1:]}." if judged else ""
    whole = Judgement(look, sentence, detail, ())
    grouped: dict[tuple[int, Direction], list[Finding]] = {}
    for finding in checked.verdict.findings:
        grouped.setdefault((checked.versions[finding.version], finding.direction), []).append(finding)
    parts = []
    for number in reversed(compared):
        for direction in level.directions:
            found = grouped.get((number, direction), [])
            if not found and checked.verdict.outcome is Outcome.COMPATIBLE and len(compared) > 3:
                continue
            old, new = f"v{number}", "the draft"
            reader, writer = (new, old) if direction is Direction.BACKWARD else (old, new)
            parts.append(judgement(found, reader, writer, f"draft-{number}-{direction.lower()}", criteria))
    return (whole, *parts)
