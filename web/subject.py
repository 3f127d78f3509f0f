"""What the pages of one subject begin with, and its outline, text and history."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from compat.errors import CompatError
from registry.access.current import current
from registry.errors import VersionNotFound
from registry.model import FieldsNeed, Metadata, Span, Subject, SubjectSummary, Version
from registry.policy import Policy
from registry.service.answers import SubjectDetail
from web import address, steps
from web.aliases import OtherName
from web.line import SHOWN
from web.search import owner_of
from web.site import Site
from web.steps import Deadline
from web.tree import Tree, tree
from web.views.subject import Fact, Head, Step, Stop, Strip, Tab
from web.words import PROFILES, format_words, level_words

STOPS: Final = 16
"""Versions on the strip; older ones are counted and linked."""
CHOICES: Final = 100
"""Versions that are offered in a list; where there are more, a number is asked for."""
STRIP_SECONDS: Final = 3.0
"""How long a page may compute verdicts for its strip."""
PAST: Final = 50
"""Versions on one page of the history."""

TABS: Final = (
    ("", "Outline"),
    ("text", "Text"),
    ("grid", "Compatibility"),
    ("readers", "Readers"),
    ("upcasters", "Upcasters"),
    ("history", "History"),
    ("settings", "Settings"),
)


def live(site: Site, detail: SubjectDetail, most: int) -> tuple[Version, ...]:
    """The last versions that are not deleted, or simply the last where none is left."""
    return site.registry.catalog.versions(detail.summary.subject, live_span(detail, most))


def live_span(detail: SubjectDetail, most: int | None = None) -> Span:
    """The last versions that are not deleted, or simply the last where none is left."""
    return Span(most=most, deleted=detail.summary.deleted)


def choices(site: Site, detail: SubjectDetail) -> tuple[int, ...]:
    """The versions that are not deleted, to choose from; none where they are too many for a list."""
    if detail.total > CHOICES:
        return ()
    return tuple(site.registry.catalog.numbers(detail.summary.subject, live_span(detail)))


def named(site: Site, segment: str) -> SubjectDetail:
    """The subject that a segment of an address names. Raises SubjectNotFound; OtherName where it has an alias."""
    return called(site, Subject.parse(address.name_in(segment)))


def called(site: Site, found: Subject) -> SubjectDetail:
    """What is known about a subject. Raises SubjectNotFound; OtherName where it has an alias."""
    if current().view.shows(found) and (target := site.alias(found)):
        raise OtherName(found, target)
    return site.registry.catalog.subject(found, STOPS)


def shown_version(site: Site, detail: SubjectDetail, number: int | None) -> Version:
    """The version a page is about: the one that was asked for, else the latest. Raises VersionNotFound."""
    if number is None:
        return detail.latest
    versions: Sequence[Version] = detail.versions
    if 0 < number < versions[0].number:
        versions = site.registry.catalog.versions(detail.summary.subject, Span(below=number + 1, most=1))
    for version in versions:
        if version.number == number:
            return version
    raise VersionNotFound(number)


def head(site: Site, detail: SubjectDetail, version: Version, tab: str, *, explicit: bool) -> Head:
    """The head of every page of a subject; ``explicit``: the address names the version."""
    subject = detail.summary.subject
    name, level = str(subject), detail.policy.level
    properties = (version.content.metadata or Metadata()).properties or {}
    lifts = site.lifts(subject)
    readers = len(site.registry.contracts.readers(subject))
    counts = {
        "readers": str(readers) if readers else "",
        "upcasters": str(len(lifts)) if lifts else "",
        "history": str(detail.total),
    }
    number = version.number if explicit else None
    return Head(
        subject=name,
        name=subject.name,
        context=subject.context,
        url=address.subject(name),
        format=format_words(version.content.format),
        level=level.name,
        level_words=level_words(level.name),
        profile=PROFILES[detail.policy.criteria.applied_to(version.content.format).profile],
        mode=detail.policy.mode.value,
        owner=properties.get("owner", "") or owner_of(detail.summary),
        deprecated=properties.get("deprecated", ""),
        deleted=_deleted(detail, version),
        version=version.number,
        latest=detail.latest.number,
        strip=strip(site, detail, version.number if tab in {"", "text"} else None, tab, lifts),
        tabs=tuple(
            Tab(
                words,
                address.subject(name, number if part in {"", "text"} else None, part),
                part == tab,
                counts.get(part, ""),
            )
            for part, words in TABS
        ),
    )


def _deleted(detail: SubjectDetail, version: Version) -> str:
    if detail.summary.deleted:
        return "This subject is deleted."
    return f"Version {version.number} is deleted." if version.deleted else ""


def strip(
    site: Site, detail: SubjectDetail, current: int | None, tab: str, lifts: Collection[tuple[int, int]]
) -> Strip:
    """The last versions in a row, with what lies between each two."""
    subject = detail.summary.subject
    name, policy = str(subject), detail.policy
    shown = detail.versions
    if current is not None and current < shown[0].number:
        older = site.registry.catalog.versions(subject, Span(below=current, most=STOPS // 2))
        newer = site.registry.catalog.versions(subject, Span(above=current - 1, most=STOPS - len(older)))
        shown = (*older, *newer)
    part = tab if tab == "text" else ""
    deadline = Deadline(STRIP_SECONDS)
    return Strip(
        stops=tuple(
            Stop(
                version.number,
                address.subject(name, version.number, part),
                version.number == current,
                version.deleted,
                version.registered,
            )
            for version in shown
        ),
        steps=tuple(_steps(site, subject, shown, policy, lifts, deadline)),
        hidden=detail.total - len(shown),
        all_url=address.subject(name, part="history"),
    )


def _steps(
    site: Site,
    subject: Subject,
    versions: Sequence[Version],
    policy: Policy,
    lifts: Collection[tuple[int, int]],
    deadline: Deadline,
) -> list[Step]:
    return [
        steps.step(
            old.number,
            new.number,
            site.readings.of(subject, old, new, policy.criteria, deadline),
            policy.level,
            address.difference(str(subject), old.number, new.number),
            lifts,
        )
        for old, new in itertools.pairwise(versions)
    ]


def small_steps(site: Site, summary: SubjectSummary, deadline: Deadline) -> list[str]:
    """The classes of the last steps of a subject, for the small picture.

    ``plain`` once the time is used up: then they are judged when nobody waits for them.
    """
    if summary.versions < 2:
        return []
    if deadline.passed:
        site.unjudged.add(summary)
        return ["plain"] * (min(summary.versions, SHOWN) - 1)
    newest = site.registry.catalog.newest(summary.subject, SHOWN)
    if newest.policy.configuration.alias:  # nobody is given its versions by this name
        return []
    criteria, level = newest.policy.criteria, newest.policy.level
    pairs = list(itertools.pairwise(newest.versions))
    readings = [site.readings.of(summary.subject, old, new, criteria, deadline) for old, new in pairs]
    if None in readings:
        site.unjudged.add(summary)
    looks = (
        steps.tone(reading, level, lifted=(old.number, new.number) in newest.lifts)
        for (old, new), reading in zip(pairs, readings, strict=True)
    )
    return [look.css for look, _ in looks]


def outline(site: Site, version: Version) -> tuple[Tree | None, str]:
    """The outline of a version, with the version since which each field has been there; or why there is none."""
    try:
        shown = site.registry.catalog.describe(version.subject, version.number).outline
    except CompatError as error:
        return None, str(error)
    earlier = site.fields.before(version.subject, version.number, shown, Deadline(STRIP_SECONDS))
    readers = _readers_of_fields(site, version.subject)
    return tree(shown, version.content.format.value, version.number, earlier, readers), ""


def _readers_of_fields(site: Site, subject: Subject) -> dict[str, tuple[str, ...]]:
    """Who has declared a need of a field, by its dotted name."""
    found: dict[str, tuple[str, ...]] = {}
    for reader in site.registry.contracts.readers(subject):
        for name in reader.need.fields if isinstance(reader.need, FieldsNeed) else ():
            field = name.removesuffix("?")
            found[field] = (*found.get(field, ()), str(reader.build))
    return found


def facts(version: Version, detail: SubjectDetail) -> tuple[Fact, ...]:
    """What is known about a version besides its schema."""
    subject = version.subject
    told = [
        Fact("Schema id", str(version.schema_id), address.schema_id(version.schema_id, subject.context)),
        Fact("Registered", f"{version.registered:%Y-%m-%d %H:%M} UTC"),
        Fact("By", version.actor),
        Fact("GUID", version.guid),
    ]
    metadata = version.content.metadata or Metadata()
    hidden = set(metadata.sensitive or ())
    told += [
        Fact(key, "not shown" if key in hidden else value) for key, value in sorted((metadata.properties or {}).items())
    ]
    told += [Fact(f"tags of {path}", ", ".join(tags)) for path, tags in sorted((metadata.tags or {}).items())]
    told.append(Fact("Mode", detail.policy.mode.value))
    return tuple(told)


def references(version: Version) -> tuple[Fact, ...]:
    """What a version refers to."""
    context = version.subject.context
    return tuple(
        Fact(
            f"version {reference.version} as {reference.name}",
            reference.subject,
            address.subject(str(Subject.parse(reference.subject, context)), reference.version),
        )
        for reference in version.content.references
    )


def referrers(detail: SubjectDetail) -> tuple[Fact, ...]:
    """What refers to this subject."""
    return tuple(
        Fact(f"version {number}", str(subject), address.subject(str(subject), number))
        for subject, number in detail.referrers
    )


@dataclass(frozen=True, slots=True)
class Past:
    """One version in the table of the history."""

    version: int
    url: str
    id: int
    id_url: str
    when: datetime
    actor: str
    deleted: bool
    step: Step | None


@dataclass(frozen=True, slots=True)
class History:
    """A page of the table."""

    rows: tuple[Past, ...]
    older: int
    """The version below which the next page begins; 0 where nothing is older."""


def history(site: Site, detail: SubjectDetail, below: int = 0) -> History:
    """Versions below one (0: the last ones), newest first, each with the step that led to it."""
    subject = detail.summary.subject
    versions = site.registry.catalog.versions(subject, Span(below=below or None, most=PAST + 1))
    between = _steps(site, subject, versions, detail.policy, site.lifts(subject), Deadline(STRIP_SECONDS))
    rows = [
        Past(
            version.number,
            address.subject(str(subject), version.number),
            version.schema_id,
            address.schema_id(version.schema_id, subject.context),
            version.registered,
            version.actor,
            version.deleted,
            step,
        )
        for version, step in zip(reversed(versions), [*reversed(between), None][: len(versions)], strict=True)
    ]
    return History(tuple(rows[:PAST]), rows[PAST - 1].version if len(rows) > PAST else 0)
