"""What breaks if: a candidate against the history of a subject, the upcaster it would need, and its registration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from compat.definition import Format
from compat.errors import CompatError
from compat.level import Direction, Level
from compat.verdict import Finding, Outcome
from registry.access.current import current
from registry.access.roles import Role
from registry.errors import RegistryError, SubjectNotFound
from registry.model import Content, Origin, Page, Subject, Version
from registry.service import RegistrationOptions
from registry.service.answers import Checked
from registry.service.proving import read_document
from web import address
from web.code import pretty
from web.contracts import affected
from web.findings import judgement, outcome_sentence
from web.lifting import Lift, lift, mark
from web.site import Site
from web.travel import seen
from web.views.contracts import Affected
from web.views.findings import Judgement
from web.words import PROFILES, counted

LONGEST: Final = 1_000_000
"""Characters of a candidate."""
LONGEST_REASON: Final = 500
"""Characters of the reason for a registration."""
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
    lift: Lift | None = None
    """The upcaster that would come with a candidate that breaks."""
    next: Next | None = None
    """What registering it would come to; None where that is not asked, or not the caller's."""
    why: str = ""
    """The reason for the log."""


@dataclass(frozen=True, slots=True)
class Next:
    """The version that a candidate would become."""

    number: int
    way: str
    """``alone``, ``lifted`` (with its upcaster), ``unproven``, ``refused`` (by the subject's settings)."""
    settings_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form was sent with."""

    subject: str
    text: str
    format: str
    level: str
    upcaster: str
    drafted: str
    why: str

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Sent:
        """Lines of a form end with CR LF, whatever was typed: they end as lines do here."""

        def said(name: str) -> str:
            return data.get(name, "").replace("\r\n", "\n")

        return cls(
            said("subject").strip(),
            said("text"),
            said("format"),
            said("level"),
            said("upcaster"),
            said("drafted"),
            said("why").strip()[:LONGEST_REASON],
        )

    @property
    def own_upcaster(self) -> str:
        """The upcaster, where a person has written or changed it."""
        return "" if not self.upcaster.strip() or mark(self.upcaster) == self.drafted else self.upcaster


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


def judged(site: Site, sent: Sent) -> Draft:
    """The form with its answer: the verdict in the directions of the level, or what is wrong with the candidate."""
    draft = replace(
        blank(site), subject=sent.subject, text=sent.text, format=sent.format, level=sent.level, why=sent.why
    )
    if wrong := _incomplete(sent):
        return replace(draft, error=wrong)
    try:
        name = Subject.parse(sent.subject)
        latest = _latest(site, name)
        content = _content(sent.format, sent.text, latest)
        level = Level[sent.level] if sent.level else None
        checked = site.registry.checking.against_history(name, content, level=level)
        impact = site.registry.readers.broken_by(name, content)
    except RegistryError as error:
        return replace(draft, error=error.message)
    except CompatError as error:
        return replace(draft, error=str(error))
    lifted = None
    if latest and (sent.own_upcaster or not checked.verdict.compatible):
        lifted = lift(site, name, content, latest.number, sent.own_upcaster)
    return replace(
        draft,
        latest=latest.number if latest else 0,
        judged=_told(checked, upcastable=site.registry.configurations.policy(name).upcastable),
        affected=affected(impact, what="the draft"),
        lift=lifted,
        next=None if sent.level else _next(site, name, checked, latest, lifted),
    )


def _incomplete(sent: Sent) -> str:
    """What is missing before anything can be judged."""
    if not sent.subject:
        return "Say which subject the candidate is for: fill in its name."
    if not sent.text.strip():
        return "There is no candidate yet: paste a schema."
    if len(sent.text) > LONGEST:
        return f"The candidate has {len(sent.text):,} characters and the limit is {LONGEST:,}."
    if sent.format not in Format.__members__ or (sent.level and sent.level not in Level.__members__):
        return "Choose a format and a level from the lists."
    return ""


def _next(site: Site, subject: Subject, checked: Checked, latest: Version | None, lifted: Lift | None) -> Next | None:
    if seen() is not None or site.primary or not current().may(Role.DEVELOPER, subject):
        return None
    number = site.registry.catalog.subject(checked.subject, 1).versions[-1].number + 1 if latest else 1
    if checked.verdict.compatible:
        way = "alone" if lifted is None or lifted.proven else "unproven"
    elif not site.registry.configurations.policy(subject).upcastable:
        way = "refused"
    else:
        way = "lifted" if lifted is not None and lifted.proven else "unproven"
    return Next(number, way, address.settings(str(subject)))


def register(site: Site, draft: Draft, origin: Origin) -> Version:
    """Make a candidate the next version, with its upcaster in one transaction, or neither.

    Raises what ``Registration.register`` raises.
    """
    subject = Subject.parse(draft.subject)
    content = _content(draft.format, draft.text, _latest(site, subject))
    options = RegistrationOptions(upcaster=read_document(draft.lift.text) if draft.lift else None)
    return site.registry.registration.register(subject, content, options, replace(origin, reason=draft.why))


def _content(format_: str, text: str, latest: Version | None) -> Content:
    return Content(Format(format_), text, latest.content.references if latest else ())


def _latest(site: Site, subject: Subject) -> Version | None:
    try:
        return site.registry.lookup.version(subject, "latest")
    except SubjectNotFound:
        return None


def _told(checked: Checked, *, upcastable: bool) -> tuple[Judgement, ...]:
    look, sentence = outcome_sentence(checked.verdict.outcome)
    if upcastable and checked.verdict.outcome is Outcome.INCOMPATIBLE:
        sentence = "This candidate would be refused without an upcaster."
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
